import { context, trace } from '@opentelemetry/api';
import { recordingSdk } from '../../../test/support/recording-sdk';
import { CallTracer } from './call-tracer';

const KEY = { keyId: '0123456789abcdef', maskedKey: 'sk-1234...cdef' };

/** As the vendors' profiles have it. */
const conventional = (provider: string): string => (provider === 'google' ? 'gcp.gemini' : provider);

describe('CallTracer', () => {
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  it('makes nothing without an SDK', () => {
    const tracer = new CallTracer(conventional);
    expect(tracer.start('openai', 'gpt-5')).toBeUndefined();
    expect(tracer.start('openai', 'gpt-5')).toBeUndefined();
  });

  it('sees an SDK that is registered later, and that it is gone', () => {
    const tracer = new CallTracer(conventional);
    expect(tracer.start('openai', undefined)).toBeUndefined();
    recordingSdk();
    expect(tracer.start('openai', undefined)).toBeDefined();
    trace.disable();
    expect(tracer.start('openai', undefined)).toBeUndefined();
  });

  it('makes a span per call and one per attempt, in which the spans of SDKs nest', async () => {
    const { spans, startSpan } = recordingSdk();
    const call = new CallTracer(conventional).start('google', 'gemini-3')!;
    await call.attempt(KEY, async () => {
      await Promise.resolve();
      startSpan('POST').end();
    });
    call.attemptEnded({ outcome: 'rate_limited', status: 429, reason: 'slow down', waitedMs: 0 });
    call.attempt(KEY, () => undefined);
    call.attemptEnded({ outcome: 'ok', waitedMs: 20 });
    call.ended(2);

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
    const call = new CallTracer(conventional).start('openai', undefined)!;
    call.ended(0, 'NO_HEALTHY_KEYS');
    expect(spans[0]).toMatchObject({ error: true, attributes: { 'error.type': 'NO_HEALTHY_KEYS' } });
    expect(spans[0]?.attributes).not.toHaveProperty(['gen_ai.request.model']);
  });

  it('is a child of the span in which the call is made', () => {
    const { spans, startSpan } = recordingSdk();
    const request = startSpan('GET /chat');
    context.with(trace.setSpan(context.active(), request), () =>
      new CallTracer(conventional).start('openai', undefined),
    );
    expect(spans[1]?.parent).toBe(spans[0]?.id);
  });
});
