import { filter, firstValueFrom, startWith } from 'rxjs';
import {
  KeyMetricsService,
  KeyPoolService,
  keyIdOf,
  RetryExecutorService,
  UnknownProviderError,
  type KeyManagementModuleOptions,
  type KeyStatus,
  type OpenedPool,
} from '../../src/key-management';
import { ADMIN, startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { describeWithRedis, redisForEach } from '../support/redis-server';

type Store = KeyManagementModuleOptions['store'];

const NAME = 'customer-17';
const SECRET = 'a secret of the tests, of 32 chars or more';

/** @param seals Whether keys that are added can be stored. */
function shared(newStore: () => Store, seals: boolean): void {
  let simulator: VendorSimulator;
  let own: string;
  let given: string;
  let other: string;
  let added: string;
  const apis: ApiUnderTest[] = [];

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    [own, given, other, added] = simulator.openai.newKeys(4) as [string, string, string, string];
  });
  afterEach(async () => {
    for (const api of apis.splice(0)) await api.app.close();
    await simulator.close();
  });

  const start = async (): Promise<ApiUnderTest> => {
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    const api = await startApi({ options: { providers, store: newStore() } });
    apis.push(api);
    return api;
  };
  const poolsOf = (api: ApiUnderTest): KeyPoolService => api.app.get(KeyPoolService);
  const open = (api: ApiUnderTest): Promise<OpenedPool> =>
    poolsOf(api).openPool(NAME, { like: 'openai', keys: [given, other] });
  const statusOf = (api: ApiUnderTest, key: string): KeyStatus | undefined =>
    poolsOf(api).get(NAME, keyIdOf(key))?.status;
  const until = (api: ApiUnderTest, isSo: () => boolean): Promise<unknown> =>
    firstValueFrom(poolsOf(api).events$.pipe(startWith(undefined), filter(isSo)));
  const call = (api: ApiUnderTest): Promise<string> =>
    api.app.get(RetryExecutorService).executeOrThrow(NAME, ({ apiKey }) => Promise.resolve(apiKey));

  it('tells the other instance that has opened it what is learned of its keys', async () => {
    const [one, two] = [await start(), await start()];
    await open(one);
    await open(two);
    await poolsOf(one).disable(NAME, keyIdOf(given));
    await until(two, () => statusOf(two, given) === 'disabled');
    expect(await call(two)).toBe(other);
    await poolsOf(two).enable(NAME, keyIdOf(given));
    await until(one, () => statusOf(one, given) === 'healthy');
  });

  it('tells one that opens it later', async () => {
    const [one, two] = [await start(), await start()];
    await open(one);
    await poolsOf(one).disable(NAME, keyIdOf(given));
    await open(two);
    await until(two, () => statusOf(two, given) === 'disabled');
    expect(await call(two)).toBe(other);
  });

  (seals ? it : it.skip)('gives it the keys that are added while both have it open', async () => {
    const [one, two] = [await start(), await start()];
    await open(one);
    await open(two);
    await one
      .send('post', `/admin/providers/${NAME}/keys`, ADMIN)
      .send({ keys: [added] })
      .expect(200);
    await until(two, () => statusOf(two, added) === 'healthy');
  });

  it('goes on there when it is closed here', async () => {
    const [one, two] = [await start(), await start()];
    const here = await open(one);
    await open(two);
    await here.close();
    // What the first one writes of its end is there before this is.
    await poolsOf(one).pause('openai');
    await until(two, () => poolsOf(two).pool('openai')?.pauseAt(Date.now()) !== undefined);
    expect([given, other].map((key) => statusOf(two, key))).toEqual(['healthy', 'healthy']);
    expect([given, other]).toContain(await call(two));
    await expect(call(one)).rejects.toThrow(UnknownProviderError);
  });

  it('is nothing to an instance that never opens it', async () => {
    const [one, never] = [await start(), await start()];
    await open(one);
    await one
      .send('post', `/admin/providers/${NAME}/keys`, ADMIN)
      .send({ keys: [added] })
      .expect(200);
    await call(one);
    await poolsOf(one).disable(NAME, keyIdOf(given));
    await poolsOf(one).pause('openai');
    await until(never, () => poolsOf(never).pool('openai')?.pauseAt(Date.now()) !== undefined);
    expect(poolsOf(never).pool(NAME)).toBeUndefined();
    await expect(call(never)).rejects.toThrow(UnknownProviderError);
    for (const route of ['/health', '/health/keys', '/health/ready', '/dashboard/figures', '/dashboard/session'])
      expect((await never.send('get', route)).text).not.toContain(NAME);
    expect(await never.app.get(KeyMetricsService).text()).not.toContain(NAME);
    await never.send('get', `/admin/providers/${NAME}/keys`).expect(404);
  });
}

describe('a pool that is opened on one of several instances', () => {
  let cluster: Cluster;
  beforeEach(() => (cluster = new Cluster()));

  shared(() => cluster.member(), false);
});

describeWithRedis('a pool that is opened on one of several instances, on a real Redis', () => {
  const store = redisForEach('opened');

  shared(() => ({ ...store(), encryptionSecret: SECRET }), true);
});
