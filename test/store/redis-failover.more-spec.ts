import { KeyPoolService, keyIdOf, STORE_HEALTH } from '../../src/key-management';
import { keyStoreContract } from '../../src/key-management/store/contract/key-store.contract';
import { eventually, RecordingWatcher, set, add } from '../../src/key-management/store/contract/contract-support';
import type { StoreError } from '../../src/key-management/store/port/store-error';
import { RedisKeyStore, type RedisKeyStoreOptions } from '../../src/key-management/store/redis/redis-key-store';
import { TcpProxy } from '../firebase-server';
import { fakeKey, VendorSimulator } from '../simulator';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { inStep, RedisSentinel } from '../support/redis-sentinel';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const TEST_TIMEOUT_MS = 60_000;
const stores: RedisKeyStore[] = [];

async function open(options: RedisKeyStoreOptions): Promise<{ store: RedisKeyStore; watcher: RecordingWatcher }> {
  const [store, watcher] = [new RedisKeyStore({ timeoutMs: 2_000, ...options }), new RecordingWatcher()];
  stores.push(store);
  await store.open(watcher);
  return { store, watcher };
}

const passes = (store: RedisKeyStore, ...args: Parameters<RedisKeyStore['write']>): Promise<void> =>
  eventually('a write to pass', () =>
    store.write(...args).then(
      () => true,
      () => false,
    ),
  );

afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));

describeWithRedis('a master that is made a replica under its connections', () => {
  let [a, b]: RedisServer[] = [];
  let proxy: TcpProxy;

  /** The name leads to the new master; the old one keeps its connections, as managed Redis does it. */
  async function failOver(from: RedisServer, to: RedisServer): Promise<void> {
    await to.command('REPLICAOF', 'NO', 'ONE');
    proxy.target = to.port;
    await from.command('REPLICAOF', '127.0.0.1', to.port);
  }

  beforeAll(async () => {
    const quick = { settings: ['--repl-diskless-sync-delay', '0'] };
    [a, b] = [await RedisServer.start(quick), await RedisServer.start(quick)];
    proxy = await TcpProxy.start(a.port);
  });
  beforeEach(async () => {
    await a!.command('REPLICAOF', 'NO', 'ONE');
    await a!.command('FLUSHALL');
    await b!.command('REPLICAOF', '127.0.0.1', a!.port);
    await inStep(b!);
    proxy.target = a!.port;
  });
  afterAll(async () => {
    await proxy.cut();
    await Promise.all([a!.stop(), b!.stop()]);
  });

  it(
    'C4: is left for the new master, with one new pair of connections for each instance',
    async () => {
      const url = `redis://127.0.0.1:${proxy.port}`;
      const [writing, idle] = [await open({ url }), await open({ url })];
      await writing.store.write([set('d', 'f', 'acknowledged'), add('d', 's', 2)]);
      await a!.command('WAIT', 1, 5_000);
      const before = proxy.accepted;
      await failOver(a!, b!);
      await passes(writing.store, [set('e', 'f', 1)], 'w:1');
      await idle.watcher.until('a reset of the idle one', () => idle.watcher.resets > 0);
      for (const { store, watcher } of [writing, idle]) {
        expect(watcher.connections).toEqual([false, true]);
        expect((await store.load('')).map(({ doc }) => doc).sort()).toEqual(['d', 'e']);
      }
      expect(await b!.command('EXISTS', '{akm:default}:doc:e')).toBe(1);
      await writing.store.write([set('e', 'f', 2, 2)]);
      await idle.watcher.until('the change', () => idle.watcher.of('e').length > 0);
      expect(proxy.accepted - before).toBeLessThanOrEqual(2 * 3);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C4: a replica without a master elsewhere is asked again after pauses that grow, by one connection each',
    async () => {
      const clock = new FakeClock();
      const store = new RedisKeyStore({ url: b!.url, timeoutMs: 1_000, clock, random: () => 0 });
      const watcher = new RecordingWatcher();
      stores.push(store);
      await expect(store.open(watcher)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/READONLY.*master/) as string,
      });
      const received = async () => Number(await b!.info('total_connections_received'));
      const start = clock.now();
      const before = await received();
      const attempts = 12;
      for (let n = 0; n < attempts; n += 1) {
        await eventually('the pause to begin', () => Promise.resolve(clock.pendingTimers === 1));
        // Pauses are of 25 ms to a second without chance.
        while (clock.pendingTimers === 1) await clock.advance(25);
      }
      await eventually('the pause to begin', () => Promise.resolve(clock.pendingTimers === 1));
      // The question itself is a connection, too.
      expect((await received()) - before - 1).toBe(attempts);
      expect(clock.now() - start).toBeGreaterThan(6_000);
      await expect(store.write([set('d', 'f', 1)])).rejects.toMatchObject({ code: 'unavailable' });

      await b!.command('REPLICAOF', 'NO', 'ONE');
      await clock.advance(2_000);
      await watcher.until('the return', () => watcher.connections.at(-1) === true);
      await store.write([set('d', 'f', 1)]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C4: an app writes again what was acknowledged and is not on the new master',
    async () => {
      const simulator = await VendorSimulator.start();
      const keys = [1, 2].map((n) => fakeKey('openai', n));
      for (const key of keys) simulator.openai.key(key);
      const lines: string[] = [];
      const note = (message: unknown): void => void lines.push(String(message));
      const app = await startKeyManagement(
        {
          providers: { openai: { keys, baseUrl: simulator.openai.baseUrl } },
          store: { kind: 'redis', url: `redis://127.0.0.1:${proxy.port}` },
        },
        { logger: { log: note, warn: note, error: note } },
      );
      // What is written from now on never reaches the replica.
      await a!.command('WAIT', 1, 5_000);
      await b!.command('REPLICAOF', 'NO', 'ONE');
      const pools = app.get(KeyPoolService);
      const id = keyIdOf(keys[0]!);
      await pools.disable('openai', id);
      expect(await b!.command('HGET', `{akm:default}:doc:keys/openai/${id}`, 'radmin')).toBeNull();
      await failOver(a!, b!);
      await eventually('the word of the administrator to be on the new master', async () =>
        String(await b!.command('HGET', `{akm:default}:doc:keys/openai/${id}`, 'radmin')).includes('disabled'),
      );
      await eventually('the store to be up', () => Promise.resolve(app.get(STORE_HEALTH).status() === 'up'));
      expect(lines.filter((line) => /READONLY|UNBLOCKED/.test(line))).toHaveLength(1);
      expect(lines.filter((line) => line.includes('the redis store is there'))).toHaveLength(2);
      await app.close();
      await simulator.close();
    },
    TEST_TIMEOUT_MS,
  );

  it.each([
    ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /memory is full/],
    [
      'NOREPLICAS',
      ['CONFIG', 'SET', 'min-replicas-to-write', '3'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
      /min-replicas-to-write/,
    ],
  ] as const)(
    'C4: a master that refuses to write (%s) keeps its connections, is read, and is written again when it can',
    async (code, harm, mend, words) => {
      const { store, watcher } = await open({ url: a!.url });
      await store.write([set('d', 'f', 1)]);
      const [name, ...args] = harm;
      await a!.command(name, ...args);
      const before = Number(await a!.info('total_connections_received'));
      const error = await store.write([set('d', 'f', 2, 2)], 'w:2').catch((each: unknown) => each as StoreError);
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(words) as string });
      expect((error as StoreError).message).toContain(code);
      expect(await store.load('')).toHaveLength(1);
      const [again, ...values] = mend;
      await a!.command(again, ...values);
      await store.write([set('d', 'f', 2, 2)], 'w:2');
      expect(watcher.connections).toEqual([]);
      // The command and the two questions.
      expect(Number(await a!.info('total_connections_received')) - before).toBe(2);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C4: a server that wants a password anew is given it on a new connection, or says what to check',
    async () => {
      await a!.command('ACL', 'SETUSER', 'app', 'on', '>first-word', '~*', '+@all');
      const { store, watcher } = await open({ url: `redis://app:first-word@127.0.0.1:${a!.port}` });
      // Deleting a user ends its connections; the name comes back with another password.
      await a!.command('ACL', 'DELUSER', 'app');
      await a!.command('ACL', 'SETUSER', 'app', 'on', '>other-word', '~*', '+@all');
      await watcher.until('the loss', () => watcher.connections.includes(false));
      await eventually('the reason', async () => {
        const error = (await store.write([set('d', 'f', 1)]).catch((each: unknown) => each)) as StoreError;
        return /WRONGPASS.*REDIS_URL/.test(error.message) && !error.message.includes('first-word');
      });
      await a!.command('ACL', 'SETUSER', 'app', '>first-word');
      await passes(store, [set('d', 'f', 1)]);
      await a!.command('ACL', 'DELUSER', 'app');
    },
    TEST_TIMEOUT_MS,
  );
});

describeWithRedis('RedisKeyStore by a real Sentinel', () => {
  let sentinel: RedisSentinel;
  let count = 0;

  beforeAll(async () => (sentinel = await RedisSentinel.start()), TEST_TIMEOUT_MS);
  afterAll(() => sentinel.stop());

  const create = () => {
    const namespace = `contract-${count++}`;
    const store = () => new RedisKeyStore({ options: sentinel.options, namespace, timeoutMs: 2_000 });
    return Promise.resolve({ store: store(), again: store, cleanup: () => Promise.resolve() });
  };
  keyStoreContract({ describe, it }, { create }, { shared: true, survivesRestart: true });

  it(
    'C4, C9: goes on with the replica that Sentinel makes the master, and loses nothing acknowledged',
    async () => {
      const [writing, idle] = [await open({ options: sentinel.options }), await open({ options: sentinel.options })];
      for (let n = 1; n <= 20; n += 1) await writing.store.write([add('d', 's', 1)], `w:${n}`);
      await sentinel.master.command('WAIT', 1, 5_000);
      await sentinel.master.kill9();
      await passes(writing.store, [add('d', 's', 1)], 'w:21');
      expect((await writing.store.load('d'))[0]?.sums['s']).toBe(21);
      expect(await sentinel.replica.info('role')).toBe('master');
      await idle.watcher.until('a reset of the idle one', () => idle.watcher.resets > 0);
      await writing.store.write([set('e', 'f', 1)]);
      await idle.watcher.until('the change', () => idle.watcher.of('e').length > 0);
    },
    TEST_TIMEOUT_MS,
  );
});
