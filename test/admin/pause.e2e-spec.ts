import { filter, firstValueFrom } from 'rxjs';
import {
  KeyPoolService,
  ManagedFetchService,
  NoHealthyKeysError,
  RetryExecutorService,
  type ExecutionResult,
  type KeyEvent,
} from '../../src/key-management';
import { ADAPTERS, startApi, startApiWithKey, VIEWER, type ApiWithKey } from './support';

const PAUSE = '/admin/providers/openai/pause';
const RESUME = '/admin/providers/openai/resume';
const HOUR_MS = 3_600_000;

const errorOf = (result: ExecutionResult<unknown>): NoHealthyKeysError => {
  if (!result.success && result.error instanceof NoHealthyKeysError) return result.error;
  throw new Error('the call was not refused for want of a key');
};

describe.each(ADAPTERS)('a paused provider on %s', (adapter) => {
  let api: ApiWithKey;
  let events: KeyEvent[];
  beforeEach(async () => {
    api = await startApiWithKey({ adapter });
    events = [];
    api.app.get(KeyPoolService).events$.subscribe((event) => events.push(event));
  });
  afterEach(() => api.close());

  const call = () => api.app.get(RetryExecutorService).execute('openai', () => Promise.resolve('answer'));
  const state = async () => {
    const { body } = await api.send('get', '/health/keys', VIEWER).expect(200);
    return body.key_pools.providers.openai as Record<string, unknown>;
  };

  it('serves no calls until it is resumed, and says so at once', async () => {
    const { body } = await api.send('post', PAUSE).send({}).expect(200);
    expect(body).toEqual({
      provider: 'openai',
      state: 'paused',
      state_reason: 'openai is paused by an administrator, and serves no calls until it is resumed.',
      state_since: expect.stringMatching(/Z$/),
      state_until: null,
      persistence: 'memory_only',
    });
    expect(await state()).toMatchObject({ state: 'paused', state_until: null, healthy_keys: 1 });
    const result = await call();
    expect(result).toMatchObject({ success: false, attemptsMade: 0, errorMessage: body.state_reason });
    const error = errorOf(result);
    expect([error.paused, error.retryAfterMs, error.soonestRecovery, error.toJSON().paused]).toEqual([
      true,
      undefined,
      undefined,
      true,
    ]);
    expect(error.counts).toEqual({ healthy: 1 });

    const resumed = await api.send('post', RESUME).expect(200);
    expect(resumed.body).toMatchObject({ state: 'serving', state_until: null });
    expect(await call()).toMatchObject({ success: true });
    expect(events).toMatchObject([
      { type: 'provider_paused', provider: 'openai', by: 'administrator', state: 'paused' },
      { type: 'provider_resumed', provider: 'openai', by: 'administrator', since: expect.any(Date) },
    ]);
  });

  it('says until when: to callers, to SDKs and in the status', async () => {
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    await api.send('post', PAUSE).send({ until }).expect(200);
    expect(await state()).toMatchObject({ state: 'paused', state_until: until });
    const error = errorOf(await call());
    expect(error.message).toContain(until);
    expect(error.soonestRecovery).toEqual(new Date(until));
    expect(error.retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000);
    const fetch = api.app.get(ManagedFetchService).for('openai');
    const response = await fetch(`${api.simulator.openai.baseUrl}/v1/models`);
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'false']);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain('is paused');
  });

  it('is no failure: health is well, and what it refused does not count against it afterwards', async () => {
    await api.send('post', PAUSE).expect(200);
    for (let n = 0; n < 20; n += 1) await call();
    for (const path of ['/health', '/health/ready']) {
      const { body } = await api.send('get', path, null).expect(200);
      expect(body.details.providers).toEqual({ status: 'up', states: { openai: 'paused' } });
    }
    await api.app.get(KeyPoolService).disable('openai', api.id);
    await api.send('get', '/health', null).expect(200);
    await api.app.get(KeyPoolService).enable('openai', api.id);
    await api.send('post', RESUME).expect(200);
    expect(await state()).toMatchObject({ state: 'serving' });
    await api.send('get', '/health', null).expect(200);
  });

  it('ends calls that wait for a key, and lets those in flight end', async () => {
    const executor = api.app.get(RetryExecutorService);
    const pools = api.app.get(KeyPoolService);
    await pools.update('openai', api.id, { limits: { concurrency: 1 } });
    let answer: (value: string) => void = () => undefined;
    const inFlight = executor.execute('openai', () => new Promise<string>((resolve) => (answer = resolve)));
    const waiting = executor.execute('openai', () => Promise.resolve('never'), { maxWaitMs: 60_000 });
    await api.send('post', PAUSE).expect(200);
    expect(await waiting).toMatchObject({ success: false, error: { code: 'NO_HEALTHY_KEYS', paused: true } });
    answer('whole');
    expect(await inFlight).toMatchObject({ success: true, response: 'whole' });
    expect(await call()).toMatchObject({ success: false });
  });

  it('has calls that may go elsewhere go there at once', async () => {
    await api.send('post', PAUSE).expect(200);
    const executor = api.app.get(RetryExecutorService);
    const never = jest.fn();
    const result = await executor.executeFirst([
      { provider: 'openai', call: never },
      { provider: 'anthropic', call: never },
    ]);
    // It went on to the second, which has no keys.
    expect(result).toMatchObject({ success: false, provider: 'anthropic' });
    expect(never).not.toHaveBeenCalled();
  });

  it('checks keys as ever', async () => {
    await api.send('post', PAUSE).expect(200);
    const { body } = await api.send('post', `/admin/providers/openai/keys/${api.id}/check`).expect(200);
    expect(body.outcome).toBe('ok');
  });

  it('does the same twice, and tells it once', async () => {
    const first = await api.send('post', PAUSE).expect(200);
    const second = await api.send('post', PAUSE).expect(200);
    expect(second.body.state_since).toBe(first.body.state_since);
    await api.send('post', RESUME).expect(200);
    await api.send('post', RESUME).expect(200);
    expect(events.map(({ type }) => type)).toEqual(['provider_paused', 'provider_resumed']);
    const { body } = await api.send('get', '/admin/events?provider=openai&limit=6').expect(200);
    expect(body.events.map(({ type, action }: Record<string, unknown>) => action ?? type)).toEqual([
      'resume_provider',
      'resume_provider',
      'provider_resumed',
      'pause_provider',
      'pause_provider',
      'provider_paused',
    ]);
    expect(body.events[2]).toMatchObject({
      by: 'administrator',
      since: expect.any(String),
      reason: expect.any(String),
    });
    expect(body.events[5]).toMatchObject({ by: 'administrator', state: 'paused', reason: expect.any(String) });
  });

  it('refuses an end that is over, and providers that are none', async () => {
    const past = await api.send('post', PAUSE).send({ until: '2020-01-01T00:00:00Z' }).expect(400);
    expect(past.body.problems).toEqual([
      {
        field: 'until',
        problem: 'must be a time in the future; left out, the pause lasts until the provider is resumed',
      },
    ]);
    await api.send('post', '/admin/providers/nobody/pause').expect(404);
    await api.send('post', '/admin/providers/nobody/resume').expect(404);
    await api.send('post', PAUSE, VIEWER).expect(403);
    expect(await state()).not.toMatchObject({ state: 'paused' });
  });
});

it('pauses a provider that has no keys yet, and lists it', async () => {
  const api = await startApi();
  await api.send('post', '/admin/providers/anthropic/pause').expect(200);
  const { body } = await api.send('get', '/health/keys').expect(200);
  expect(body.key_pools.providers.anthropic).toMatchObject({ state: 'paused', total_keys: 0 });
  await api.app.close();
});

it('is there for programs: durable when it resolves, and refuses what is no end', async () => {
  const api = await startApiWithKey({});
  const pools = api.app.get(KeyPoolService);
  const paused = firstValueFrom(pools.events$.pipe(filter(({ type }) => type === 'provider_paused')));
  await pools.pause('openai', { until: new Date(Date.now() + HOUR_MS) });
  expect(await paused).toMatchObject({ by: 'administrator', until: expect.any(Date) });
  expect(pools.lease('openai')).toBeUndefined();
  await pools.resume('openai');
  pools.lease('openai')!.settle('ok');
  await expect(pools.pause('openai', { until: new Date(0) })).rejects.toThrow('until must be a Date in the future');
  await expect(pools.pause('openai', { until: '2099' as never })).rejects.toThrow(RangeError);
  await expect(pools.pause('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_PROVIDER' });
  await api.close();
});
