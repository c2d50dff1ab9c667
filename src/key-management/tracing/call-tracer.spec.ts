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
} from '@opentelemetry/api';
import { CallTracer } from './call-tracer';

interface Recorded {
  name: string;
  kind?: number;
  parent?: string;
  id: string;
  attributes: Attributes;
  error: boolean;
  ended: boolean;
}

/** As much of an SDK as there is to see here. */
function recordingSdk() {
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
    const spanContext: SpanContext = { traceId: '1'.repeat(32), spanId: id, traceFlags: 1 };
    const span = {
      spanContext: () => spanContext,
      setAttribute: (key: string, value: never) => ((recorded.attributes[key] = value), span),
      setAttributes: (attributes: Attributes) => (Object.assign(recorded.attributes, attributes), span),
      setStatus: ({ code }: { code: SpanStatusCode }) => ((recorded.error = code === SpanStatusCode.ERROR), span),
      end: () => void (recorded.ended = true),
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

const KEY = { keyId: '0123456789abcdef', maskedKey: 'sk-1234...cdef' };

describe('CallTracer', () => {
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  it('makes nothing without an SDK', () => {
    const tracer = new CallTracer();
    expect(tracer.start('openai', 'gpt-5')).toBeUndefined();
    expect(tracer.start('openai', 'gpt-5')).toBeUndefined();
  });

  it('sees an SDK that is registered later, and that it is gone', () => {
    const tracer = new CallTracer();
    expect(tracer.start('openai', undefined)).toBeUndefined();
    recordingSdk();
    expect(tracer.start('openai', undefined)).toBeDefined();
    trace.disable();
    expect(tracer.start('openai', undefined)).toBeUndefined();
  });

  it('makes a span per call and one per attempt, in which the spans of SDKs nest', async () => {
    const { spans, startSpan } = recordingSdk();
    const call = new CallTracer().start('google', 'gemini-3')!;
    await call.attempt(KEY, async () => {
      await Promise.resolve();
      startSpan('POST').end();
    });
    call.attemptEnded({ outcome: 'rate_limited', status: 429, reason: 'slow down', waitedMs: 0 });
    call.attempt(KEY, () => undefined);
    call.attemptEnded({ outcome: 'ok', waitedMs: 20 });
    call.ended({ attempts: 2 });

    const [root, first, inner, second] = spans;
    expect(spans.every(({ ended }) => ended)).toBe(true);
    expect([first?.parent, inner?.parent, second?.parent]).toEqual([root?.id, first?.id, root?.id]);
    expect(root).toMatchObject({
      name: 'ai_keys.call google',
      error: false,
      attributes: { 'gen_ai.provider.name': 'gcp.gemini', 'gen_ai.request.model': 'gemini-3', 'ai_keys.attempts': 2 },
    });
    expect(first).toMatchObject({
      name: 'ai_keys.attempt google',
      error: true,
      attributes: {
        'error.type': 'rate_limited',
        'http.response.status_code': 429,
        'ai_keys.outcome': 'rate_limited',
        'ai_keys.key.id': KEY.keyId,
        'ai_keys.key.masked': KEY.maskedKey,
        'ai_keys.attempt': 1,
      },
    });
    expect(second).toMatchObject({ error: false, attributes: { 'ai_keys.outcome': 'ok', 'ai_keys.waited_ms': 20 } });
    expect(second?.attributes).not.toHaveProperty(['error.type']);
  });

  it('marks a failed call with the code of its error', () => {
    const { spans } = recordingSdk();
    const call = new CallTracer().start('openai', undefined)!;
    call.ended({ code: 'NO_HEALTHY_KEYS', attempts: 0 });
    expect(spans[0]).toMatchObject({ error: true, attributes: { 'error.type': 'NO_HEALTHY_KEYS' } });
    expect(spans[0]?.attributes).not.toHaveProperty(['gen_ai.request.model']);
  });

  it('is a child of the span in which the call is made', () => {
    const { spans, startSpan } = recordingSdk();
    const request = startSpan('GET /chat');
    context.with(trace.setSpan(context.active(), request), () => new CallTracer().start('openai', undefined));
    expect(spans[1]?.parent).toBe(spans[0]?.id);
  });
});
