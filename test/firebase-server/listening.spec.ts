import { type Reference } from 'firebase-admin/database';
import { FirebaseServer } from './firebase-server';
import { connectedTo, SdkClients, valueWhere } from './sdk-clients';

describe('the Firebase server and the SDK: listening', () => {
  const clients = new SdkClients();
  let server: FirebaseServer;

  beforeEach(async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    server = await FirebaseServer.start({ data: { list: { a: 1, b: 2, c: 3, d: 4 } } });
  });
  afterEach(async () => {
    await clients.close();
    await server.stop();
  });

  it('tells values, at, above and below the place of a write', async () => {
    const [reader, writer] = [clients.connect(server.url()), clients.connect(server.url())];
    const above = valueWhere(reader.ref('x'), (value) => JSON.stringify(value) === '{"y":{"z":1}}');
    const below = valueWhere(reader.ref('x/y/z/w'), (value) => value === 'deep');
    await writer.ref('x/y/z').set(1);
    await above;
    await writer.ref('x').set({ y: { z: { w: 'deep' } } });
    await below;
    const gone = valueWhere(reader.ref('x/y'), (value) => value === null);
    await writer.ref().update({ 'x/y': null, other: true });
    await gone;
  });

  it('tells children that come, change and go, also by an update of several places', async () => {
    const [reader, writer] = [clients.connect(server.url()), clients.connect(server.url())];
    const events: string[] = [];
    const list = reader.ref('list');
    for (const kind of ['child_added', 'child_changed', 'child_removed'] as const) {
      list.on(kind, (child) => events.push(`${kind.slice(6)} ${child.key}=${String(child.val())}`));
    }
    await list.once('value');
    expect(events).toEqual(['added a=1', 'added b=2', 'added c=3', 'added d=4']);
    events.length = 0;
    const done = valueWhere(list, (value) => (value as Record<string, unknown>).f === 6);
    await writer.ref('list/e').set(5);
    await writer.ref().update({ 'list/a': 10, 'list/b': null, 'list/f': 6 });
    await done;
    expect(events[0]).toBe('added e=5');
    expect(events.slice(1).sort()).toEqual(['added f=6', 'changed a=10', 'removed b=2']);
  });

  it.each<[string, (list: Reference) => ReturnType<Reference['orderByKey']>, unknown]>([
    ['key from', (list) => list.orderByKey().startAt('b').limitToFirst(2), { b: 2, c: 3 }],
    ['key after', (list) => list.orderByKey().startAfter('b'), { c: 3, d: 4 }],
    ['key until', (list) => list.orderByKey().endAt('b'), { a: 1, b: 2 }],
    ['key before', (list) => list.orderByKey().endBefore('b'), { a: 1 }],
    ['the last', (list) => list.limitToLast(1), { d: 4 }],
    ['value', (list) => list.orderByValue().startAt(2).endAt(3), { b: 2, c: 3 }],
    ['equal value', (list) => list.orderByValue().equalTo(3), { c: 3 }],
    ['nothing', (list) => list.orderByKey().startAt('x'), null],
  ])('answers queries: %s', async (_, query, expected) => {
    const db = clients.connect(server.url());
    expect((await query(db.ref('list')).get()).val()).toEqual(expected);
    expect((await query(db.ref('list')).once('value')).val()).toEqual(expected);
  });

  it('orders by a child, those without it first', async () => {
    const db = clients.connect(server.url());
    await db.ref('people').set({ x: { age: 40 }, y: { age: 30 }, z: { name: 'no age' }, w: { age: '50' } });
    const order: (string | null)[] = [];
    (await db.ref('people').orderByChild('age').once('value')).forEach((child) => void order.push(child.key));
    expect(order).toEqual(['z', 'y', 'x', 'w']);
    expect(Object.keys((await db.ref('people').orderByChild('age').startAt(35).get()).val() as object)).toEqual([
      'w',
      'x',
    ]);
  });

  it('keeps the window of a limited listen full', async () => {
    const [reader, writer] = [clients.connect(server.url()), clients.connect(server.url())];
    const query = reader.ref('list').orderByKey().limitToFirst(2);
    const moved = valueWhere(query, (value) => JSON.stringify(value) === '{"b":2,"c":3}');
    await writer.ref('list/a').remove();
    await moved;
    const back = valueWhere(query, (value) => JSON.stringify(value) === '{"aa":0,"b":2}');
    await writer.ref('list/aa').set(0);
    await back;
  });

  it('serves listeners and waiting writes again after a cut', async () => {
    const [reader, writer] = [clients.connect(server.url()), clients.connect(server.url())];
    await valueWhere(reader.ref('list/a'), (value) => value === 1);
    await connectedTo(writer);
    const missed = valueWhere(reader.ref('list/a'), (value) => value === 'meanwhile');
    server.dropConnections();
    await valueWhere(reader.ref('.info/connected'), (up) => up === false);
    server.set('list/a', 'meanwhile');
    await missed;
    await writer.ref('late').set(true);
    expect(server.data()).toMatchObject({ late: true });
  });

  it('is away and comes back, with and without its data', async () => {
    const db = clients.connect(server.url());
    await connectedTo(db);
    await server.restart({ keepData: true });
    expect((await db.ref('list/a').get()).val()).toBe(1);
    await server.restart({ keepData: false });
    expect((await db.ref('list/a').get()).val()).toBe(null);
  });

  it('answers nothing while paused, and everything after', async () => {
    const db = clients.connect(server.url());
    await connectedTo(db);
    server.pause();
    let answered = false;
    const writing = db
      .ref('x')
      .set(1)
      .then(() => (answered = true));
    await valueWhere(db.ref('x'), (value) => value === 1);
    expect([answered, (server.data() as { x?: number }).x]).toEqual([false, undefined]);
    server.resume();
    await writing;
    expect(server.data()).toMatchObject({ x: 1 });
  });
});
