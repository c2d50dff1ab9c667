import { context, trace } from '@opentelemetry/api';
import type { TestingModule } from '@nestjs/testing';
import { KeyMetricsService, keyIdOf, RetryExecutorService, type ManagedCall } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { recordingSdk } from '../support/recording-sdk';
import { parseMetrics, valueOf } from './prometheus-text';

const KEYS = [fakeKey('openai', 1), fakeKey('openai', 2)];

describe('traces of managed calls', () => {
  let sim: VendorSimulator;
  let app: TestingModule;
  const call: ManagedCall<unknown> = ({ apiKey, fetch }) =>
    fetch(`${sim.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'hi' }] }),
    });

  beforeEach(async () => {
    sim = await VendorSimulator.start();
    for (const key of KEYS) sim.openai.key(key);
    app = await startKeyManagement({ providers: { openai: { keys: KEYS, baseUrl: sim.openai.baseUrl } } });
  });
  afterEach(async () => {
    trace.disable();
    context.disable();
    await app.close();
    await sim.close();
  });

  it.each([{}, { timeoutMs: 10_000 }])('has a span per call and per attempt, with %j', async (options) => {
    const { spans, startSpan } = recordingSdk();
    sim.openai.key(KEYS[0]!, { kind: 'invalid' });
    sim.openai.key(KEYS[1]!, { kind: 'invalid' });
    const executor = app.get(RetryExecutorService);
    const result = await executor.execute(
      'openai',
      async (given) => {
        await Promise.resolve();
        startSpan('inner').end();
        return call(given);
      },
      { model: 'gpt-5-nano', ...options },
    );
    expect(result.success).toBe(false);
    const [root, first, inner, second] = spans;
    expect(spans).toHaveLength(5);
    expect(spans.every(({ ended }) => ended)).toBe(true);
    expect([first?.parent, inner?.parent, second?.parent]).toEqual([root?.id, first?.id, root?.id]);
    expect(root?.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-nano',
      'ai_keys.attempts': 2,
      'error.type': expect.stringMatching(/^[A-Z_]+$/),
    });
    expect(first?.attributes).toMatchObject({
      'error.type': 'invalid_key',
      'http.response.status_code': 401,
      'ai_keys.key.id': expect.stringMatching(new RegExp(KEYS.map(keyIdOf).join('|'))),
    });
    for (const key of KEYS) expect(JSON.stringify(spans)).not.toContain(key.slice(8, 30));
  });
});

describe('traces of answers that stream on after their call', () => {
  let sim: VendorSimulator;
  let app: TestingModule;
  const [key] = KEYS;
  const streamed: ManagedCall<Response> = ({ apiKey, fetch }) =>
    fetch(`${sim.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-nano', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });

  beforeEach(async () => {
    sim = await VendorSimulator.start();
    sim.openai.key(key!);
    app = await startKeyManagement({ providers: { openai: { keys: [key!], baseUrl: sim.openai.baseUrl } } });
  });
  afterEach(async () => {
    trace.disable();
    context.disable();
    await app.close();
    await sim.close();
  });
  const call = async () => {
    const { spans } = recordingSdk();
    const result = await app.get(RetryExecutorService).execute('openai', streamed);
    if (!result.success) throw result.error;
    expect(spans.map(({ ended }) => ended)).toEqual([false, false]);
    return { spans, response: result.response };
  };

  it('end with the stream, as ok', async () => {
    const { spans, response } = await call();
    await response.text();
    expect(spans.map(({ ended, error }) => [ended, error])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(spans[1]!.attributes).toMatchObject({ 'ai_keys.outcome': 'ok' });
  });

  it('end with what the stream failed with', async () => {
    sim.openai.key(key!, { kind: 'streamError', event: 'rate_limit', after: 2 });
    const { spans, response } = await call();
    await response.text().catch(() => undefined);
    expect(spans.map(({ ended, error }) => [ended, error])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['rate_limited', 'rate_limited']);
    expect(spans[1]!.attributes).toMatchObject({ 'ai_keys.outcome': 'rate_limited' });
  });

  it('end as cancelled where the caller reads no further', async () => {
    const { spans, response } = await call();
    await response.body!.cancel();
    expect(spans.map(({ ended }) => ended)).toEqual([true, true]);
    expect(spans[1]!.attributes).toMatchObject({ 'ai_keys.outcome': 'cancelled' });
    expect(spans[0]!.error).toBe(false);
  });
});

describe('the queue in the metrics', () => {
  it('shows how many calls wait for a key, and how long they waited', async () => {
    const keys = ['sk-SIMULATED-key-that-takes-one-call-at-a-time'].map((key) => ({ key, limits: { concurrency: 1 } }));
    const app = await startKeyManagement({ providers: { openai: { keys } } });
    const executor = app.get(RetryExecutorService);
    const pool = executor.providerContext('openai')!.pool;
    for (const record of pool.records()) pool.leaseForProbe(record).settle('ok');
    const metrics = app.get(KeyMetricsService);
    const value = async (name: string) => valueOf(parseMetrics(await metrics.text()), name, { provider: 'openai' });
    let go: () => void = () => undefined;
    const held = executor.execute('openai', () => new Promise<void>((resolve) => (go = resolve)));
    const late = executor.execute('openai', () => Promise.resolve('late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await value('ai_keys_queue_length')).toBe(1);
    expect(await value('ai_keys_in_flight_attempts')).toBe(1);
    go();
    await Promise.all([held, late]);
    expect(await value('ai_keys_queue_wait_duration_seconds_count')).toBe(1);
    expect(await value('ai_keys_queue_length')).toBe(0);
    await app.close();
  });
});
