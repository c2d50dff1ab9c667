// Deprecated for API 2, which is out of our range, and the only way to see that no SDK is there without making a span.
/* eslint-disable @typescript-eslint/no-deprecated */
import { ProxyTracerProvider, trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { CallTrace } from './call-trace';

const SCOPE = 'nestjs-ai-key-management';

/** The API's own provider as it is before an SDK is registered: it makes nothing but spans that record nothing. */
const NOTHING = new ProxyTracerProvider().getDelegate();

/**
 * Traces calls where the app has registered an OpenTelemetry SDK, whenever that happens. Where none is, a call pays for one look at the
 * registered provider.
 */
export class CallTracer {
  #provider: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  /** Whether an SDK is registered. */
  get isOn(): boolean {
    return this.#current() !== undefined;
  }

  /** Undefined without an SDK. */
  start(provider: string, model: string | undefined): CallTrace | undefined {
    const tracer = this.#current();
    return tracer && new CallTrace(tracer, provider, model);
  }

  #current(): Tracer | undefined {
    const registered = trace.getTracerProvider();
    const provider = registered instanceof ProxyTracerProvider ? registered.getDelegate() : registered;
    if (provider === NOTHING) return undefined;
    if (provider !== this.#provider) {
      this.#provider = provider;
      this.#tracer = provider.getTracer(SCOPE);
    }
    return this.#tracer;
  }
}
