import { keyIdOf, maskKey } from '../../src/key-management';
import { VendorSimulator } from '../simulator';
import { ADAPTERS, startApi, type ApiUnderTest } from './support';

const NO_LIMITS = {
  concurrency: null,
  requests_per_minute: null,
  tokens_per_minute: null,
  requests_per_day: null,
  tokens_per_day: null,
};

describe.each(ADAPTERS)('the path of a new user on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    api = await startApi({ adapter, options: { providers: { openai: { baseUrl: simulator.openai.baseUrl } } } });
  });
  afterAll(async () => {
    await api.app.close();
    await simulator.close();
  });

  const keysPath = '/admin/providers/openai/keys';
  let good: string;
  let spare: string;

  it('starts with empty pools', async () => {
    await api.send('get', '/health', null).expect(200);
    const { body, headers } = await api.send('get', keysPath).expect(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({ provider: 'openai', total_keys: 0, keys: [], next_cursor: null });
    const status = await api.send('get', '/health/keys').expect(200);
    expect(status.body.key_pools).toEqual({ providers: {} });
  });

  it('adds keys, good and bad, with a verdict on each', async () => {
    const { openai } = simulator;
    [good, spare] = openai.newKeys(2) as [string, string];
    const [exhausted] = openai.newKeys(1, { kind: 'exhausted' }) as [string];
    const [invalid] = openai.newKeys(1, { kind: 'invalid' }) as [string];
    const keys = [good, { key: spare, label: 'spare', weight: 2 }, exhausted, invalid, 'sk-short', good];
    const { body } = await api.send('post', keysPath).send({ keys }).expect(200);

    expect(body).toMatchObject({ provider: 'openai', total_keys: 5, healthy_keys_added: 2 });
    const verdict = (key: string, rest: object) => ({ id: keyIdOf(key), masked_key: maskKey(key), ...rest });
    expect(body.keys).toEqual([
      verdict(good, { verdict: 'added', status: 'healthy', outcome: 'ok', reason: null, persistence: 'memory_only' }),
      verdict(spare, { verdict: 'added', status: 'healthy', outcome: 'ok', reason: null, persistence: 'memory_only' }),
      verdict(exhausted, {
        verdict: 'added',
        status: 'quota_exceeded',
        outcome: 'quota_exceeded',
        reason: expect.any(String),
        persistence: 'memory_only',
      }),
      verdict(invalid, refused),
      verdict('sk-short', refused),
    ]);
    expect(body.rejected.map((each: { masked_key: string }) => each.masked_key)).toEqual(
      [exhausted, invalid, 'sk-short'].map(maskKey),
    );
    expect(body.notice).toContain('gone after a restart');
  });
  const refused = {
    verdict: 'refused',
    status: null,
    outcome: 'invalid_key',
    reason: expect.any(String),
    persistence: null,
  };

  it('adds them again, and nothing changes', async () => {
    const before = await api.send('get', keysPath);
    const { body } = await api
      .send('post', keysPath)
      .send({ keys: [good, { key: spare, label: 'other' }] })
      .expect(200);
    expect(body).toMatchObject({ total_keys: 2, healthy_keys_added: 0, rejected: [], notice: null });
    expect(body.keys.map((each: { verdict: string }) => each.verdict)).toEqual(['present', 'present']);
    const after = await api.send('get', keysPath);
    expect(after.body).toEqual(before.body);
  });

  it('refuses a key that is said to be two things at once', async () => {
    const [twice] = simulator.openai.newKeys(1) as [string];
    const keys = [
      { key: twice, label: 'a' },
      { key: twice, label: 'b' },
    ];
    const { body } = await api.send('post', keysPath).send({ keys }).expect(409);
    expect(body).toMatchObject({ statusCode: 409, error: 'Conflict', message: expect.stringContaining('keys.1') });
    await api.send('get', `${keysPath}/${keyIdOf(twice)}`).expect(404);
  });

  it('lists, by status and page by page', async () => {
    const { body } = await api.send('get', `${keysPath}?status=healthy`).expect(200);
    expect(body).toMatchObject({ total_keys: 3, next_cursor: null });
    expect(body.keys.map(({ id }: { id: string }) => id)).toEqual([good, spare].map(keyIdOf).sort());
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 5; pages += 1) {
      const page = await api.send('get', `${keysPath}?limit=2${cursor && `&cursor=${cursor}`}`).expect(200);
      seen.push(...page.body.keys.map(({ id }: { id: string }) => id));
      cursor = page.body.next_cursor as string | null;
    }
    expect(seen).toHaveLength(3);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  it('shows one key', async () => {
    const { body } = await api.send('get', `${keysPath}/${keyIdOf(spare)}`).expect(200);
    expect(body).toEqual({
      id: keyIdOf(spare),
      masked_key: maskKey(spare),
      status: 'healthy',
      success_rate: 100,
      response_time: null,
      error_count: 0,
      success_count: 0,
      in_flight: 0,
      usage: {
        requests: 0,
        requests_without_usage: 0,
        input_tokens: 0,
        output_tokens: 0,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        reasoning_tokens: 0,
        cost_usd: null,
      },
      reason: null,
      cooldown_until: null,
      recheck_at: null,
      last_used_at: null,
      last_checked_at: expect.stringMatching(/^\d{4}-.*Z$/),
      provider: 'openai',
      label: 'spare',
      enabled: true,
      weight: 2,
      limits: NO_LIMITS,
      tier: 0,
      quota_group: null,
      quota_group_from: null,
      origin: 'administrator',
      expires_at: null,
      balance: null,
      runs_out_at: null,
      runs_out_between: null,
      budgets: [],
      models: null,
      cooldowns: [],
      persistence: 'memory_only',
      account_keys: 1,
      limits_left: [],
      usage_by_model: [],
      own_budgets: [],
    });
  });

  it('changes, disables and enables a key', async () => {
    const path = `${keysPath}/${keyIdOf(spare)}`;
    const limits = { concurrency: 4, requests_per_minute: 500 };
    const changed = await api.send('patch', path).send({ label: 'b', weight: 1, limits, enabled: false }).expect(200);
    expect(changed.body).toMatchObject({
      label: 'b',
      weight: 1,
      limits: { ...NO_LIMITS, ...limits },
      enabled: false,
      status: 'disabled',
    });
    const back = await api.send('patch', path).send({ label: null, limits: { concurrency: null }, enabled: true });
    expect(back.body).toMatchObject({
      label: null,
      limits: { ...NO_LIMITS, requests_per_minute: 500 },
      enabled: true,
      status: 'healthy',
    });
  });

  it('checks one key, and all', async () => {
    simulator.openai.key(spare, { kind: 'invalid' });
    const one = await api.send('post', `${keysPath}/${keyIdOf(spare)}/check`).expect(200);
    expect(one.body).toMatchObject({ outcome: 'invalid_key', key: { status: 'invalid_key', id: keyIdOf(spare) } });
    expect(one.body.key.recheck_at).toEqual(expect.any(String));
    simulator.openai.key(spare);
    const all = await api.send('post', '/admin/health-checks').send({ provider: 'openai' }).expect(200);
    expect(all.body).toMatchObject({ checked_keys: 3, healthy_keys: 2, removed_keys: 0, duration: expect.any(Number) });
    expect(all.body.keys).toContainEqual({
      provider: 'openai',
      id: keyIdOf(spare),
      masked_key: maskKey(spare),
      outcome: 'ok',
      reason: null,
      status: 'healthy',
    });
    await api.send('post', '/admin/health-checks').expect(200);
    await api.send('post', '/admin/health-checks').send({ provider: 'nobody' }).expect(404);
  });

  it('deletes a key', async () => {
    const path = `${keysPath}/${keyIdOf(spare)}`;
    const { text } = await api.send('delete', path).expect(204);
    expect(text).toBe('');
    const { body } = await api.send('delete', path).expect(404);
    expect(body).toEqual({ statusCode: 404, error: 'Not Found', message: 'The provider has no key of that id.' });
  });

  it('changes the configuration', async () => {
    await api.send('patch', '/admin/configuration').send({ max_retries: 5 }).expect(200);
    const { body } = await api.send('get', '/admin/configuration').expect(200);
    expect(body).toEqual({ max_retries: 5, health_check_interval_minutes: 10, persistence: 'memory_only' });
  });

  it('reads status and analytics', async () => {
    const status = await api.send('get', '/health/keys').expect(200);
    expect(status.body).toMatchObject({
      system_info: { max_retries: 5, initialized_providers: ['openai'], store: 'memory', firebase_available: false },
      key_pools: { providers: { openai: { total_keys: 2, healthy_keys: 1, removed_keys: 1 } } },
      global_stats: { total_requests: 0, total_failures: 0 },
    });
    const { body } = await api.send('get', '/analytics/openai').expect(200);
    expect(body.summary).toMatchObject({ total_keys: 2, healthy_keys: 1, health_percentage: 50, requests: 0 });
    expect(body.recent_events[0]).toEqual({
      at: expect.any(String),
      type: 'key_deleted',
      key_id: keyIdOf(spare),
      masked_key: maskKey(spare),
      by: 'administrator',
    });
  });

  it('finds it all in the event log, page by page', async () => {
    const { body } = await api.send('get', '/admin/events?type=admin_action&limit=3').expect(200);
    expect(body.events).toHaveLength(3);
    expect(body.events[0]).toEqual({
      id: expect.any(Number),
      at: expect.any(String),
      type: 'admin_action',
      action: 'update_configuration',
      role: 'admin',
      address: '127.0.0.1',
      result: 'ok',
      http_status: 200,
    });
    expect(body.events[1]).toMatchObject({
      action: 'delete_key',
      result: 'refused',
      http_status: 404,
      provider: 'openai',
    });
    const next = await api
      .send('get', `/admin/events?type=admin_action&limit=500&cursor=${body.next_cursor}`)
      .expect(200);
    expect(next.body.next_cursor).toBeNull();
    const ids = [...body.events, ...next.body.events].map(({ id }: { id: number }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    const added = await api.send('get', '/admin/events?type=key_added&provider=openai').expect(200);
    expect(added.body.events).toHaveLength(3);
    expect((await api.send('get', '/admin/events?provider=google')).body.events).toEqual([]);
  });
});
