import assert from 'node:assert/strict';
import {
  RecordingWatcher,
  add,
  plain,
  result,
  set,
  storeError,
  untilWritten,
  type ContractPart,
} from './contract-support';

/** What happens when the store is away, where the harness can cut it. */
export const outageContract: ContractPart = ({ describe, it, itWithStore }, options, harness) => {
  describe('a store that is away', () => {
    const whenCut: typeof itWithStore = (name, test) =>
      itWithStore(name, async (stores) => (stores.break && stores.mend ? test(stores) : undefined), 120_000);

    whenCut('rejects within its time limit, and works again when it is back', async (stores) => {
      const { store, watcher } = stores;
      await store.write([set('d', 'f', 1)]);
      await stores.break!();
      await assert.rejects(store.write([set('d', 'f', 2, 2)]), storeError('unavailable'));
      await assert.rejects(store.load(''), storeError('unavailable'));
      await assert.rejects(store.lock('job', 'one', 1_000), storeError('unavailable'));
      await watcher.until('the report of the loss', () => watcher.connections.includes(false));
      await stores.mend!();
      await watcher.until('the report of the return', () => watcher.connections.at(-1) === true);
      await untilWritten(store, [set('d', 'f', 3, 3)]);
      assert.deepEqual(plain(await store.load('')), plain(result([set('d', 'f', 3, 3)]).values()));
    });

    whenCut('applies a write once that is repeated under its id through an outage', async (stores) => {
      if (!options.shared) return;
      const { store } = stores;
      const first = store.write([add('d', 's', 1)], 'w:1').catch(() => undefined);
      await stores.break!();
      await first;
      await store.write([add('d', 's', 1)], 'w:1').catch(() => undefined);
      await stores.mend!();
      await untilWritten(store, [add('d', 's', 1)], 'w:1');
      assert.equal((await store.load('d'))[0]?.sums['s'], 1);
    });

    whenCut('delivers what others changed meanwhile, or reports that it may have missed changes', async (stores) => {
      if (!options.shared) return;
      const { watcher } = stores;
      const other = await stores.open();
      await stores.break!();
      await watcher.until('the report of the loss', () => watcher.connections.includes(false));
      for (let i = 1; i <= 10; i++) await other.store.write([set('d', 'f', i, i)]);
      await stores.mend!();
      const isDelivered = () =>
        watcher.of('d').some((change) => change.kind === 'set' && change.register.version === 10);
      await watcher.until('the missed changes, or a reset', () => isDelivered() || watcher.resets > 0);
      await other.store.write([set('e', 'f', 1)]);
      await watcher.until('a change after the return', () => watcher.of('e').length > 0);
    });

    it('is refused at open and announced when it comes', async () => {
      const under = await harness.create();
      if (!under.break || !under.mend) return under.cleanup();
      const watcher = new RecordingWatcher();
      try {
        await under.break();
        await assert.rejects(under.store.open(watcher), storeError('unavailable'));
        await assert.rejects(under.store.load(''), storeError('unavailable'));
        assert.deepEqual([watcher.resets, watcher.connections.includes(true)], [0, false]);
        await under.mend();
        await watcher.until(
          'the return and a reset',
          () => watcher.connections.at(-1) === true && watcher.resets === 1,
        );
        await under.store.write([set('d', 'f', 1)]);
        assert.equal((await under.store.load('')).length, 1);
      } finally {
        await under.store.close();
        await under.cleanup();
      }
    }, 120_000);

    it('closes while it is away, also when it never came', async () => {
      for (const opened of [true, false]) {
        const under = await harness.create();
        if (under.break && under.mend) {
          if (opened) await under.store.open(new RecordingWatcher());
          await under.break();
          if (!opened) await under.store.open(new RecordingWatcher()).catch(() => undefined);
          await under.store.close();
          await assert.rejects(under.store.load(''), storeError('closed'));
          await under.mend();
        }
        await under.cleanup();
      }
    }, 120_000);
  });
};
