// Deprecated for API 2, which is out of our range, and the only way to see that no SDK is there without making a span.
/* eslint-disable @typescript-eslint/no-deprecated */
import { ProxyTracerProvider, trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { CallTrace } from './call-trace';

const SCOPE = 'nestjs-ai-key-management';

/** The API's own provider before an SDK is registered: its spans record nothing. */
const NO_SDK = new ProxyTracerProvider().getDelegate();

/**
 * Traces calls once the app has registered an OpenTelemetry SDK, whenever that happens. Without an SDK, a call costs one look at the
 * registered provider.
 */
export class CallTracer {
  #provider: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  /** @param vendorOf Gives the name that the semantic conventions have for the vendor of a provider. */
  constructor(private readonly vendorOf: (provider: string) => string) {}

  /** Whether an SDK is registered. */
  get isOn(): boolean {
    return this.#current() !== undefined;
  }

  /** Starts the trace of one call; undefined without an SDK. */
  start(provider: string, model: string | undefined): CallTrace | undefined {
    const tracer = this.#current();
    return tracer && new CallTrace(tracer, { provider, vendor: this.vendorOf(provider), model });
  }

  #current(): Tracer | undefined {
    const registered = trace.getTracerProvider();
    const provider = registered instanceof ProxyTracerProvider ? registered.getDelegate() : registered;
    if (provider === NO_SDK) return undefined;
    if (provider !== this.#provider) {
      this.#provider = provider;
      this.#tracer = provider.getTracer(SCOPE);
    }
    return this.#tracer;
  }
}
