import { FirebaseServer } from '../../../../test/firebase-server';
import { RecordingWatcher, add, eventually, set } from '../contract/contract-support';
import { FirebaseKeyStore } from './firebase-key-store';

const unavailable = expect.objectContaining({ code: 'unavailable' }) as unknown;

describe('FirebaseKeyStore and a database that refuses', () => {
  let server: FirebaseServer;
  let store: FirebaseKeyStore;
  let watcher: RecordingWatcher;
  const reasons: (string | undefined)[] = [];
  const unhandled: unknown[] = [];
  const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);

  const passes = (write: () => Promise<unknown>): Promise<boolean> =>
    write().then(
      () => true,
      () => false,
    );

  beforeEach(async () => {
    // The SDK prints each operation that is refused.
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    process.on('unhandledRejection', noteUnhandled);
    server = await FirebaseServer.start();
    watcher = new RecordingWatcher();
    const connection = watcher.connection.bind(watcher);
    watcher.connection = (up: boolean, reason?: string) => {
      reasons.push(reason);
      connection(up);
    };
    store = new FirebaseKeyStore({ url: server.url(), timeoutMs: 2_000 });
    await store.open(watcher);
  });
  afterEach(async () => {
    await store.close();
    await server.stop();
    process.off('unhandledRejection', noteUnhandled);
    expect(unhandled.splice(0)).toEqual([]);
    reasons.splice(0);
  });

  it.each([
    ['reads', { read: false, write: true }],
    ['writes', { read: true, write: false }],
    ['everything', { read: false, write: false }],
  ])(
    'C11: that no longer allows %s is away once, asked again after pauses, and taken up when it does',
    async (what, rules) => {
      await store.write([add('d', 's', 1)], 'w:1');
      server.allow(rules);
      // Many at once: each that is refused ends the same session.
      const refused = await Promise.allSettled([
        ...Array.from({ length: 8 }, (_, n) => store.write([set(`e${n}`, 'f', 1)], `e:${n}`)),
        store.lock('job', 'a', 1_000),
        what === 'writes' ? store.write([add('d', 's', 1)]) : store.load(''),
      ]);
      expect(refused.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
      await watcher.until('the loss', () => watcher.connections.includes(false));
      await expect(store.write([add('d', 's', 1)], 'w:2')).rejects.toEqual(unavailable);
      // Sessions that come meanwhile are refused, too, and say nothing.
      await eventually('a session or two', () => Promise.resolve(server.connectionsTaken >= 3));
      expect(watcher.connections).toEqual([false]);
      expect(reasons[0]).toMatch(/refuses access.*FIREBASE_CREDENTIALS_JSON/);

      server.allow({ read: true, write: true });
      await watcher.until('the return', () => watcher.connections.at(-1) === true);
      expect([watcher.connections, watcher.resets]).toEqual([[false, true], 1]);
      await eventually('the write to pass', () => passes(() => store.write([add('d', 's', 1)], 'w:2')));
      expect((await store.load('d'))[0]?.sums.s).toBe(2);
    },
    30_000,
  );

  it('C11: whose token was revoked is away once, and taken up when the token is good again', async () => {
    await store.write([add('d', 's', 1)], 'w:1');
    server.accept('another');
    await watcher.until('the loss', () => watcher.connections.includes(false));
    await expect(store.write([add('d', 's', 1)], 'w:2')).rejects.toEqual(unavailable);
    server.accept('owner');
    await watcher.until('the return', () => watcher.connections.at(-1) === true);
    expect(watcher.connections).toEqual([false, true]);
    await eventually('the write to pass', () => passes(() => store.write([add('d', 's', 1)], 'w:2')));
    expect((await store.load('d'))[0]?.sums.s).toBe(2);
  }, 30_000);

  it('B4: goes on knowing the time of the server while that is away', async () => {
    const before = store.now();
    server.accept('another');
    await watcher.until('the loss', () => watcher.connections.includes(false));
    expect(store.now()).toBeGreaterThanOrEqual(before!);
    server.accept('owner');
  }, 30_000);

  it('C11: that allows reading alone from the start is refused at the start, with the mend', async () => {
    server.allow({ read: true, write: false });
    const late = new FirebaseKeyStore({ url: server.url(), timeoutMs: 2_000 });
    await expect(late.open(new RecordingWatcher())).rejects.toMatchObject({
      code: 'not_usable',
      message: expect.stringContaining('FIREBASE_CREDENTIALS_JSON') as string,
    });
  }, 30_000);

  it('C8: keeps namespaces apart, and reads under `default` what was there', async () => {
    await store.write([set('d', 'f', 1), add('d', 's', 1)]);
    const [other, same] = ['staging', 'default'].map(
      (namespace) => new FirebaseKeyStore({ url: server.url(), namespace }),
    ) as [FirebaseKeyStore, FirebaseKeyStore];
    const heard = new RecordingWatcher();
    await Promise.all([other.open(heard), same.open(new RecordingWatcher())]);
    expect(await same.load('')).toHaveLength(1);
    expect(await other.load('')).toEqual([]);
    await other.write([set('d', 'f', 2, 9)]);
    await store.lock('job', 'a', 60_000);
    expect(await other.lock('job', 'b', 60_000)).toBe(true);
    await store.write([set('e', 'f', 1)]);
    expect((await same.load('d'))[0]?.registers.f?.value).toBe(1);
    expect(heard.changes).toEqual([]);
    await Promise.all([other.close(), same.close()]);
  }, 30_000);
});
