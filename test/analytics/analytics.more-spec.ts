import { keyIdOf, RetryExecutorService, type ManagedCall } from '../../src/key-management';
import { ADAPTERS, startApi, VIEWER, type ApiUnderTest } from '../admin/support';
import { fakeKey, VendorSimulator } from '../simulator';

const GOOD = fakeKey('openai', 1);
const DEAD = fakeKey('openai', 2);

describe.each(ADAPTERS)('analytics on %s', (adapter) => {
  let sim: VendorSimulator;
  let api: ApiUnderTest;
  const call: ManagedCall<unknown> = ({ apiKey, fetch }) =>
    fetch(`${sim.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'hi' }] }),
    });

  beforeEach(async () => {
    sim = await VendorSimulator.start();
    sim.openai.key(GOOD);
    sim.openai.key(DEAD);
    api = await startApi({
      adapter,
      options: { providers: { openai: { keys: [GOOD, DEAD], baseUrl: sim.openai.baseUrl } } },
    });
    sim.openai.key(DEAD, { kind: 'invalid' });
    const executor = api.app.get(RetryExecutorService);
    for (let n = 0; n < 10; n += 1) await executor.execute('openai', call);
    await executor.execute('openai', () => Promise.reject(new Error('no')), { maxRetries: 0 });
  });
  afterEach(async () => {
    await api.app.close();
    await sim.close();
  });
  const sum = (entries: Record<string, number>[], of: string): number =>
    entries.reduce((total, entry) => total + entry[of]!, 0);

  it('shows what calls came to, with a timeline and quantiles', async () => {
    const { body } = await api.send('get', '/analytics/openai', VIEWER).expect(200);
    expect(body.summary).toMatchObject({
      requests: 11,
      failures: 1,
      retries: 1,
      keys_removed: 1,
      total_keys: 2,
      healthy_keys: 1,
      success_rate: 90.9,
    });
    expect(body.outcomes).toEqual({ ok: 10, invalid_key: 1, bad_request: 1 });
    expect([
      sum(body.timeline, 'requests'),
      sum(body.timeline, 'failures'),
      sum(body.timeline, 'keys_removed'),
    ]).toEqual([11, 1, 1]);
    const { average_response_time, response_time_p50, response_time_p95 } = body.summary;
    for (const time of [average_response_time, response_time_p50, response_time_p95]) {
      expect(time).toBeGreaterThanOrEqual(0);
      expect(time).toBeLessThan(30);
    }
    expect(response_time_p95).toBeGreaterThanOrEqual(response_time_p50);
    const status = await api.send('get', '/health/keys', VIEWER).expect(200);
    expect(status.body.global_stats).toEqual({ total_requests: 11, total_failures: 1, keys_removed: 1 });
  });

  it('shows the timeline of a provider and of a key, by minute and by hour', async () => {
    for (const resolution of ['minute', 'hour']) {
      const { body } = await api.send('get', `/analytics/openai/timeline?resolution=${resolution}`, VIEWER).expect(200);
      expect(body).toMatchObject({ provider: 'openai', resolution });
      expect(sum(body.timeline, 'requests')).toBe(11);
      const path = `/analytics/openai/keys/${keyIdOf(DEAD)}/timeline?resolution=${resolution}`;
      const key = await api.send('get', path, VIEWER).expect(200);
      expect(key.body).toMatchObject({ provider: 'openai', key_id: keyIdOf(DEAD), resolution });
      expect(sum(key.body.timeline, 'failures')).toBeGreaterThanOrEqual(1);
    }
    const to = new Date(Date.now() - 3_600_000).toISOString();
    const { body } = await api.send('get', `/analytics/openai/timeline?to=${to}`, VIEWER).expect(200);
    expect(body.timeline).toEqual([]);
  });

  it.each([
    ['/analytics/openai/timeline?resolution=second', 400],
    ['/analytics/openai/timeline?from=yesterday', 400],
    ['/analytics/openai/timeline?unknown=1', 400],
    ['/analytics/nobody/timeline', 404],
    ['/analytics/nobody', 404],
    ['/analytics/openai/keys/XYZ/timeline', 400],
  ])('refuses %s', async (path, status) => {
    await api.send('get', path, VIEWER).expect(status);
  });

  it('holds no key', async () => {
    for (const path of ['/analytics/openai', `/analytics/openai/keys/${keyIdOf(DEAD)}/timeline`, '/health/keys']) {
      const { text } = await api.send('get', path, VIEWER).expect(200);
      for (const key of [GOOD, DEAD]) expect(text).not.toContain(key.slice(8, 30));
    }
  });
});
