import { spawnSync } from 'node:child_process';
import { keyIdOf, KeyMetricsService, RetryExecutorService, type ManagedCall } from '../../src/key-management';
import { ADAPTERS, startApi, VIEWER, type ApiUnderTest } from '../admin/support';
import { fakeKey, VendorSimulator } from '../simulator';
import { parseMetrics, valueOf } from './prometheus-text';

const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool)
  console.warn('promtool is not installed (apt-get install prometheus), so its lint of the metrics is skipped.');

const GOOD = fakeKey('openai', 1);
const DEAD = fakeKey('openai', 2);

describe.each(ADAPTERS)('GET /metrics on %s', (adapter) => {
  let sim: VendorSimulator;
  let api: ApiUnderTest;

  const start = async (options = {}): Promise<void> => {
    api = await startApi({
      adapter,
      options: { providers: { openai: { keys: [GOOD, DEAD], baseUrl: sim.openai.baseUrl } }, ...options },
    });
  };
  const call: ManagedCall<unknown> = ({ apiKey, fetch }) =>
    fetch(`${sim.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'hi' }] }),
    });
  const scrape = async (): Promise<string> => {
    const { text, headers } = await api.send('get', '/metrics', VIEWER).expect(200);
    expect(headers['content-type']).toMatch(/^text\/plain;.*version=0\.0\.4/);
    return text;
  };

  beforeEach(async () => {
    sim = await VendorSimulator.start();
    sim.openai.key(GOOD);
    sim.openai.key(DEAD);
  });
  afterEach(async () => {
    await api.app.close();
    await sim.close();
  });

  it('shows what happened, in base units and without a key', async () => {
    await start();
    const executor = api.app.get(RetryExecutorService);
    sim.openai.key(DEAD, { kind: 'invalid' });
    for (let n = 0; n < 6; n += 1) expect((await executor.execute('openai', call)).success).toBe(true);
    await executor.execute('openai', () => Promise.reject(new Error('no')), { maxRetries: 0 });
    const text = await scrape();
    const lines = parseMetrics(text);
    const openai = { provider: 'openai' };
    expect(valueOf(lines, 'ai_keys_calls_total', { ...openai, result: 'success' })).toBe(6);
    expect(valueOf(lines, 'ai_keys_calls_total', { ...openai, result: 'failure' })).toBe(1);
    expect(valueOf(lines, 'ai_keys_attempts_total', { ...openai, outcome: 'ok' })).toBe(6);
    expect(valueOf(lines, 'ai_keys_attempts_total', { ...openai, outcome: 'invalid_key' })).toBe(1);
    expect(valueOf(lines, 'ai_keys_removals_total', { ...openai, status: 'invalid_key' })).toBe(1);
    expect(valueOf(lines, 'ai_keys_pool_keys', { ...openai, status: 'healthy' })).toBe(1);
    expect(valueOf(lines, 'ai_keys_pool_keys', { ...openai, status: 'invalid_key' })).toBe(1);
    expect(valueOf(lines, 'ai_keys_pool_keys', { ...openai, status: 'disabled' })).toBe(0);
    expect(valueOf(lines, 'ai_keys_probes_total', { ...openai, outcome: 'ok' })).toBeGreaterThanOrEqual(2);
    expect(valueOf(lines, 'ai_keys_call_duration_seconds_count', openai)).toBe(7);
    expect(valueOf(lines, 'ai_keys_call_duration_seconds_bucket', { ...openai, le: '+Inf' })).toBe(7);
    expect(valueOf(lines, 'ai_keys_call_duration_seconds_sum', openai)).toBeLessThan(60);
    expect(valueOf(lines, 'ai_keys_in_flight_attempts', openai)).toBe(0);
    expect(valueOf(lines, 'ai_keys_queue_length', openai)).toBe(0);
    expect(valueOf(lines, 'ai_keys_store_up')).toBe(1);
    expect(valueOf(lines, 'ai_keys_build_info', { store: 'memory', version: '0.1.0' })).toBe(1);
    for (const key of [GOOD, DEAD]) {
      expect(text).not.toContain(key.slice(8, 30));
      expect(text).not.toContain(keyIdOf(key));
    }
  });

  it('shows what calls used, and no cost where that is not known of any of them', async () => {
    await start({ prices: { 'openai/priced-1': { inputUsdPerMillion: 2, outputUsdPerMillion: 10 } } });
    const executor = api.app.get(RetryExecutorService);
    const answer = (model: string, usage?: object) => () =>
      Promise.resolve({ object: 'chat.completion', model, usage });
    const openai = { provider: 'openai' };
    const used = { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 64 } };
    await executor.execute('openai', answer('unpriced-1', used));
    await executor.execute('openai', answer('priced-1'));
    const before = parseMetrics(await scrape());
    expect(valueOf(before, 'ai_keys_cost_usd_total', openai)).toBeUndefined();
    expect(valueOf(before, 'ai_keys_cost_usd_total', { provider: 'google' })).toBe(0);
    await executor.execute('openai', answer('priced-1', used));
    const lines = parseMetrics(await scrape());
    expect(valueOf(lines, 'ai_keys_cost_usd_total', openai)).toBeCloseTo(400e-6, 9);
    const tokens = ['input', 'output', 'cached_input', 'cache_write', 'reasoning'];
    expect(tokens.map((kind) => valueOf(lines, 'ai_keys_tokens_total', { ...openai, kind }))).toEqual([
      200, 40, 128, 0, 0,
    ]);
    const known = ['priced', 'tokens', 'nothing'];
    expect(known.map((each) => valueOf(lines, 'ai_keys_answered_requests_total', { ...openai, known: each }))).toEqual([
      1, 1, 1,
    ]);
  });

  it('asks for a viewer', async () => {
    await start();
    await api.send('get', '/metrics', null).expect(401);
  });

  it('shows single keys, by id, where it is told to', async () => {
    await start({ metrics: { perKey: true } });
    await api.app.get(RetryExecutorService).execute('openai', call);
    const lines = parseMetrics(await scrape());
    const attempts = lines.filter(({ name }) => name === 'ai_keys_key_attempts_total');
    expect(attempts.map(({ labels }) => labels.key_id)).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
    expect(valueOf(lines, 'ai_keys_key_available', { key_id: keyIdOf(GOOD) })).toBe(1);
  });

  it('is not there where it is switched off', async () => {
    await start({ metrics: false });
    await api.send('get', '/metrics', VIEWER).expect(404);
    expect(() => api.app.get(KeyMetricsService)).toThrow();
  });

  (promtool ? it : it.skip)('passes promtool', async () => {
    await start({ metrics: { perKey: true } });
    await api.app.get(RetryExecutorService).execute('openai', call);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape() });
    expect(`${String(stdout)}${String(stderr)}`).toBe('');
    expect(status).toBe(0);
  });
});
