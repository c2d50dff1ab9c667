import { FirebaseServer } from '../../../../test/firebase-server';
import { RecordingWatcher, add, eventually, set } from '../contract/contract-support';
import { FirebaseKeyStore } from './firebase-key-store';

const unavailable = expect.objectContaining({ code: 'unavailable' }) as unknown;

describe('FirebaseKeyStore and a server in trouble', () => {
  let server: FirebaseServer;
  const opened: FirebaseKeyStore[] = [];

  async function open(timeoutMs = 1_000): Promise<{ store: FirebaseKeyStore; watcher: RecordingWatcher }> {
    const store = new FirebaseKeyStore({ url: server.url(), timeoutMs });
    const watcher = new RecordingWatcher();
    opened.push(store);
    await store.open(watcher);
    return { store, watcher };
  }
  const sumOf = async (store: FirebaseKeyStore): Promise<number | undefined> => (await store.load('d'))[0]?.sums.s;
  const passes = (write: () => Promise<void>): Promise<boolean> =>
    write().then(
      () => true,
      () => false,
    );

  beforeEach(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    server.resume();
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await server.stop();
  });

  it.each([true, false])(
    'says to load again when the server restarted (with its data: %s)',
    async (keepData) => {
      server = await FirebaseServer.start();
      const [{ store, watcher }, other] = [await open(), await open()];
      await store.write([set('d', 'f', 1), add('d', 's', 1)]);
      await server.restart({ keepData });
      await watcher.until('a reset', () => watcher.resets === 1);
      await other.watcher.until('a reset', () => other.watcher.resets === 1);
      expect(watcher.connections).toEqual([false, true]);
      expect(await store.load('')).toHaveLength(keepData ? 1 : 0);
      await store.write([set('e', 'f', 1)]);
      await other.watcher.until('the news', () => other.watcher.of('e').length > 0);
    },
    20_000,
  );

  it('rejects what a hung server does not answer, and counts it once when it is repeated', async () => {
    server = await FirebaseServer.start();
    const { store, watcher } = await open(300);
    await store.write([add('d', 's', 1)]);
    server.pause();
    await expect(store.write([add('d', 's', 10)], 'w:1')).rejects.toEqual(unavailable);
    expect(watcher.connections).toEqual([false]);
    await expect(store.load('')).rejects.toEqual(unavailable);
    server.resume();
    await watcher.until('its return', () => watcher.resets === 1);
    await eventually('the write to pass', () => passes(() => store.write([add('d', 's', 10)], 'w:1')));
    expect(await sumOf(store)).toBe(11);
  });

  it('counts a write once whose answer was lost, when it is repeated', async () => {
    server = await FirebaseServer.start({ latencyMs: 100 });
    const { store, watcher } = await open(3_000);
    const writing = store.write([add('d', 's', 10)], 'w:1');
    const applied = (): Promise<boolean> => Promise.resolve(server.dump().includes('"s":{"s":10}'));
    await Promise.all([
      expect(writing).rejects.toEqual(unavailable),
      eventually('the server to have it', applied).then(() => server.dropConnections()),
    ]);
    await watcher.until('its return', () => watcher.resets === 1);
    await store.write([add('d', 's', 10)], 'w:1');
    await store.write([add('d', 's', 1)], 'w:2');
    expect(await sumOf(store)).toBe(11);
  });

  it('names what to check when the server closes every connection, as it does for wrong credentials', async () => {
    server = await FirebaseServer.start({ token: 'another' });
    await expect(open(500)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('FIREBASE_CREDENTIALS_JSON') as string,
    });
  });

  it('names FIREBASE_URL when nothing is there, and comes when it is', async () => {
    server = await FirebaseServer.start();
    await server.stop();
    await expect(open(300)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('FIREBASE_URL') as string,
    });
    await server.restart({ keepData: true });
    await eventually('the store to work', () => passes(() => opened[0]!.write([add('d', 's', 1)])));
    expect(await sumOf(opened[0]!)).toBe(1);
  });

  it('refuses what the database would not take, and nothing that was written beside it', async () => {
    server = await FirebaseServer.start();
    const { store } = await open(5_000);
    const invalid = { code: 'invalid' };
    await expect(store.write([set('d', 'f', 'x'.repeat(6_000_001))])).rejects.toMatchObject(invalid);
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => store.write([add('d', 's', 1)], `w:${i}`)),
      expect(store.write([add('d', 's', 100), set('d', 'f'.repeat(800), 1)])).rejects.toMatchObject(invalid),
      ...Array.from({ length: 20 }, (_, i) => store.write([add('d', 's', 1)], `w:${i + 10}`)),
    ]);
    expect(await sumOf(store)).toBe(30);
  });
});
