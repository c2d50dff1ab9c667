import { firstValueFrom, filter } from 'rxjs';
import {
  KeyManagerService,
  KeyMetricsService,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
} from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator, type Behaviour } from '../simulator';
import { keyText } from '../support/key-text';
import { VIEWER } from '../support/tokens';
import { startApi, type ApiUnderTest } from './support';

const KEYS = [1, 2, 3].map((n) => fakeKey('openai', n));

describe('the state of each provider, where it is told', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of KEYS) simulator.openai.key(key);
    const providers = {
      openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl },
      anthropic: { baseUrl: simulator.anthropic.baseUrl },
    };
    api = await startApi({ options: { providers, backoff: { initialMs: 0, maxMs: 0 }, maxRetries: 0 } });
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  /** Real calls, one after the other; each answer is whatever the vendor says. */
  const call = async (times: number, model = 'gpt-5'): Promise<void> => {
    const fetch = api.app.get(ManagedFetchService).for('openai', { maxWaitMs: 0 });
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
    const url = `${simulator.openai.baseUrl}/v1/chat/completions`;
    for (let time = 0; time < times; time += 1) {
      const response = await fetch(url, { method: 'POST', body }).catch(() => undefined);
      await response?.text();
    }
  };
  const behave = (behaviour: Behaviour): void => {
    for (const key of KEYS) simulator.openai.key(key, behaviour);
  };
  const statusOf = async (provider: string) =>
    (await api.send('get', '/health/keys', VIEWER).expect(200)).body.key_pools.providers[provider];
  const health = async (path = '') => {
    const { status, body } = await api.send('get', `/health${path}`, null);
    return [status, body.details?.providers] as const;
  };
  const metric = async (name: string): Promise<string[]> =>
    (await api.app.get(KeyMetricsService).text()).split('\n').filter((line) => line.startsWith(`${name}{`));

  it('F1: a total outage is failing, with a reason, an event and a 503; and 200 for who asks whether it is ready', async () => {
    expect(await statusOf('openai')).toMatchObject({ state: 'idle', state_until: null });
    expect(await health()).toEqual([200, { status: 'up', states: { openai: 'idle' } }]);
    const failing = firstValueFrom(
      api.app.get(KeyPoolService).events$.pipe(filter((e) => e.type === 'provider_failing')),
    );
    behave({ kind: 'status', status: 500 });
    await call(49);
    expect(await statusOf('openai')).toMatchObject({
      state: 'failing',
      state_reason: expect.stringMatching(/^\d+ of the \d+ calls to openai in the last five minutes failed/),
      healthy_keys: 3,
    });
    expect(await health()).toEqual([503, { status: 'down', states: { openai: 'failing' } }]);
    expect(await health('/ready')).toEqual([200, { status: 'up', degraded: true, states: { openai: 'failing' } }]);
    expect((await health('/live'))[0]).toBe(200);
    expect(await metric('ai_keys_pool_state')).toContain('ai_keys_pool_state{provider="openai",state="failing"} 1');
    expect(await failing).toMatchObject({ provider: 'openai', state: 'failing', reason: expect.any(String) });
    const { body } = await api.send('get', '/admin/events?type=provider_failing').expect(200);
    expect(body.events).toEqual([expect.objectContaining({ provider: 'openai', state: 'failing', by: 'call' })]);
    const analytics = await api.send('get', '/analytics/openai').expect(200);
    expect(analytics.body.recent_events[0]).toMatchObject({ type: 'provider_failing', state: 'failing' });
  });

  it('F1: is not failing by the faults of callers', async () => {
    behave({ kind: 'badRequest' });
    await call(30);
    expect(await statusOf('openai')).toMatchObject({ state: 'serving' });
    expect((await health())[0]).toBe(200);
  });

  it('F2: all keys that cool down for the only model in use are no usable keys', async () => {
    expect(await metric('ai_keys_pool_usable_keys')).toContain('ai_keys_pool_usable_keys{provider="openai"} 3');
    behave({ kind: 'alwaysRateLimited', retryAfterMs: 600_000 });
    await call(3);
    expect(await statusOf('openai')).toMatchObject({
      state: 'no_usable_key',
      state_reason: 'No key of openai can be used for gpt-5, the only model that is called: all 3 cool down.',
      state_until: expect.stringMatching(/Z$/),
      healthy_keys: 3,
    });
    expect((await health())[0]).toBe(503);
    expect((await health('/ready'))[0]).toBe(200);
    expect(await metric('ai_keys_pool_usable_keys')).toContain('ai_keys_pool_usable_keys{provider="openai"} 0');
    expect(await metric('ai_keys_pool_state')).toContain(
      'ai_keys_pool_state{provider="openai",state="no_usable_key"} 1',
    );

    behave({ kind: 'valid' });
    await call(1, 'gpt-5-nano');
    expect(await statusOf('openai')).toMatchObject({
      state: 'degraded',
      state_reason: expect.stringContaining('gpt-5'),
    });
    expect((await health())[0]).toBe(200);
    expect(await metric('ai_keys_pool_usable_keys')).toContain('ai_keys_pool_usable_keys{provider="openai"} 3');
  });

  it('F3: a provider that is called and has no keys is listed; names that callers make up are not', async () => {
    const executor = api.app.get(RetryExecutorService);
    expect(await statusOf('anthropic')).toBeUndefined();
    for (let n = 0; n < 100; n += 1) await executor.execute(`made-up-${n}`, () => Promise.resolve('never'));
    await executor.execute('anthropic', () => Promise.resolve('never'));
    expect(await statusOf('anthropic')).toMatchObject({
      state: 'no_usable_key',
      state_reason: 'anthropic is called and has no keys, so every call is refused: add some.',
      total_keys: 0,
      keys: [],
    });
    const { system_info, key_pools } = api.app.get(KeyManagerService).getComprehensiveStatus();
    expect(system_info.initialized_providers).toEqual(['openai']);
    expect(Object.keys(key_pools.providers)).toEqual(['openai', 'anthropic']);
    expect(await health()).toEqual([503, { status: 'down', states: { openai: 'idle', anthropic: 'no_usable_key' } }]);
    expect(await metric('ai_keys_pool_state')).toContain(
      'ai_keys_pool_state{provider="anthropic",state="no_usable_key"} 1',
    );
  });

  it('F8: counts no key that an administrator switches off as removed, and shows no rate of no calls', async () => {
    const [key] = api.app.get(KeyPoolService).list('openai');
    await api.app.get(KeyPoolService).disable('openai', key!.id);
    const { body } = await api.send('get', '/analytics/openai').expect(200);
    expect(body.summary).toMatchObject({ keys_removed: 0, success_rate: null, requests: 0 });
    expect((await api.send('get', '/health/keys').expect(200)).body.global_stats.keys_removed).toBe(0);
  });
});

describe('E14: many keys', () => {
  it('shows them in the analytics by pages, and the whole status in pieces that are one document', async () => {
    const api = await startApi();
    const pool = api.app.get(KeyPoolService).ensurePool('openai');
    for (let n = 0; n < 1_200; n += 1) {
      const record = pool.add(new ApiKey(keyText(n)), {}, 'runtime', 'administrator');
      pool.leaseForProbe(record).settle(n % 3 === 0 ? 'invalid_key' : 'ok');
    }
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `?cursor=${cursor}`;
      const { body } = await api.send('get', `/analytics/openai${query}`).expect(200);
      expect(body.summary.total_keys).toBe(1_200);
      expect(body.keys.length).toBeLessThanOrEqual(500);
      ids.push(...body.keys.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor as string | null;
    }
    expect(ids).toHaveLength(1_200);
    expect(ids).toEqual([...new Set(ids)].sort());
    const few = await api.send('get', '/analytics/openai?limit=2').expect(200);
    expect(few.body.keys.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    await api.send('get', '/analytics/openai?limit=501').expect(400);
    await api.send('get', '/analytics/openai?cursor=nonsense').expect(400);

    const { body, headers } = await api.send('get', '/health/keys').expect(200);
    expect(headers['content-type']).toMatch(/^application\/json/);
    const whole = JSON.parse(JSON.stringify(api.app.get(KeyManagerService).getComprehensiveStatus()));
    expect(body).toEqual(whole);
    await api.app.close();
  });
});
