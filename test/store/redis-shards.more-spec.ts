import { Redis } from 'ioredis';
import {
  add,
  drop,
  eventually,
  max,
  plain,
  RecordingWatcher,
  result,
  set,
} from '../../src/key-management/store/contract/contract-support';
import type { StoreChange } from '../../src/key-management/store/port/key-store';
import type { StoreError } from '../../src/key-management/store/port/store-error';
import { divide } from '../../src/key-management/store/redis/divide';
import { rootsOf, shardOf } from '../../src/key-management/store/redis/placement';
import { RedisKeyStore, type RedisKeyStoreOptions } from '../../src/key-management/store/redis/redis-key-store';
import { runScript } from '../../src/key-management/store/redis/scripts';
import { Snapshots } from '../../src/key-management/store/redis/snapshots';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const TEST_TIMEOUT_MS = 120_000;

/** Documents of every kind, and one whose fields are spread. */
const DOCUMENTS: StoreChange[] = Array.from({ length: 40 }, (_, n) => [
  set(`keys/openai/${n}`, 'state', { status: 'healthy', n }, n + 1),
  max(`keys/openai/${n}`, '+w1~calls', n),
  add(`keys/openai/${n}`, 'calls', n + 0.25),
  max('series/key-minutes/openai/29000000', `+w1~key-${n}r`, n + 1),
  set(`day-limits/p${n % 3}/${n}`, 'an-instance', { claimed: n }),
]).flat();

describeWithRedis('a namespace on several shards', () => {
  let server: RedisServer;
  let raw: Redis;
  let namespace = '';
  let count = 0;
  const stores: RedisKeyStore[] = [];

  const open = async (shards: number, options: Partial<RedisKeyStoreOptions> = {}) => {
    const reports: string[] = [];
    const report = (message: string): void => void reports.push(message);
    const watcher = new RecordingWatcher();
    const store = new RedisKeyStore({ url: server.url, namespace, shards, timeoutMs: 5_000, report, ...options });
    stores.push(store);
    await store.open(watcher);
    return { store, watcher, reports };
  };
  const close = async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  };
  const refusal = (shards: number) =>
    open(shards).then(
      () => Promise.reject(new Error('it opened')),
      (error: unknown) => error as StoreError,
    );
  const tried = (store: RedisKeyStore, changes: StoreChange[], id: string) =>
    store.write(changes, id).then(
      () => true,
      () => false,
    );
  /** Writes the documents with one shard, as the version before did, which kept no number of shards. */
  const storedBefore = async () => {
    const { store } = await open(1);
    await store.write(DOCUMENTS);
    await close();
    await raw.hdel(`{akm:${namespace}}:meta`, 'shards');
  };
  const keys = async () => (await raw.keys(`{akm:${namespace}*`)).filter((key) => key.includes(':doc:')).sort();
  /** Where the documents of these changes belong. */
  const places = (changes: StoreChange[], shards: number) => {
    const roots = rootsOf(namespace, shards);
    const all = changes.map((change) => {
      const field = 'field' in change ? change.field : '';
      return `${roots[shardOf(change.doc, shards, field)]!}doc:${change.doc}`;
    });
    return [...new Set(all)].sort();
  };

  beforeAll(async () => {
    server = await RedisServer.start();
    raw = new Redis(server.url);
  });
  beforeEach(() => {
    namespace = `shards-${count}`;
    count += 1;
  });
  afterEach(close);
  afterAll(async () => {
    raw.disconnect();
    await server.stop();
  });

  it('goes on with what the version before stored, and divides it once when the number is raised', async () => {
    await storedBefore();
    const before = await open(1);
    expect(plain(await before.store.load(''))).toEqual(plain(result(DOCUMENTS).values()));
    await close();
    for (const shards of [2, 3, 4, 4]) {
      const { store } = await open(shards);
      expect(plain(await store.load(''))).toEqual(plain(result(DOCUMENTS).values()));
      expect(await keys()).toEqual(places(DOCUMENTS, shards));
      await close();
    }
    // Of the shards that are used no more, only the mark is left.
    const left = new Set(
      [2, 3].flatMap((shards) => rootsOf(namespace, shards)).filter((root) => !rootsOf(namespace, 4).includes(root)),
    );
    const rest = await raw.keys(`{akm:${namespace}*`);
    for (const root of left) expect(rest.filter((key) => key.startsWith(root))).toEqual([`${root}meta`]);
  });

  it('is refused at the start with a smaller number, by name, with both numbers and the mend', async () => {
    await open(4);
    const error = await refusal(2);
    expect(error).toMatchObject({ code: 'not_usable' });
    expect(error.message).toMatch(/store\.shards \(KEY_STORE_SHARDS\) is 2, .* over 4 shards.*Set it to 4.*NAMESPACE/);
  });

  it('is followed by an instance that runs with a smaller number, which loads again and loses nothing', async () => {
    const running = await open(1);
    await running.store.write(DOCUMENTS);
    const cursor = (await running.store.changesSince())?.cursor;
    const raised = await open(4);
    await eventually('a write to pass', () => tried(running.store, [set('keys/openai/new', 'f', 1)], 'w:1'));
    await running.watcher.until('a reset', () => running.watcher.resets > 0);
    await raised.watcher.until('the change', () => raised.watcher.of('keys/openai/new').length > 0);
    const all = plain(result([...DOCUMENTS, set('keys/openai/new', 'f', 1)]).values());
    expect([plain(await running.store.load('')), plain(await raised.store.load(''))]).toEqual([all, all]);
    expect(running.reports).toEqual([expect.stringMatching(/is 1, but .* over 4 shards/)]);
    // What was read before is of another number of shards.
    expect(await running.store.changesSince(cursor)).toBeUndefined();
    for (let n = 0; n < 20; n += 1) await raised.store.write([set(`e${n}`, 'f', 1)]);
    await running.watcher.until(
      'all changes',
      () => running.watcher.changes.filter(({ doc }) => doc.startsWith('e')).length === 20,
    );
  });

  it('lets no instance write by the former number once it is raised', async () => {
    const running = await open(1);
    await running.store.write(DOCUMENTS);
    await raw.hset(`{akm:${namespace}}:meta`, 'shards', '1>4');
    await expect(running.store.write([set('keys/openai/1', 'state', 'lost?', 99)])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('divided') as string,
    });
    // Nobody else is there to divide it: the one that runs does.
    await eventually('a write to pass', () => tried(running.store, [set('keys/openai/1', 'state', 'kept', 99)], 'w:1'));
    expect(await keys()).toEqual(places(DOCUMENTS, 4));
  });

  it('is divided by one of several that start at once', async () => {
    await storedBefore();
    const all = await Promise.all(Array.from({ length: 5 }, () => open(4, { timeoutMs: 30_000 })));
    for (const { store } of all) expect(plain(await store.load(''))).toEqual(plain(result(DOCUMENTS).values()));
  });

  describe.each([
    [1, 2],
    [2, 3],
  ])('which is divided over %i and then %i shards', (from, to) => {
    /** Divides the namespace. Before the command of this number, and after it, something happens. */
    const dividing = async (commands: number, before: () => Promise<void>, after: () => void): Promise<boolean> => {
      let sent = 0;
      const connection: Parameters<typeof divide>[0] = {
        script: async (script, root, mark, args) => {
          sent += 1;
          if (sent === commands) await before();
          const answer = await runScript(raw, script, root, [...args, mark]);
          if (sent === commands) after();
          return answer;
        },
      };
      await divide(connection, { namespace, holder: 'one', from, to }).catch(() => undefined);
      return sent < commands;
    };
    const end = (): never => {
      throw new Error('the process ended');
    };
    const none = (): void => undefined;
    /** As if its time had run out. */
    const unlock = () => raw.del(`{akm:${namespace}}:lock:shards`);
    const stored = async (name: string) => {
      namespace = `divided-${from}-${name}`;
      const { store } = await open(from);
      await store.write(DOCUMENTS);
      await close();
    };
    const isWhole = async (changes: StoreChange[]) => {
      await unlock();
      const { store } = await open(to);
      expect(plain(await store.load(''))).toEqual(plain(result(changes).values()));
      expect(await keys()).toEqual(places(changes, to));
      await close();
    };

    it(
      'is whole wherever the instance breaks off that divides it',
      async () => {
        for (let commands = 1, isOver = false; !isOver; commands += 1) {
          await stored(`unsent-${commands}`);
          isOver = await dividing(commands, () => Promise.resolve(end()), none);
          await isWhole(DOCUMENTS);
          await stored(`unanswered-${commands}`);
          await dividing(commands, () => Promise.resolve(), end);
          await isWhole(DOCUMENTS);
        }
      },
      TEST_TIMEOUT_MS,
    );

    it(
      'is not changed by an instance that stood still while another divided it and went on with it',
      async () => {
        const later = DOCUMENTS.map((change): StoreChange => {
          if (change.kind === 'set') return set(change.doc, change.field, 'later', 1_000);
          return change.kind === 'max' ? max(change.doc, change.field, 1_000) : change;
        });
        for (let commands = 1, isOver = false; !isOver; commands += 1) {
          await stored(`overtaken-${commands}`);
          const overtake = async (): Promise<void> => {
            await unlock();
            const { store } = await open(to);
            await store.write(later);
            await close();
          };
          isOver = await dividing(commands, overtake, none);
          await isWhole(isOver ? DOCUMENTS : [...DOCUMENTS, ...later]);
        }
      },
      TEST_TIMEOUT_MS,
    );
  });

  it('tells one instance what is for it alone, whichever shards it is on', async () => {
    const [writing, hearing, other] = [await open(4), await open(4), await open(4)];
    const letters = Array.from({ length: 30 }, (_, n) => set(`shares/openai/${n}`, 'grant', n));
    await writing.store.write(letters, 'w:1', { instance: hearing.watcher.instance });
    await hearing.watcher.until('all letters', () => hearing.watcher.changes.length === 30);
    await writing.store.write([set('keys/openai/1', 'f', 1)]);
    await other.watcher.until('what all hear', () => other.watcher.changes.length === 1);
  });

  it('has each part of a write once that is repeated under its id after a part of it failed', async () => {
    const { store } = await open(4);
    const changes = Array.from({ length: 20 }, (_, n) => add(`d${n}`, 's', 1));
    await store.write(
      changes.filter(({ doc }) => shardOf(doc, 4) < 2),
      'w:1',
    );
    await store.write(changes, 'w:1');
    const sums = (await store.load('d')).map(({ sums }) => sums['s']);
    expect(sums).toEqual(new Array(20).fill(1));
  });

  it.each([1, 4])(
    'notices the loss of the only document, though another was the last one before: %i shards',
    async (shards) => {
      const { store, watcher } = await open(shards);
      await store.write([set('a', 'f', 1)]);
      await store.write([drop('a')]);
      await store.write([set('a', 'f', 2)]);
      const root = rootsOf(namespace, shards)[shardOf('a', shards)]!;
      await raw.del(`${root}docs`, `${root}doc:a`);
      await store.look();
      await watcher.until('a reset', () => watcher.resets === 1);
    },
  );

  it('answers no part as if it were all, where it is divided while it is read', async () => {
    await storedBefore();
    const { store, watcher } = await open(1);
    jest.spyOn(Snapshots.prototype, 'plan').mockImplementationOnce(async () => {
      await open(4);
      await watcher.until('the reset', () => watcher.resets > 0);
      return { from: 'documents' };
    });
    await expect(store.load('')).rejects.toMatchObject({ code: 'unavailable' });
    expect(plain(await store.load(''))).toEqual(plain(result(DOCUMENTS).values()));
    jest.restoreAllMocks();
  });

  it('delivers what came while a load failed in part', async () => {
    const { store, watcher } = await open(2);
    const { store: other } = await open(2);
    const load = Snapshots.prototype.load;
    const changes = Array.from({ length: 20 }, (_, n) => add(`d/${n}`, 's', 1));
    let loads = 0;
    jest.spyOn(Snapshots.prototype, 'load').mockImplementation(async function (this: Snapshots, ...args) {
      loads += 1;
      if (loads === 2) {
        await other.write(changes);
        throw new Error('one shard failed');
      }
      return load.apply(this, args);
    });
    const failed = store.load('');
    await expect(failed).rejects.toThrow('one shard failed');
    jest.restoreAllMocks();
    await watcher.until('all changes', () => watcher.changes.length === changes.length);
  });

  it.each([1, 4])('says nothing of lost data when the last document of %i shards is dropped', async (shards) => {
    const { store, watcher } = await open(shards);
    await store.write([set('d', 'f', 1)]);
    await store.write([drop('d')]);
    await store.look();
    expect(watcher.resets).toBe(0);
    await store.write([set('d', 'f', 2)]);
    await store.look();
    const root = rootsOf(namespace, shards)[shardOf('d', shards)]!;
    await raw.del(`${root}doc:d`, `${root}docs`);
    await store.look();
    expect(watcher.resets).toBe(1);
  });

  it('asks for everything again when one shard lost its data, and goes on by the same number', async () => {
    const { store, watcher } = await open(4);
    await store.write(DOCUMENTS);
    for (const [n, root] of rootsOf(namespace, 4).entries()) {
      await raw.del(...(await raw.keys(`${root}*`)));
      await store.look();
      expect(watcher.resets).toBe(n + 1);
      expect(await raw.hget(`${root}meta`, 'shards')).toBe('4');
      await store.write(DOCUMENTS);
      expect(await keys()).toEqual(places(DOCUMENTS, 4));
    }
    expect(await refusal(2)).toMatchObject({ code: 'not_usable' });
  });
});
