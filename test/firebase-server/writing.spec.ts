import { ServerValue } from 'firebase-admin/database';
import { FirebaseServer } from './firebase-server';
import { SdkClients } from './sdk-clients';

describe('the Firebase server and the SDK: writing', () => {
  const clients = new SdkClients();
  let server: FirebaseServer;

  beforeEach(async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    server = await FirebaseServer.start();
  });
  afterEach(async () => {
    await clients.close();
    await server.stop();
  });

  it('sets, gets and removes', async () => {
    const db = clients.connect(server.url());
    const value = { text: 'ü 🔑', number: 1.5, yes: true, deep: { er: { list: ['a', 'b'] } } };
    await db.ref('some/place').set({ ...value, nothing: null, empty: {}, none: [] });
    expect((await db.ref('some/place').get()).val()).toEqual(value);
    expect(server.data()).toEqual({ some: { place: value } });
    await db.ref('some/place/deep/er').remove();
    expect((await db.ref('some/place/deep').get()).exists()).toBe(false);
  });

  it('gives objects with mostly consecutive integer keys as arrays, and others as objects', async () => {
    const db = clients.connect(server.url());
    await db.ref().set({ dense: { 0: 'a', 1: 'b', 3: 'd' }, sparse: { 0: 'a', 7: 'b' } });
    expect(server.data()).toEqual({ dense: ['a', 'b', null, 'd'], sparse: { 0: 'a', 7: 'b' } });
    expect(JSON.stringify((await db.ref('dense').get()).val())).toBe('["a","b",null,"d"]');
  });

  it('updates several places in one step, and removes with null', async () => {
    const db = clients.connect(server.url());
    await db.ref().set({ a: { x: 1, y: 2 }, b: 3 });
    await db.ref().update({ 'a/x': 10, 'a/y': null, 'c/d/e': true, b: { now: 'a branch' } });
    expect(server.data()).toEqual({ a: { x: 10 }, b: { now: 'a branch' }, c: { d: { e: true } } });
  });

  it('pushes children whose keys sort by time', async () => {
    const db = clients.connect(server.url());
    const keys: (string | null)[] = [];
    for (let i = 0; i < 5; i++) {
      const child = db.ref('list').push();
      await child.set(i);
      keys.push(child.key);
    }
    expect((await db.ref('list').get()).val()).toEqual(Object.fromEntries(keys.map((key, i) => [key, i])));
    expect([...keys].sort()).toEqual(keys);
  });

  it('adds increments of many clients, and tells the time', async () => {
    const dbs = [clients.connect(server.url()), clients.connect(server.url())];
    const before = Date.now();
    await Promise.all(
      dbs.flatMap((db) => Array.from({ length: 50 }, () => db.ref('counters').update({ n: ServerValue.increment(2) }))),
    );
    await dbs[0]!.ref('counters/at').set(ServerValue.TIMESTAMP);
    const data = server.data() as { counters: { n: number; at: number } };
    expect(data.counters.n).toBe(200);
    expect(data.counters.at).toBeGreaterThanOrEqual(before);
  });

  it('loses no update of transactions from two clients', async () => {
    const dbs = [clients.connect(server.url()), clients.connect(server.url())];
    const results = await Promise.all(
      dbs.flatMap((db) =>
        Array.from({ length: 10 }, () =>
          db
            .ref('account')
            .transaction((current: { balance: number } | null) => ({ balance: (current?.balance ?? 0) + 1 })),
        ),
      ),
    );
    expect(results.every(({ committed }) => committed)).toBe(true);
    expect(server.data()).toEqual({ account: { balance: 20 } });
  });

  it('agrees with the SDK on the hash of every kind of data', async () => {
    const [writer, db] = [clients.connect(server.url()), clients.connect(server.url())];
    const samples = [
      0,
      -0.1,
      1e300,
      1_790_000_000_123,
      'ü 🔑',
      '',
      true,
      { b: 1, a: { 10: 'x', 9: 'y', '-1': 'z', B: 1, _: 2 } },
    ];
    for (const [i, sample] of samples.entries()) {
      await writer.ref(`samples/${i}`).set(sample);
      const { committed } = await db
        .ref(`samples/${i}`)
        .transaction((current: unknown) => (current === null ? null : { was: current }));
      expect(committed).toBe(true);
      expect((await writer.ref(`samples/${i}`).get()).val()).toEqual({ was: sample });
    }
  });

  it('leaves an aborted transaction without effect', async () => {
    const db = clients.connect(server.url());
    await db.ref('x').set('held');
    const result = await db.ref('x').transaction((current: unknown) => (current === 'held' ? undefined : 'taken'));
    expect(result.committed).toBe(false);
    expect(server.data()).toEqual({ x: 'held' });
  });

  it('writes what a client left for its disconnection', async () => {
    const [leaving, staying] = [clients.connect(server.url()), clients.connect(server.url())];
    await leaving.ref('here').set({ a: true, b: true, c: true });
    await leaving.ref('here/a').onDisconnect().set(ServerValue.TIMESTAMP);
    await leaving.ref('here').onDisconnect().update({ b: 'gone' });
    await leaving.ref('here/c').onDisconnect().remove();
    await leaving.ref('here/c').onDisconnect().cancel();
    leaving.goOffline();
    const gone = await new Promise<Record<string, unknown>>((resolve) =>
      staying.ref('here').on('value', (snapshot) => {
        const value = snapshot.val() as Record<string, unknown>;
        if (value.b === 'gone') resolve(value);
      }),
    );
    expect(gone).toEqual({ a: expect.any(Number) as number, b: 'gone', c: true });
  });

  it('splits and joins messages longer than a frame', async () => {
    const db = clients.connect(server.url());
    // Not from outside the basic plane: the SDK splits its messages within a pair of surrogates and so spoils them.
    const value = { digits: '7'.repeat(16_384 * 2), long: 'üß'.repeat(50_000) };
    await db.ref('big').set(value);
    // `toBe(true)`, for a failure would print all of it.
    expect(JSON.stringify(server.data()) === JSON.stringify({ big: value })).toBe(true);
    expect((await db.ref('big/long').get()).val() === value.long).toBe(true);
    expect((await db.ref('big/digits').get()).val() === value.digits).toBe(true);
    server.set('pairs', '🔑'.repeat(50_001));
    expect((await db.ref('pairs').get()).val() === '🔑'.repeat(50_001)).toBe(true);
  });

  it('keeps namespaces apart', async () => {
    await clients.connect(server.url('one')).ref('x').set(1);
    expect(server.data('one')).toEqual({ x: 1 });
    expect((await clients.connect(server.url('two')).ref('x').get()).exists()).toBe(false);
  });
});
