import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Redis } from 'ioredis';
import { FakeClock, seededRandom } from '../../../../test/support/fake-clock';
import { describeWithRedis, redisForEach } from '../../../../test/support/redis-server';
import { add, drop, eventually, max, plain, RecordingWatcher, result, set } from '../contract/contract-support';
import type { Audience, StoreChange, StoredDocument } from '../port/key-store';
import { RedisKeyStore } from './redis-key-store';
import { RedisSession, type RedisKeyStoreSettings } from './redis-session';
import { LOAD } from './scripts';
import { Snapshots } from './snapshots';

const DOCUMENTS = 700;
const KEY = 'snapshot-1:keys/';
const docOf = (n: number): string => `keys/openai/${String(n).padStart(5, '0')}`;

describeWithRedis('documents that are loaded from a snapshot', () => {
  const storeFor = redisForEach('snapshots');
  const stores: RedisKeyStore[] = [];
  let fields: jest.SpyInstance;
  let runs: jest.SpyInstance;

  beforeEach(() => {
    fields = jest.spyOn(RedisSession.prototype, 'field');
    runs = jest.spyOn(RedisSession.prototype, 'run');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  const open = async (settings: RedisKeyStoreSettings = {}, watcher = new RecordingWatcher()) => {
    const store = new RedisKeyStore({ ...storeFor(), timeoutMs: 20_000, ...settings });
    stores.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  const command = async (name: string, ...args: (string | number)[]): Promise<unknown> => {
    const client = new Redis(storeFor().url);
    try {
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  };
  /** One command, whose first argument is a key without the root. */
  const server = async (name: string, ...args: (string | number)[]): Promise<unknown> => {
    const [first = '', ...others] = args;
    return command(name, `{akm:${storeFor().namespace}}:${first}`, ...others);
  };
  const madeOf = (id?: unknown): Promise<void> =>
    eventually('a snapshot', async () => {
      const found = await server('HGET', KEY, 'id');
      return found !== null && found !== id;
    });
  /** Without a snapshot: those have names that end with a slash. */
  const whole = async (store: RedisKeyStore): Promise<StoredDocument[]> => store.load('keys');
  /** How often all documents were read, each of which takes two pages and more. */
  const wholeLoads = (): number =>
    (runs.mock.calls as [unknown, string, (string | number)[]][]).filter(
      ([, script, [prefix, after, , , noted]]) => script === LOAD && prefix === 'keys/' && after === '' && noted === '',
    ).length;

  const filled = async (settings: RedisKeyStoreSettings = {}) => {
    const opened = await open(settings);
    const changes = Array.from({ length: DOCUMENTS }, (_, n) => [
      set(docOf(n), 'state', { status: 'healthy', n }),
      add(docOf(n), 'calls', n),
      max(docOf(n), 'usedAt', n),
    ]).flat();
    for (let at = 0; at < changes.length; at += 600) await opened.store.write(changes.slice(at, at + 600));
    return opened;
  };
  const withSnapshot = async (settings: RedisKeyStoreSettings = {}) => {
    const opened = await filled(settings);
    const documents = await opened.store.load('keys/');
    await madeOf();
    return { ...opened, documents };
  };

  it.each([1, 2, 3, 4, 5, 6])(
    'are those of the moment, whatever was written since it was begun: random %i',
    async (seed) => {
      const random = seededRandom(seed);
      const upTo = (n: number): number => Math.floor(random() * n);
      const [one, other] = [await filled(), await open()];
      const change = (): StoreChange => {
        const doc = docOf(upTo(DOCUMENTS + 30));
        const kinds: (() => StoreChange)[] = [
          () => set(doc, 'state', { text: `ü ${upTo(1_000)}` }, upTo(5), String.fromCharCode(97 + upTo(4))),
          () => max(doc, 'usedAt', upTo(2_000)),
          () => add(doc, 'calls', upTo(10)),
          () => drop(doc),
        ];
        return kinds[upTo(kinds.length)]!();
      };
      const audience = (): Audience =>
        (['all', 'nobody', { instance: other.watcher.instance }, { instance: 'gone' }] as const)[upTo(4)]!;
      const write = async (): Promise<void> => {
        const { store } = random() < 0.5 ? one : other;
        await store.write(
          Array.from({ length: 1 + upTo(5) }, change),
          random() < 0.5 ? '' : `batch:${seed}:${upTo(1e9)}`,
          audience(),
        );
      };
      const writeSome = async (): Promise<void> => {
        for (let n = upTo(40); n > 0; n -= 1) await write();
      };
      await writeSome();
      const making = one.store.load('keys/');
      await writeSome();
      await making;
      await madeOf();
      for (let round = 0; round < 4; round += 1) {
        await writeSome();
        const reader = await open();
        const before = fields.mock.calls.length;
        expect(plain(await reader.store.load('keys/'))).toEqual(plain(await whole(reader.store)));
        expect(fields.mock.calls.length).toBeGreaterThan(before);
      }
      expect(wholeLoads()).toBe(1);
    },
  );

  it('and what is delivered afterwards count each addition once', async () => {
    const { store } = await withSnapshot();
    const reader = await open();
    const writing = (async () => {
      for (let n = 0; n < 150; n += 1) await store.write([add(docOf(n % 50), 'calls', 1), add(docOf(0), 'calls', 1)]);
      await store.write([set('end', 'f', 1)]);
    })();
    let [loaded, since]: [StoredDocument[], number] = [[], 0];
    for (let round = 0; round < 10; round += 1) {
      loaded = await reader.store.load('keys/');
      since = reader.watcher.changes.length;
    }
    await writing;
    await reader.watcher.until('the end', () => reader.watcher.of('end').length > 0);
    const documents = result(reader.watcher.changes.slice(since), loaded);
    documents.delete('end');
    expect(plain(documents.values())).toEqual(plain(await whole(store)));
    expect(wholeLoads()).toBe(1);
  });

  it('are loaded whole by one of many that start at once', async () => {
    await filled();
    const many = await Promise.all(Array.from({ length: 12 }, () => open()));
    const loaded = await Promise.all(many.map(({ store }) => store.load('keys/')));
    const expected = plain(await whole(many[0]!.store));
    for (const documents of loaded) expect(plain(documents)).toEqual(expected);
    expect(wholeLoads()).toBe(1);
  });

  it('are loaded whole where there are few, and where only some are asked for', async () => {
    const { store } = await open();
    await store.write(Array.from({ length: 500 }, (_, n) => set(docOf(n), 'f', n)));
    await store.load('keys/');
    await store.write(Array.from({ length: 500 }, (_, n) => set(docOf(500 + n), 'f', n)));
    expect(await store.load('keys/openai/')).toHaveLength(1_000);
    expect(await server('EXISTS', 'touched')).toBe(0);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['its data is lost and others are there', () => server('HSET', 'meta', 'epoch', 'another')],
    ['somebody wrote who notes nothing for its readers', () => server('HINCRBY', 'meta', 'quiet', 1)],
    ['what was noted was evicted', () => server('DEL', 'touched')],
    ['a part of it was evicted', async () => server('HDEL', KEY, `${String(await server('HGET', KEY, 'id'))}:0`)],
    [
      'a part of it is damaged',
      async () => server('HSET', KEY, `${String(await server('HGET', KEY, 'id'))}:0`, 'no gzip'),
    ],
    ['it is of another kind', () => server('SET', KEY, 'text')],
  ])('are loaded whole where %s', async (_, damage) => {
    const { store, documents } = await withSnapshot();
    await damage();
    const { store: reader } = await open();
    expect(plain(await reader.load('keys/'))).toEqual(plain(documents));
    expect(wholeLoads()).toBe(2);
    await store.write([add(docOf(1), 'calls', 1)]);
    const { store: next } = await open();
    expect(plain(await next.load('keys/'))).toEqual(plain(await whole(next)));
  });

  it.each<[string, (store: RedisKeyStore) => Promise<unknown>]>([
    [
      'some of them were lost',
      async (store) => {
        for (let n = 0; n < 100; n += 1) await server('DEL', `doc:${docOf(n)}`);
        await store.look();
      },
    ],
    [
      'what was noted since is there no more',
      async (store) => {
        await store.write([set(docOf(1), 'state', 'new', 9), drop(docOf(2)), set(docOf(DOCUMENTS), 'state', 'new')]);
        await server('DEL', 'touched');
      },
    ],
  ])('are those of the moment for the instance that made it, too, after %s', async (_, change) => {
    const { store } = await withSnapshot();
    await change(store);
    for (let round = 0; round < 3; round += 1) {
      const { store: other } = await open();
      for (const each of [store, other]) expect(plain(await each.load('keys/'))).toEqual(plain(await whole(other)));
    }
  });

  it('end with the connection: nothing is left that fails without anybody who waits', async () => {
    const page = JSON.stringify([['1', '', docOf(1), ['mx', '1']]]);
    const packed = await promisify(gzip)(page);
    const lost = new Error('the connection was lost');
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    const snapshots = new Snapshots(
      {
        run: () => Promise.resolve(JSON.stringify(['1', ''])),
        field: (_, field) => (field.endsWith(':0') ? Promise.resolve(packed) : Promise.reject(lost)),
        connection: () => undefined,
      },
      new FakeClock(),
      () => 0.5,
    );
    await expect(snapshots.load('keys/', { from: 'snapshot', id: 'a', parts: 2 })).rejects.toBe(lost);
    process.off('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
  });

  it('are of the data that is there, after all was lost', async () => {
    const { store } = await withSnapshot();
    const snapshot = await server('HGET', KEY, 'id');
    await server('HSET', 'meta', 'epoch', 'another');
    await store.write([drop(docOf(3)), set(docOf(4), 'state', 'new', 9)]);
    const loaded = await (await open()).store.load('keys/');
    expect(plain(loaded)).toEqual(plain(await whole(store)));
    await madeOf(snapshot);
  });

  it('are waited for while another instance makes it, and made when that is gone', async () => {
    const clock = new FakeClock();
    await filled();
    await server('SET', 'lock:snapshot-keys/', 'another');
    const { store } = await open({ clock });
    const loading = store.load('keys/');
    await eventually('it to wait', () => Promise.resolve(clock.pendingTimers > 0));
    expect(wholeLoads()).toBe(0);
    await server('DEL', 'lock:snapshot-keys/');
    await clock.advance(500);
    expect(await loading).toHaveLength(DOCUMENTS);
    await madeOf();
  });

  it('are loaded whole by who has waited for ten seconds', async () => {
    const clock = new FakeClock();
    await filled();
    await server('SET', 'lock:snapshot-keys/', 'another');
    const { store } = await open({ clock, random: () => 0.99 });
    const loading = store.load('keys/');
    for (let waited = 0; waited < 10_000;) {
      await eventually('it to wait', () => Promise.resolve(clock.pendingTimers > 0));
      expect(wholeLoads()).toBe(0);
      await clock.advance(500);
      waited += 500;
    }
    expect(await loading).toHaveLength(DOCUMENTS);
    expect(await server('EXISTS', KEY)).toBe(0);
  });

  it('are loaded whole where the server takes no writes', async () => {
    const { store } = await filled();
    const before = await server('EXISTS', 'touched');
    await command('CONFIG', 'SET', 'maxmemory', 1);
    try {
      expect(await store.load('keys/')).toHaveLength(DOCUMENTS);
      expect(await server('EXISTS', 'touched')).toBe(before);
    } finally {
      await command('CONFIG', 'SET', 'maxmemory', 0);
    }
  });

  it('are kept, and noted, for less than a minute', async () => {
    await withSnapshot();
    for (const key of [KEY, 'touched']) {
      const left = Number(await server('PTTL', key));
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(30_000);
    }
    expect(await server('EXISTS', 'lock:snapshot-keys/')).toBe(0);
  });
});
