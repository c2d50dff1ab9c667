import assert from 'node:assert/strict';
import type { KeyStore } from '../port/key-store';
import {
  RecordingWatcher,
  add,
  eventually,
  plain,
  result,
  set,
  storeError,
  type ContractPart,
} from './contract-support';

const handles = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /TCPSocket|TLS|Timeout|Pipe/.test(kind)).length;

const CALLS: Record<string, (store: KeyStore) => Promise<unknown>> = {
  load: (store) => store.load(''),
  write: (store) => store.write([set('d', 'f', 1)]),
  lock: (store) => store.lock('job', 'one', 1_000),
  unlock: (store) => store.unlock('job', 'one'),
};

/** How it begins and ends. */
export const closingContract: ContractPart = ({ describe, it, itWithStore }, options, harness) => {
  describe('opening and closing', () => {
    itWithStore('refuses every call after close, saying why', async ({ store }) => {
      await store.close();
      for (const call of Object.values(CALLS)) await assert.rejects(call(store), storeError('closed'));
    });

    it('refuses every call before open, saying why', async () => {
      const { store, cleanup } = await harness.create();
      for (const call of Object.values(CALLS)) await assert.rejects(call(store), storeError('closed'));
      await store.close();
      await cleanup();
    });

    itWithStore('closes twice, at once or one after the other', async ({ store }) => {
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('closes while it opens', async () => {
      const { store, cleanup } = await harness.create();
      const opening = store.open(new RecordingWatcher()).catch(() => undefined);
      await store.close();
      await opening;
      await assert.rejects(store.load(''), storeError('closed'));
      await cleanup();
    });

    itWithStore('waits for the writes under way before it closes, or refuses them', async ({ store, open }) => {
      const writes = Array.from({ length: 20 }, (_, i) => store.write([set(`d/${i}`, 'f', i)]));
      await store.close();
      const done = (await Promise.allSettled(writes)).flatMap(({ status }, i) =>
        status === 'fulfilled' ? [`d/${i}`] : [],
      );
      if (!options.survivesRestart) return;
      const found = new Set((await (await open()).store.load('')).map(({ doc }) => doc));
      assert.deepEqual(
        done.filter((doc) => !found.has(doc)),
        [],
      );
    });

    itWithStore('says nothing to its watcher after close', async ({ store, watcher, open }) => {
      const seen = () => [watcher.changes.length, watcher.resets, watcher.connections.length];
      await store.close();
      const before = seen();
      if (options.shared) {
        const [other, third] = [await open(), await open()];
        await other.store.write([set('d', 'f', 1)]);
        await third.watcher.until('the change at another instance', () => third.watcher.of('d').length > 0);
      }
      assert.deepEqual(seen(), before);
    });

    it('leaves no handle behind', async () => {
      const { store, cleanup } = await harness.create();
      const before = handles();
      await store.open(new RecordingWatcher());
      await store.write([set('d', 'f', 1)]);
      await store.close();
      await eventually(
        'sockets and timers to be gone',
        () => new Promise((r) => setImmediate(() => r(handles() <= before))),
      );
      await cleanup();
    });

    if (!options.survivesRestart) return;
    itWithStore('finds everything again after a restart', async ({ store, open }) => {
      const changes = [
        set('keys/a', 'status', { status: 'disabled' }, 3),
        add('keys/a', 'calls', 5),
        set('keys/b', 'status', null),
      ];
      await store.write(changes);
      await store.close();
      const again = await open();
      await again.store.write([set('keys/a', 'status', 'older', 2), add('keys/a', 'calls', 1)]);
      const expected = result([...changes, add('keys/a', 'calls', 1)]);
      assert.deepEqual(plain(await again.store.load('keys/')), plain(expected.values()));
    });
  });
};
