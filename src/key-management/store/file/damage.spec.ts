import { ClassicLevel } from 'classic-level';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../common/clock';
import { add, set, RecordingWatcher } from '../contract/contract-support';
import { FileKeyStore } from './file-key-store';

const NOW = Date.UTC(2026, 10, 23, 15, 44, 1, 5);
const TIMERS = { after: systemClock.after.bind(systemClock) };
const ASIDE = 'key-store.damaged-2026-11-23T15-44-01-005Z';

describe('FileKeyStore in a place that is not as it should be', () => {
  let path: string;
  let reports: string[];
  const stores: FileKeyStore[] = [];
  const folder = () => join(path, 'key-store');

  const make = (at = path) => {
    const store = new FileKeyStore({
      path: at,
      clock: { ...TIMERS, now: () => NOW },
      report: (message) => reports.push(message),
    });
    stores.push(store);
    return store;
  };
  const open = async () => {
    const [store, watcher] = [make(), new RecordingWatcher()];
    await store.open(watcher);
    return { store, watcher };
  };
  const docs = async (store: FileKeyStore) => (await store.load('')).map(({ doc }) => doc).sort();
  /** Table files on the disk, as after many writes. */
  const filled = async () => {
    const { store } = await open();
    const value = Array.from({ length: 40 }, (_, i) => Math.sin(i)).join();
    await store.write(Array.from({ length: 1_000 }, (_, i) => set(`keys/${i}`, 'status', value)));
    await store.close();
    const database = new ClassicLevel(folder());
    await database.open();
    await database.compactRange('', '\u007f');
    await database.close();
  };

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'akm-damage-'));
    reports = [];
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(path, { recursive: true });
  });

  it('sets a database aside whose table was cut short, and goes on with what can be read', async () => {
    await filled();
    const tables = (await readdir(folder())).filter((file) => file.endsWith('.ldb'));
    for (const table of tables) await truncate(join(folder(), table), 100);
    const { store } = await open();
    await store.load('');
    await store.write([set('keys/new', 'status', 'healthy')]);
    expect(await docs(store)).toContain('keys/new');
    expect(await readdir(path)).toContain(ASIDE);
  });

  it('makes its folders for their owner only', async () => {
    const deep = join(path, 'a', 'b');
    await make(deep).open(new RecordingWatcher());
    for (const made of [join(path, 'a'), deep, join(deep, 'key-store')])
      expect((await stat(made)).mode & 0o777).toBe(0o700);
  });

  it('shuts a folder of its own that was open to others', async () => {
    const folder = join(path, 'key-store');
    await mkdir(folder, { mode: 0o777 });
    await chmod(folder, 0o777);
    await open();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('names the path and the mend when another has the folder', async () => {
    await open();
    await expect(open()).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringMatching(new RegExp(`${path} .*KEY_STORE=redis or KEY_STORE=firebase.*KEY_STORE_PATH`)),
    });
  });

  it('C1: takes the folder up when the other process leaves it, and writes what is asked of it from then on', async () => {
    const first = await open();
    await first.store.write([set('keys/a', 'status', 1)]);
    const [second, watcher] = [make(), new RecordingWatcher()];
    await expect(second.open(watcher)).rejects.toMatchObject({ code: 'locked' });
    await expect(second.write([set('keys/b', 'status', 1)])).rejects.toMatchObject({ code: 'unavailable' });
    await first.store.close();
    await watcher.until('the folder to come free', () => watcher.connections.at(-1) === true && watcher.resets === 1);
    await second.write([set('keys/b', 'status', 1)]);
    expect(await docs(second)).toEqual(['keys/a', 'keys/b']);
  });

  it('C1: takes a folder up that could not be made at first', async () => {
    await writeFile(join(path, 'file'), 'x');
    const [store, watcher] = [make(join(path, 'file')), new RecordingWatcher()];
    await expect(store.open(watcher)).rejects.toMatchObject({ code: 'not_usable' });
    await rm(join(path, 'file'));
    await watcher.until('the folder to be made', () => watcher.resets === 1);
    await store.write([set('keys/a', 'status', 1)]);
    expect(await docs(store)).toEqual(['keys/a']);
  });

  it('C10: tells that the log is gone, and with it the latest writes', async () => {
    const { store } = await open();
    await store.write([set('keys/a', 'admin', 'disabled')]);
    await store.close();
    for (const name of await readdir(folder())) if (name.endsWith('.log')) await rm(join(folder(), name));
    const again = await open();
    expect(await docs(again.store)).toEqual([]);
    expect(reports).toEqual([expect.stringMatching(/damaged.*latest writes are missing/)]);
    await again.store.close();
    await (await open()).store.close();
    expect(reports).toHaveLength(1);
  });

  it('names the path and the mend when it cannot make its folder', async () => {
    await writeFile(join(path, 'file'), 'x');
    for (const at of [join(path, 'file'), join(path, 'file', 'below'), '/proc/nowhere']) {
      await expect(make(at).open(new RecordingWatcher())).rejects.toMatchObject({
        code: 'not_usable',
        message: expect.stringMatching(new RegExp(`${at} .*KEY_STORE_PATH.*writable.*KEY_STORE`)),
      });
    }
  });

  // Root may write everywhere.
  (process.getuid?.() === 0 ? it.skip : it)('names the path and the mend when it may not write', async () => {
    await chmod(path, 0o500);
    await expect(open()).rejects.toMatchObject({ code: 'not_usable', message: expect.stringContaining(path) });
    await chmod(path, 0o700);
  });

  it.each([
    [
      'a manifest of garbage',
      async (name: string) => name.startsWith('MANIFEST') && writeFile(join(folder(), name), 'garbage'.repeat(50)),
    ],
    ['an empty manifest', async (name: string) => name.startsWith('MANIFEST') && truncate(join(folder(), name))],
    ['a CURRENT of garbage', async (name: string) => name === 'CURRENT' && writeFile(join(folder(), name), 'garbage')],
    ['a missing manifest', async (name: string) => name.startsWith('MANIFEST') && rm(join(folder(), name))],
    ['a missing CURRENT', async (name: string) => name === 'CURRENT' && rm(join(folder(), name))],
    ['missing tables', async (name: string) => name.endsWith('.ldb') && rm(join(folder(), name))],
  ])('sets a store with %s aside, says so and begins a new one', async (_, damage) => {
    await filled();
    for (const name of await readdir(folder())) await damage(name);
    const { store } = await open();
    expect(await docs(store)).toEqual([]);
    expect(reports).toEqual([expect.stringContaining(ASIDE)]);
    expect(await readdir(path)).toEqual(['key-store', ASIDE]);
    await store.write([set('keys/new', 'status', 1)]);
    await store.close();
    expect(await docs((await open()).store)).toEqual(['keys/new']);
    expect(reports).toHaveLength(1);
  });

  it('sets two damaged stores of one moment aside', async () => {
    for (let time = 0; time < 2; time++) {
      await filled();
      await writeFile(join(folder(), 'CURRENT'), 'garbage');
      await (await open()).store.close();
    }
    expect((await readdir(path)).sort()).toEqual(['key-store', ASIDE, `${ASIDE}-2`]);
  });

  it.each([
    ['load', (store: FileKeyStore) => store.load('')],
    [
      'write',
      (store: FileKeyStore) => store.write(Array.from({ length: 1_000 }, (_, i) => set(`keys/${i}`, 'status', 1, 0))),
    ],
  ])('saves what it can when a %s finds tables damaged, and asks for the rest', async (_, use) => {
    await filled();
    for (const name of (await readdir(folder())).filter((file) => file.endsWith('.ldb'))) {
      const bytes = await readFile(join(folder(), name));
      bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 6_000);
      await writeFile(join(folder(), name), bytes);
    }
    const { store, watcher } = await open();
    await use(store);
    await watcher.until('a reset', () => watcher.resets === 1);
    const saved = (await store.load('')).filter(({ registers }) => registers['status']?.version === 1);
    expect(saved.length).toBeGreaterThan(100);
    expect(saved.length).toBeLessThan(1_000);
    expect(reports).toEqual([expect.stringContaining(ASIDE)]);
  });

  it.each(['{"half', '', '[1,"a"]', '{"version":1}', '["1","a",1]', 'null'])(
    'leaves out an entry that reads %j and keeps the others',
    async (text) => {
      const { store } = await open();
      await store.write([set('keys/a', 'status', 1), set('keys/a', 'label', 2), add('keys/a', 'calls', 3)]);
      await store.close();
      const database = new ClassicLevel(folder());
      await database.put('keys/a\0rstatus', text);
      await database.put('keys/b\0scalls', text);
      await database.put('no entry at all', '1');
      await database.close();
      const again = await open();
      const [document, ...others] = await again.store.load('keys/');
      expect(others).toEqual([]);
      expect(document).toMatchObject({ registers: { label: { value: 2 } }, sums: { calls: 3 } });
      expect(document?.registers['status']).toBeUndefined();
      expect(reports).toEqual([expect.stringMatching(/2 unreadable entries/)]);
      await again.store.write([set('keys/a', 'status', 5), add('keys/b', 'calls', 4)]);
      expect((await again.store.load('keys/b'))[0]?.sums['calls']).toBe(4);
      expect((await again.store.load('keys/a'))[0]?.registers['status']?.value).toBe(5);
    },
  );
});
