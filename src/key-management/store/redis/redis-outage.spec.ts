import { Redis } from 'ioredis';
import { TcpProxy } from '../../../../test/firebase-server';
import { describeWithRedis, RedisServer } from '../../../../test/support/redis-server';
import { add, eventually, RecordingWatcher, set } from '../contract/contract-support';
import { RedisKeyStore } from './redis-key-store';

const TEST_TIMEOUT_MS = 120_000;

describeWithRedis('RedisKeyStore and a server that comes and goes', () => {
  let server: RedisServer;
  let raw: Redis;
  const stores: RedisKeyStore[] = [];

  const open = async (url = server.url, timeoutMs = 5_000) => {
    const [store, watcher] = [new RedisKeyStore({ url, timeoutMs }), new RecordingWatcher()];
    stores.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  const passes = (store: RedisKeyStore, ...args: Parameters<RedisKeyStore['write']>) =>
    eventually('a write to pass', () =>
      store.write(...args).then(
        () => true,
        () => false,
      ),
    );

  beforeAll(async () => (server = await RedisServer.start()));
  beforeEach(async () => {
    raw = new Redis(server.url, { lazyConnect: true });
    raw.on('error', () => undefined);
    await raw.connect();
    await raw.flushall();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    raw.disconnect();
  });
  afterAll(() => server.stop());

  it.each([
    ['with its data', false, 1],
    ['empty', true, 0],
  ])(
    'asks for everything again when the server was killed and comes back %s',
    async (_, empty, documents) => {
      const instances = [await open(), await open()];
      await instances[0]!.store.write([set('d', 'f', 'acknowledged'), add('d', 's', 2)]);
      await server.restart({ empty });
      for (const { store, watcher } of instances) {
        await watcher.until('a reset', () => watcher.resets === 1);
        expect(watcher.connections).toEqual([false, true]);
        expect(await store.load('')).toHaveLength(documents);
      }
      await instances[0]!.store.write([set('e', 'f', 1)]);
      await instances[1]!.watcher.until('the change', () => instances[1]!.watcher.of('e').length > 0);
      expect(instances.map(({ watcher }) => watcher.resets)).toEqual([1, 1]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'asks for everything again when the data is deleted under it, by the next write or by itself',
    async () => {
      const [writing, idle] = [await open(), await open()];
      await writing.store.write([set('d', 'f', 1)]);
      await raw.flushall();
      await writing.store.write([set('e', 'f', 1)]);
      await writing.watcher.until('a reset', () => writing.watcher.resets > 0);
      await idle.watcher.until('a reset', () => idle.watcher.resets > 0);
      await raw.flushall();
      await idle.watcher.until('another reset', () => idle.watcher.resets > 1);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'looks by one command whether hundreds of documents are there, and finds the one that was evicted',
    async () => {
      const { store, watcher } = await open();
      await store.write(Array.from({ length: 400 }, (_, n) => set(`d/${n}`, 'f', n)));
      await raw.call('CONFIG', 'RESETSTAT');
      await store.look();
      expect(watcher.resets).toBe(0);
      const counted = Number(/cmdstat_exists:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1]);
      // One for the index and one for all documents, of this look and perhaps of a regular one beside it.
      expect(counted).toBeLessThanOrEqual(4);
      await raw.del('{akm:default}:doc:d/123');
      await store.look();
      await watcher.until('a reset', () => watcher.resets === 1);
      expect(await store.load('')).toHaveLength(399);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes up the changes where it was when only its connection broke',
    async () => {
      const proxy = await TcpProxy.start(server.port);
      const cut = await open(`redis://127.0.0.1:${proxy.port}`);
      const other = await open();
      await proxy.cut();
      await cut.watcher.until('the loss', () => cut.watcher.connections.length === 1);
      for (let i = 1; i <= 500; i++) await other.store.write([add('d', 's', 1)]);
      await proxy.mend();
      await cut.watcher.until('all changes', () => cut.watcher.changes.length >= 500);
      expect(cut.watcher.changes).toEqual(Array.from({ length: 500 }, () => add('d', 's', 1)));
      expect(cut.watcher.resets).toBe(0);
      await cut.store.close();
      await proxy.cut();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'asks for everything again when what it missed is no longer kept',
    async () => {
      const proxy = await TcpProxy.start(server.port);
      const cut = await open(`redis://127.0.0.1:${proxy.port}`);
      const other = await open();
      await proxy.cut();
      await cut.watcher.until('the loss', () => cut.watcher.connections.length === 1);
      for (let i = 1; i <= 3; i++) await other.store.write([set('d', 'f', i, i)]);
      await raw.xtrim('{akm:default}:changes', 'MAXLEN', 1);
      await proxy.mend();
      await cut.watcher.until('a reset', () => cut.watcher.resets === 1);
      await other.store.write([set('e', 'f', 1)]);
      await cut.watcher.until('the next change', () => cut.watcher.of('e').length === 1);
      expect(cut.watcher.resets).toBe(1);
      await cut.store.close();
      await proxy.cut();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'ends a call at its time limit when the server does not answer, and counts a repeated batch once',
    async () => {
      const { store, watcher } = await open(server.url, 300);
      server.freeze();
      await expect(store.write([add('d', 's', 1)], 'batch:1')).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/300 ms/),
      });
      await watcher.until('the loss', () => watcher.connections.includes(false));
      server.thaw();
      await passes(store, [add('d', 's', 1)], 'batch:1');
      expect((await store.load('d'))[0]?.sums['s']).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );

  it('sends its scripts again to a server that forgot them', async () => {
    const { store } = await open();
    await store.write([add('d', 's', 1)]);
    await raw.script('FLUSH');
    await Promise.all([store.write([add('d', 's', 1)]), store.write([add('d', 's', 1)])]);
    expect((await store.load('d'))[0]?.sums['s']).toBe(3);
  });

  it(
    'survives entries of other programs',
    async () => {
      const [{ store, watcher }, other] = [await open(), await open()];
      await other.store.write([set('d', 'f', 1), add('d', 's', 1)]);
      await watcher.until('the change', () => watcher.changes.length === 2);
      await raw.hset('{akm:default}:doc:d', { rf: 'garbage', rg: '1|a|{"half', ss: 'none', mx: '7', '': 'x' });
      expect(await store.load('')).toEqual([{ doc: 'd', registers: {}, maxima: { x: 7 }, sums: {} }]);
      await raw.xadd('{akm:default}:changes', '*', 'n', '2', 'w', 'x', 'c', 'garbage');
      await watcher.until('a reset', () => watcher.resets === 1);
      await other.store.write([set('d', 'f', 2, 1), add('d', 's', 5)]);
      expect(await store.load('')).toMatchObject([{ registers: { f: { value: 2 } }, sums: { s: 5 } }]);
    },
    TEST_TIMEOUT_MS,
  );
});
