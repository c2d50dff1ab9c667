import { keyIdOf, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { ADMIN, startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { turns } from '../support/turns';

describe('an opened pool with keys of an administrator, among instances that share a store', () => {
  let simulator: VendorSimulator;
  let cluster: Cluster;
  let clock: FakeClock;
  let own: string;
  let given: string;
  let added: string;
  const apis: ApiUnderTest[] = [];

  const start = async (): Promise<ApiUnderTest> => {
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    const api = await startApi({ options: { providers, store: cluster.member() }, clock });
    apis.push(api);
    return api;
  };
  const open = (api: ApiUnderTest) =>
    api.app.get(KeyPoolService).openPool('customer-17', { like: 'openai', keys: [given] });
  const ids = (api: ApiUnderTest): string[] =>
    api.app
      .get(KeyPoolService)
      .list('customer-17')
      .map(({ id }) => id)
      .sort();
  /** What one instance wrote reaches the others. */
  const told = async (): Promise<void> => {
    for (let n = 0; n < 3; n += 1) {
      await clock.advance(1_000);
      await turns(5);
    }
  };

  beforeEach(async () => {
    process.env.KEY_ENCRYPTION_SECRET = 'a secret of the tests, of 32 chars or more';
    simulator = await VendorSimulator.start();
    [own, given, added] = simulator.openai.newKeys(3) as [string, string, string];
    clock = new FakeClock();
    cluster = new Cluster();
  });
  afterEach(async () => {
    delete process.env.KEY_ENCRYPTION_SECRET;
    for (const api of apis.splice(0)) await api.app.close();
    await simulator.close();
  });

  it('shares its keys with those that open it too, and shows itself to no other', async () => {
    const [first, second, third] = [await start(), await start(), await start()];
    await open(first);
    const opened = await open(second);
    await first
      .send('post', '/admin/providers/customer-17/keys', ADMIN)
      .send({ keys: [added] })
      .expect(200);
    await told();
    expect(ids(second)).toEqual([keyIdOf(given), keyIdOf(added)].sort());
    const { text } = await third.send('get', '/health/keys').expect(200);
    expect(text).not.toContain('customer');
    expect(ids(third)).toEqual([]);

    await first.app.get(RetryExecutorService).executeOrThrow('customer-17', () => Promise.resolve(1));
    await told();
    for (const api of [first, second, third]) {
      const { body } = await api.send('get', '/health/keys').expect(200);
      expect(body.global_stats.total_requests).toBe(1);
    }
    // One that closes it takes nothing from those that have it open.
    await opened.close();
    await told();
    expect(ids(first)).toHaveLength(2);
    expect(ids(second)).toEqual([]);
  });

  it('stays paused when it is closed and opened again', async () => {
    const api = await start();
    const opened = await open(api);
    await api.app.get(KeyPoolService).pause('customer-17');
    await opened.close();
    await open(api);
    const { body } = await api.send('get', '/health/keys').expect(200);
    expect(body.key_pools.providers['customer-17']).toMatchObject({ state: 'paused' });
  });
});
