import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom } from 'rxjs';
import { KeyPoolService, RetryExecutorService, type KeyEvent } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { answered, startApi, type ApiUnderTest } from './support';

const PAUSE = '/admin/providers/openai/pause';
const RESUME = '/admin/providers/openai/resume';
const KEY = fakeKey('openai', 1);
const HOUR_MS = 3_600_000;

describe('a pause that instances share', () => {
  let simulator: VendorSimulator;
  let cluster: Cluster;
  const apis: ApiUnderTest[] = [];
  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    simulator.openai.key(KEY);
  });
  afterAll(() => simulator.close());
  beforeEach(() => (cluster = new Cluster()));
  afterEach(async () => {
    for (const api of apis.splice(0)) await api.app.close();
  });

  const start = async (clock?: FakeClock): Promise<ApiUnderTest> => {
    const providers = { openai: { keys: [KEY], baseUrl: simulator.openai.baseUrl } };
    const api = await startApi({ clock, options: { providers, store: cluster.member(), startupCheckTimeoutMs: 0 } });
    apis.push(api);
    return api;
  };
  const poolsOf = (api: ApiUnderTest): KeyPoolService => api.app.get(KeyPoolService);
  const heard = (api: ApiUnderTest, type: KeyEvent['type']): Promise<KeyEvent> =>
    firstValueFrom(poolsOf(api).events$.pipe(filter((event) => event.type === type)));
  const isPaused = async (api: ApiUnderTest): Promise<boolean> => {
    const result = await api.app
      .get(RetryExecutorService)
      .execute('openai', () => Promise.resolve(1), { maxWaitMs: 0 });
    return !result.success && 'paused' in result.error;
  };

  it('reaches the others, with its end, and is taken back by any of them', async () => {
    const [one, other] = [await start(), await start()];
    const paused = heard(other, 'provider_paused');
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const { body } = await one.send('post', PAUSE).send({ until }).expect(200);
    expect(body.persistence).toBe('stored');
    expect(await paused).toMatchObject({ by: 'instance', until: new Date(until) });
    expect(await isPaused(other)).toBe(true);
    const status = await other.send('get', '/health/keys').expect(200);
    expect(status.body.key_pools.providers.openai).toMatchObject({
      state: 'paused',
      state_since: body.state_since,
      state_until: until,
    });
    const resumed = heard(one, 'provider_resumed');
    await other.send('post', RESUME).expect(200);
    expect(await resumed).toMatchObject({ by: 'instance' });
    expect(await isPaused(one)).toBe(false);
  });

  it.each(['2123-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
    'takes the far end %s to the others',
    async (until) => {
      const [one, other] = [await start(), await start()];
      const paused = heard(other, 'provider_paused');
      await one.send('post', PAUSE).send({ until }).expect(200);
      expect(await paused).toMatchObject({ until: new Date(until) });
    },
  );

  it('holds over a restart, and for an instance that comes later; and is not told again', async () => {
    const first = await start();
    await first.send('post', PAUSE).expect(200);
    await first.app.close();
    apis.splice(0);
    const second = await start();
    expect(await isPaused(second)).toBe(true);
    const { body } = await second.send('get', '/admin/events?type=provider_paused').expect(200);
    expect(body.events).toHaveLength(1);
    await second.send('post', RESUME).expect(200);
    await second.app.close();
    apis.splice(0);
    expect(await isPaused(await start())).toBe(false);
  });

  it('ends by itself at its time on each instance', async () => {
    const clock = new FakeClock(Date.now());
    const [one, other] = [await start(clock), await start(clock)];
    await clock.advance(1_000);
    const until = new Date(clock.now() + HOUR_MS).toISOString();
    await one.send('post', PAUSE).send({ until }).expect(200);
    await clock.advance(HOUR_MS - 1_000);
    expect([await isPaused(one), await isPaused(other)]).toEqual([true, true]);
    const resumed = Promise.all([one, other].map((api) => heard(api, 'provider_resumed')));
    await clock.advance(1_000);
    expect(await resumed).toMatchObject([{ by: 'time' }, { by: 'time' }]);
    expect([await isPaused(one), await isPaused(other)]).toEqual([false, false]);
  });

  it('is in force and answered by 503 while the store is away, and reaches it when it is back', async () => {
    const clock = new FakeClock(Date.now());
    const [one, other] = [await start(clock), await start(clock)];
    await clock.advance(1_000);
    cluster.cut();
    const { status, body } = await answered(one.send('post', PAUSE), clock);
    expect([status, body]).toEqual([
      503,
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', applied: true, will_be_written: true }),
    ]);
    expect([await isPaused(one), await isPaused(other)]).toEqual([true, false]);
    const paused = heard(other, 'provider_paused');
    cluster.mend();
    for (let n = 0; n < 100 && !(await isPaused(other)); n += 1) await clock.advance(1_000);
    expect(await paused).toMatchObject({ provider: 'openai' });
  });

  it('survives what makes no sense in the store', async () => {
    const stored = (doc: string, value: unknown): void =>
      void cluster.documents.set(doc, {
        doc,
        registers: { pause: { value: value as never, version: 1, tie: '0:x' } },
        maxima: {},
        sums: {},
      });
    stored('pauses/openai', { since: 'yesterday', until: null });
    stored('pauses/../../x', { since: 1, until: null });
    stored('pauses/anthropic', { since: 1, until: 2 });
    const api = await start();
    expect(await isPaused(api)).toBe(false);
    const { body } = await api.send('get', '/health/keys').expect(200);
    expect(Object.keys(body.key_pools.providers as object)).toEqual(['openai']);
  });
});

it('keeps a pause in the file store', async () => {
  const path = await mkdtemp(join(tmpdir(), 'akm-pause-'));
  const store = { kind: 'file', path } as const;
  const first = await startApi({ options: { store } });
  await first.send('post', PAUSE).expect(200);
  await first.app.close();
  const second = await startApi({ options: { store } });
  const { body } = await second.send('post', PAUSE).expect(200);
  expect(body).toMatchObject({ state: 'paused', persistence: 'stored' });
  expect((await second.send('get', '/admin/events?type=provider_paused').expect(200)).body.events).toHaveLength(1);
  await second.app.close();
  await rm(path, { recursive: true });
});
