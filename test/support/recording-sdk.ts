import { AsyncLocalStorage } from 'node:async_hooks';
import {
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type ContextManager,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
} from '@opentelemetry/api';
import { canary } from '../canary/canary';

interface Recorded {
  name: string;
  kind?: number;
  parent?: string;
  id: string;
  attributes: Attributes;
  error: boolean;
  ended: boolean;
}

/** A small OpenTelemetry SDK that records spans and their nesting. `trace.disable()` and `context.disable()` remove it. */
export function recordingSdk() {
  const spans: Recorded[] = [];
  const startSpan = (name: string, options: SpanOptions = {}, parent: Context = context.active()): Span => {
    const id = String(spans.length + 1).padStart(16, '0');
    const recorded: Recorded = {
      name,
      kind: options.kind,
      parent: trace.getSpanContext(parent)?.spanId,
      id,
      attributes: { ...options.attributes },
      error: false,
      ended: false,
    };
    spans.push(recorded);
    // SDKs of vendors make spans too; what they contain is their own.
    const isOurs = name.startsWith('ai_keys.');
    const spanContext: SpanContext = { traceId: '1'.repeat(32), spanId: id, traceFlags: 1 };
    const span = {
      spanContext: () => spanContext,
      setAttribute: (key: string, value: never) => ((recorded.attributes[key] = value), span),
      setAttributes: (attributes: Attributes) => (Object.assign(recorded.attributes, attributes), span),
      setStatus: (status: SpanStatus) => {
        recorded.error = status.code === SpanStatusCode.ERROR;
        if (isOurs) canary()?.object('spans', status);
        return span;
      },
      end: () => {
        recorded.ended = true;
        if (isOurs) canary()?.object('spans', recorded);
      },
      isRecording: () => true,
    };
    return span as unknown as Span;
  };
  const storage = new AsyncLocalStorage<Context>();
  const contexts: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (given, fn, thisArg, ...args) => storage.run(given, () => fn.call(thisArg as never, ...args)),
    bind: (_given, target) => target,
    enable: () => contexts,
    disable: () => contexts,
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: undefined as never }) });
  context.setGlobalContextManager(contexts);
  return { spans, startSpan };
}
