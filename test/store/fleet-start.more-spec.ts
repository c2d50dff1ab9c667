import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { eventually } from '../../src/key-management/store/contract/contract-support';
import type { KeyStore } from '../../src/key-management/store/port/key-store';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { RedisKeyStore } from '../../src/key-management/store/redis/redis-key-store';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const INSTANCES = 12;
const KEYS = 5_000;
const PROVIDER = 'openai';
const CALLS = 20;

describeWithRedis('a fleet that reads a store of 5,000 keys at once', () => {
  let server: RedisServer;
  let apps: TestingModule[] = [];
  const readers = new Set<KeyStore>();
  let docs: readonly string[] = [];
  let calls = 0;
  /** What Redis sends to an instance that loads all keys without a snapshot. */
  let oneLoad: number;

  const newStore = (): KeyStore => {
    const store = new RedisKeyStore({ url: server.url, timeoutMs: 60_000 });
    const load = store.load.bind(store);
    store.load = async (prefix) => {
      const documents = await load(prefix);
      if (prefix === 'keys/') readers.add(store);
      return documents;
    };
    return store;
  };
  const start = (): Promise<TestingModule> =>
    startKeyManagement({
      providers: { [PROVIDER]: {} },
      store: newStore(),
    });
  const fill = (app: TestingModule): void => {
    const pool = app.get(KeyPoolService).ensurePool(PROVIDER);
    for (let n = 0; n < KEYS; n += 1) {
      const record = pool.add(new ApiKey(fakeKey(PROVIDER, n)), {}, 'configuration', 'configuration');
      if (record.isUnchecked) pool.setState(record, HEALTHY, 'probe');
    }
  };
  const linkOf = (app: TestingModule) => app.get(PersistenceService).link;
  const isWritten = (app: TestingModule): Promise<boolean> => Promise.resolve(linkOf(app).backlog === 0);
  const bytesOut = async (): Promise<number> => Number(await server.info('total_net_output_bytes'));
  /** How many whole loads Redis might have sent instead of what it sends meanwhile. */
  const inLoads = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await bytesOut();
    await work();
    const after = await bytesOut();
    // One that was started again counts anew.
    return (after < before ? after : after - before) / oneLoad;
  };
  const call = (): void => {
    for (const app of apps)
      for (let n = 0; n < CALLS; n += 1) {
        linkOf(app).add(docs[n * 7]!, 'successes', 1);
        calls += 1;
      }
  };
  const allHaveRead = (): Promise<void> => eventually('all to read', () => Promise.resolve(readers.size === INSTANCES));
  const expectTrueSums = (): Promise<void> =>
    eventually('every instance to tell all calls', async () => {
      for (const app of apps) await linkOf(app).freshen(0);
      const sums = apps.map((app) => docs.reduce((sum, doc) => sum + (linkOf(app).totals(doc).successes ?? 0), 0));
      if (sums.some((sum) => sum > calls)) throw new Error(`counted twice: ${sums.join(', ')} of ${calls}`);
      return sums.every((sum) => sum === calls);
    });

  beforeAll(async () => {
    server = await RedisServer.start();
    const seed = await start();
    fill(seed);
    linkOf(seed).flush();
    await eventually('the keys to be stored', () => isWritten(seed));
    await seed.close();
    const reader = new RedisKeyStore({ url: server.url });
    await reader.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
    const before = await bytesOut();
    // Without a snapshot: those have names that end with a slash.
    docs = (await reader.load('keys')).map(({ doc }) => doc);
    expect(docs).toHaveLength(KEYS);
    oneLoad = (await bytesOut()) - before;
    await reader.close();
  });
  beforeEach(() => {
    readers.clear();
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await server?.stop();
  });

  it('starts', async () => {
    const ratio = await inLoads(async () => {
      apps = await Promise.all(Array.from({ length: INSTANCES }, start));
    });
    call();
    await expectTrueSums();
    expect(ratio).toBeLessThan(INSTANCES / 3);
  });

  it('goes on with a Redis that was started again', async () => {
    const ratio = await inLoads(async () => {
      await server.restart();
      await allHaveRead();
    });
    call();
    await expectTrueSums();
    expect(ratio).toBeLessThan(INSTANCES / 3);
  });

  it('gives back to a Redis what that lost', async () => {
    const ratio = await inLoads(async () => {
      await server.command('FLUSHALL');
      await allHaveRead();
      await eventually('all to be written', async () => (await Promise.all(apps.map(isWritten))).every(Boolean));
    });
    call();
    await expectTrueSums();
    // One gives it back, which all are told. Were it all of them, it would be the square.
    expect(ratio).toBeLessThan(INSTANCES * 4);
  });
});
