import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KeyPoolService,
  keyIdOf,
  RetryExecutorService,
  type KeyManagementModuleOptions,
  type OpenedPool,
} from '../../src/key-management';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { ADMIN, startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { turns } from '../support/turns';

type Store = NonNullable<KeyManagementModuleOptions['store']>;
type Link = PersistenceService['link'];

const SECRET = 'a secret of the tests, of 32 chars or more';
const POOLS = 10;
const NAME = 'customer-7';
const DAY_MS = 24 * 60 * 60_000;

describe.each(['memory', 'file', 'shared'] as const)('what is known of closed pools, on a %s store', (kind) => {
  let simulator: VendorSimulator;
  let clock: FakeClock;
  let cluster: Cluster;
  let own: string;
  let given: string[];
  let added: string;
  let path: string;
  const apis: ApiUnderTest[] = [];

  const newStore = (): Store => {
    if (kind === 'shared') return cluster.member();
    return kind === 'file' ? { kind, path, encryptionSecret: SECRET } : { kind };
  };
  const start = async (): Promise<ApiUnderTest> => {
    const budgets = [{ usd: 100, per: 'day' as const }];
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl, budgets } };
    const api = await startApi({ options: { providers, store: newStore() }, clock });
    apis.push(api);
    return api;
  };
  const poolsOf = (api: ApiUnderTest): KeyPoolService => api.app.get(KeyPoolService);
  const linkOf = (api: ApiUnderTest): Link => api.app.get(PersistenceService).link;
  const open = (api: ApiUnderTest, name: string): Promise<OpenedPool> =>
    poolsOf(api).openPool(name, { like: 'openai', keys: given });
  /** What the store was given is written, however slow the disk is: it does one after the other. Time stands still meanwhile. */
  const storeIsIdle = async (api: ApiUnderTest): Promise<void> => {
    for (let looks = 0; looks < 3; looks += 1) {
      await turns(20);
      await linkOf(api).read('none/');
    }
    await turns(20);
  };
  /** Lets time go by where the call waits, as until a part of the budget is claimed. */
  const call = async (api: ApiUnderTest, name: string): Promise<string> => {
    let isOver = false;
    const calling = api.app
      .get(RetryExecutorService)
      .executeOrThrow(name, ({ apiKey }) => Promise.resolve(apiKey), { model: 'gpt-5' })
      .finally(() => (isOver = true));
    calling.catch(() => undefined);
    for (let looks = 0; !isOver; looks += 1) {
      await storeIsIdle(api);
      if (looks >= 10 && !isOver) await clock.advance(50);
    }
    return calling;
  };
  const openCallAndClose = async (api: ApiUnderTest, name: string): Promise<void> => {
    const opened = await open(api, name);
    for (const _ of given) await call(api, name);
    await opened.close();
  };
  /** Lets time go by until it is so: what is not written yet is written meanwhile. */
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    do {
      await clock.advance(1_000);
      await turns(20);
    } while (!(await isSo()));
  };
  const totalRequests = async (api: ApiUnderTest): Promise<number> =>
    (await api.send('get', '/health/keys').expect(200)).body.global_stats.total_requests;
  const storedOf = async (api: ApiUnderTest, name: string): Promise<string[]> =>
    (await linkOf(api).read('')).map(({ doc }) => doc).filter((doc) => doc.split('/').includes(name));

  beforeEach(async () => {
    process.env.KEY_ENCRYPTION_SECRET = SECRET;
    simulator = await VendorSimulator.start();
    [own, added, ...given] = simulator.openai.newKeys(5) as [string, string, ...string[]];
    clock = new FakeClock();
    cluster = new Cluster();
    path = mkdtempSync(join(tmpdir(), 'opened-pools-'));
  });
  afterEach(async () => {
    delete process.env.KEY_ENCRYPTION_SECRET;
    for (const api of apis.splice(0)) await api.app.close();
    await simulator.close();
    rmSync(path, { recursive: true, force: true });
  });

  it('is the sums of all of them together, however many there were', async () => {
    const api = await start();
    const link = linkOf(api);
    await until(() => link.backlog === 0);
    const before = link.mirrored;
    let most = 0;
    for (let n = 1; n <= POOLS; n += 1) {
      await openCallAndClose(api, `customer-${n}`);
      most = Math.max(most, link.mirrored);
    }
    // Some may be forgotten already.
    expect(most).toBeGreaterThan(before + given.length);
    // The document of the sums, and the one that names who counts, come with the first count.
    await until(() => link.mirrored <= before + 2);
    expect([...link.counted('')].filter((doc) => doc.includes('customer-'))).toEqual([]);
    expect(await totalRequests(api)).toBe(POOLS * given.length);
  });

  it('is in the store, and taken up again when the pool is opened again', async () => {
    const api = await start();
    const opened = await open(api, NAME);
    // A key whose part of the budget is still being claimed is passed over meanwhile.
    const used: string[] = [];
    while (!given.every((key) => used.includes(key))) {
      used.push(await call(api, NAME));
      await clock.advance(250);
    }
    const callsOf = (key: string): number => used.filter((each) => each === key).length;
    await poolsOf(api).disable(NAME, keyIdOf(given[0]!));
    await poolsOf(api).remove(NAME, keyIdOf(given[1]!));
    await api
      .send('post', `/admin/providers/${NAME}/keys`, ADMIN)
      .send({ keys: [added] })
      .expect(200);
    await opened.close();
    const { mirrored } = linkOf(api);
    await until(() => linkOf(api).mirrored < mirrored - given.length);
    await open(api, NAME);
    const kept = poolsOf(api).list(NAME);
    expect(Object.fromEntries(kept.map(({ id, status, successCount }) => [id, [status, successCount]]))).toEqual({
      [keyIdOf(given[0]!)]: ['disabled', callsOf(given[0]!)],
      [keyIdOf(given[2]!)]: ['healthy', callsOf(given[2]!)],
      [keyIdOf(added)]: ['healthy', 0],
    });
    const ofKey = await api.send('get', `/analytics/${NAME}/keys/${keyIdOf(given[2]!)}/timeline?resolution=hour`);
    expect(ofKey.body.timeline).toMatchObject([{ requests: callsOf(given[2]!) }]);
    await call(api, NAME);
    const { body } = await api.send('get', `/analytics/${NAME}`).expect(200);
    expect(body.summary.requests).toBe(used.length + 1);
  });

  it('is dropped from the store when nobody has opened the pool for long', async () => {
    const api = await start();
    await openCallAndClose(api, NAME);
    const { mirrored } = linkOf(api);
    await until(() => linkOf(api).mirrored < mirrored - given.length);
    expect((await storedOf(api, NAME)).length).toBeGreaterThan(given.length);
    clock.skip(40 * DAY_MS);
    await until(async () => (await storedOf(api, NAME)).length === 0);
    expect(await storedOf(api, NAME)).toEqual([]);
    expect(await totalRequests(api)).toBe(given.length);
  });

  if (kind === 'shared')
    it('is given back to the store where an instance that does not serve the pool took it for forgotten', async () => {
      const [api] = [await start(), await start()];
      await open(api, NAME);
      await call(api, NAME);
      const stored = async (): Promise<Readonly<Record<string, number>>> =>
        (await linkOf(api).read(`series/opened/${NAME}/`))[0]?.maxima ?? {};
      await until(async () => (await stored()).countedAt !== undefined);
      clock.skip(40 * DAY_MS);
      const skippedTo = clock.now();
      await until(async () => (await stored()).countedAt! >= skippedTo);
      const requests = Object.entries(await stored()).filter(([name]) => name.endsWith('~requests'));
      expect(requests.map(([, value]) => value)).toEqual([1]);
    });

  if (kind === 'shared')
    it('is no more of pools that only other instances have opened', async () => {
      const [api, other] = [await start(), await start()];
      await until(() => linkOf(other).backlog === 0);
      const before = linkOf(other).mirrored;
      for (let n = 1; n <= POOLS; n += 1) {
        await open(api, `customer-${n}`);
        await call(api, `customer-${n}`);
      }
      await until(async () => (await totalRequests(other)) === POOLS);
      expect(linkOf(other).mirrored).toBeLessThanOrEqual(before + 2);
      await poolsOf(api).disable(NAME, keyIdOf(given[0]!));
      await open(other, NAME);
      expect(poolsOf(other).get(NAME, keyIdOf(given[0]!))).toMatchObject({ status: 'disabled' });
    });
});
