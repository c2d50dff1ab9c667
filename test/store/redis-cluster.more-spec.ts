import { Cluster, Redis } from 'ioredis';
import { add, eventually, RecordingWatcher, set } from '../../src/key-management/store/contract/contract-support';
import { keyStoreContract } from '../../src/key-management/store/contract/key-store.contract';
import type { StoreError } from '../../src/key-management/store/port/store-error';
import { RedisKeyStore, type RedisKeyStoreOptions } from '../../src/key-management/store/redis/redis-key-store';
import { rootsOf, shardOf } from '../../src/key-management/store/redis/placement';
import { RedisCluster } from '../support/redis-cluster';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const TEST_TIMEOUT_MS = 60_000;
const META = '{akm:default}:meta';

describeWithRedis('RedisKeyStore on a real cluster of three masters and three replicas', () => {
  let cluster: RedisCluster;
  let count = 0;
  const stores: RedisKeyStore[] = [];

  const open = async (options: RedisKeyStoreOptions) => {
    const [store, watcher] = [new RedisKeyStore({ timeoutMs: 3_000, ...options }), new RecordingWatcher()];
    stores.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  const tried = (store: RedisKeyStore, ...args: Parameters<RedisKeyStore['write']>) =>
    store.write(...args).then(
      () => true,
      () => false,
    );
  /** Two instances that see each other, whatever slot their namespace has. */
  const provesItself = async (options: RedisKeyStoreOptions) => {
    const namespace = `proof-${count++}`;
    const [one, other] = [await open({ ...options, namespace }), await open({ ...options, namespace })];
    await one.store.write([set('d', 'f', 1), add('d', 's', 2)]);
    await other.watcher.until('the changes', () => other.watcher.of('d').length === 2);
    expect(await other.store.load('')).toMatchObject([{ doc: 'd', sums: { s: 2 } }]);
    await Promise.all([one.store.close(), other.store.close()]);
  };

  beforeAll(async () => (cluster = await RedisCluster.start()), TEST_TIMEOUT_MS);
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  afterAll(() => cluster.stop());

  describe.each([1, 3])('on %i shards', (shards) => {
    const create = () => {
      const namespace = `contract-${count++}`;
      const store = () =>
        new RedisKeyStore({ url: cluster.nodes[count % 6]!.url, namespace, shards, timeoutMs: 3_000 });
      return Promise.resolve({ store: store(), again: store, cleanup: () => Promise.resolve() });
    };
    keyStoreContract({ describe, it }, { create }, { shared: true, survivesRestart: true });
  });

  it(
    'C9: has three shards on three masters, in any namespace, and few connections to each node',
    async () => {
      const held = async (namespace: string) => {
        const { store } = await open({ url: cluster.nodes[0]!.url, namespace, shards: 3 });
        for (let n = 0; n < 30; n += 1) await store.write([set(`keys/openai/${n}`, 'f', n)]);
        const metas = rootsOf(namespace, 3).map((root) => `${root}meta`);
        return Promise.all(metas.map((meta) => cluster.ownerOf(meta)));
      };
      const clients = async () => {
        const lists = await Promise.all(cluster.nodes.slice(0, 3).map((node) => node.command('CLIENT', 'LIST')));
        return lists.map((list) => String(list).split('name=nestjs-ai-key-management').length - 1);
      };
      expect(await clients()).toEqual([0, 0, 0]);
      for (const namespace of ['shop', 'shop-2', 'staging', 'a']) {
        expect(new Set((await held(namespace)).map(({ port }) => port)).size).toBe(3);
      }
      // One for commands and one for the changes of its shard, of each instance.
      expect(await clients()).toEqual([8, 8, 8]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C9: works by the URL of any node, master or replica, and by several with commas between',
    async () => {
      for (const { url } of cluster.nodes) await provesItself({ url });
      const places = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`);
      await provesItself({ url: `redis://${places.slice(3).join(',')}` });
      await provesItself({ url: places.map((place) => `redis://${place}/0`).join(', ') });
      // One that is not there costs nothing.
      await provesItself({ url: `redis://127.0.0.1:1,${places[0]!}` });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    "C9: works by a client of the user's, a Cluster or a Redis, and leaves it open",
    async () => {
      const { port } = cluster.nodes[4]!;
      for (const client of [new Cluster([{ host: '127.0.0.1', port }]), new Redis(port, '127.0.0.1')]) {
        await provesItself({ client });
        expect(await client.ping()).toBe('PONG');
        client.disconnect();
      }
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C9: names the mend for a database number, and for several nodes that are no cluster',
    async () => {
      const failure = (options: RedisKeyStoreOptions) =>
        open(options).then(
          () => Promise.reject(new Error('it opened')),
          (error: unknown) => error as StoreError,
        );
      expect(await failure({ url: `${cluster.nodes[0]!.url}/3`, timeoutMs: 500 })).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/KEY_STORE_NAMESPACE/) as string,
      });
      const two = cluster.nodes.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
      expect(await failure({ url: `redis://${two.join(',')}/3` })).toMatchObject({
        code: 'not_usable',
        message: expect.stringMatching(/KEY_STORE_NAMESPACE/) as string,
      });
      const single = await RedisServer.start();
      const place = `127.0.0.1:${single.port}`;
      expect(await failure({ url: `redis://${place},${place}`, timeoutMs: 500 })).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/this is none: give one node/) as string,
      });
      await single.stop();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C9: waits while its slot moves with half the keys on either side, and loses and doubles nothing',
    async () => {
      const { url } = cluster.nodes[0]!;
      const [writing, idle] = [await open({ url }), await open({ url })];
      for (let n = 0; n < 10; n += 1) await writing.store.write([add(`d${n}`, 's', 1)], `w:${n}`);
      await cluster.moveSlotOf(META, async () => {
        expect(await tried(writing.store, [add('d1', 's', 1)], 'w:half')).toBe(false);
        await expect(writing.store.load('')).rejects.toMatchObject({ code: 'unavailable' });
      });
      await eventually('a write to pass', () => tried(writing.store, [add('d1', 's', 1)], 'w:half'));
      await writing.store.write([set('e', 'f', 1)]);
      await idle.watcher.until('the change', () => idle.watcher.of('e').length > 0 || idle.watcher.resets > 0);
      const load = async () => (await idle.store.load('d')).map(({ doc, sums }) => [doc, sums['s']]).sort();
      let sums: unknown[] = [];
      await eventually('the idle one to be back', () =>
        load().then(
          (loaded) => ((sums = loaded), true),
          () => false,
        ),
      );
      expect(sums).toEqual(Array.from({ length: 10 }, (_, n) => [`d${n}`, n === 1 ? 2 : 1]));
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C9: goes on when the owner of its slot is killed, also where the URL named that node alone',
    async () => {
      const owner = await cluster.ownerOf(META);
      const [writing, idle] = [await open({ url: owner.url }), await open({ url: owner.url })];
      await writing.store.write([add('k', 's', 5)], 'k:1');
      await owner.command('WAIT', 1, 5_000);
      await owner.kill9();
      await eventually('a write to pass', () => tried(writing.store, [add('k', 's', 1)], 'k:2'));
      expect((await writing.store.load('k'))[0]?.sums['s']).toBe(6);
      await idle.watcher.until('a reset of the idle one', () => idle.watcher.resets > 0);
      await writing.store.write([set('l', 'f', 1)]);
      await idle.watcher.until('the change', () => idle.watcher.of('l').length > 0);
      await owner.restart();
      await eventually('it to be a replica', async () => (await owner.info('master_link_status')) === 'up');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C9: works from memory while the slot of one of its shards moves, and has all in the end',
    async () => {
      const { url } = cluster.nodes[0]!;
      const [namespace, shards] = ['moved', 3];
      const [writing, idle] = [await open({ url, namespace, shards }), await open({ url, namespace, shards })];
      const docs = Array.from({ length: 20 }, (_, n) => `d${n}`);
      await writing.store.write(
        docs.map((doc) => add(doc, 's', 1)),
        'w:1',
      );
      const meta = `${rootsOf(namespace, shards)[1]!}meta`;
      await cluster.moveSlotOf(meta, async () => {
        expect(
          await tried(
            writing.store,
            docs.map((doc) => add(doc, 's', 1)),
            'w:2',
          ),
        ).toBe(false);
      });
      await eventually('the write to pass', () =>
        tried(
          writing.store,
          docs.map((doc) => add(doc, 's', 1)),
          'w:2',
        ),
      );
      await writing.store.write([set('e', 'f', 1)]);
      await idle.watcher.until('the change', () => idle.watcher.of('e').length > 0 || idle.watcher.resets > 0);
      let sums: unknown[] = [];
      await eventually('the idle one to be back', () =>
        idle.store.load('d').then(
          (loaded) => ((sums = loaded.map((document) => document.sums['s'])), true),
          () => false,
        ),
      );
      expect(sums).toEqual(docs.map(() => 2));
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'C9: is away as a whole while the owner of one shard is gone, and has each part of what was written once it is back',
    async () => {
      const [namespace, shards] = ['killed', 3];
      const { url } = cluster.nodes[0]!;
      const [writing, idle] = [await open({ url, namespace, shards }), await open({ url, namespace, shards })];
      const docs = Array.from({ length: 20 }, (_, n) => `d${n}`);
      await writing.store.write(
        docs.map((doc) => add(doc, 's', 1)),
        'w:1',
      );
      const roots = rootsOf(namespace, shards);
      const killed = await cluster.ownerOf(`${roots[2]!}meta`);
      await killed.command('WAIT', 1, 5_000);
      await killed.kill9();
      expect(new Set(docs.map((doc) => shardOf(doc, shards)))).toEqual(new Set([0, 1, 2]));
      await eventually('a write to pass', () =>
        tried(
          writing.store,
          docs.map((doc) => add(doc, 's', 1)),
          'w:2',
        ),
      );
      await idle.watcher.until('a reset of the idle one', () => idle.watcher.resets > 0);
      await eventually('the idle one to be back', () =>
        idle.store.load('d').then(
          (loaded) => loaded.length === 20,
          () => false,
        ),
      );
      expect((await idle.store.load('d')).map(({ sums }) => sums['s'])).toEqual(docs.map(() => 2));
      await writing.store.write(docs.map((doc) => set(doc, 'f', 1)));
      await idle.watcher.until('the changes', () =>
        docs.every((doc) => idle.watcher.of(doc).some(({ kind }) => kind === 'set')),
      );
    },
    TEST_TIMEOUT_MS,
  );
});
