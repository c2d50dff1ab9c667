import assert from 'node:assert/strict';
import { eventually, type ContractPart } from './contract-support';

const MINUTE_MS = 60_000;

/** Who may do what only one may do. */
export const lockingContract: ContractPart = ({ describe, itWithStore }, options) => {
  describe('locks', () => {
    itWithStore('are held by one, and renewed by the same', async ({ store }) => {
      assert.equal(await store.lock('job', 'one', MINUTE_MS), true);
      assert.equal(await store.lock('job', 'two', MINUTE_MS), false);
      assert.equal(await store.lock('job', 'one', MINUTE_MS), true);
      assert.equal(await store.lock('another job', 'two', MINUTE_MS), true);
    });

    itWithStore('are given back only by their holder', async ({ store }) => {
      await store.lock('job', 'one', MINUTE_MS);
      await store.unlock('job', 'two');
      await store.unlock('never taken', 'two');
      assert.equal(await store.lock('job', 'two', MINUTE_MS), false);
      await store.unlock('job', 'one');
      assert.equal(await store.lock('job', 'two', MINUTE_MS), true);
    });

    itWithStore('are free when their time has run out', async ({ store }) => {
      assert.equal(await store.lock('job', 'one', 150), true);
      await eventually('the lock to be free', () => store.lock('job', 'two', MINUTE_MS));
      await store.unlock('job', 'one');
      assert.equal(await store.lock('job', 'one', MINUTE_MS), false);
    });

    itWithStore('are held for the time of the last renewal', async ({ store }) => {
      await store.lock('job', 'one', 50);
      assert.equal(await store.lock('job', 'one', MINUTE_MS), true);
      await store.lock('mark', 'one', 100);
      await eventually('more than the first time to pass', () => store.lock('mark', 'two', MINUTE_MS));
      assert.equal(await store.lock('job', 'two', MINUTE_MS), false);
    });

    itWithStore('are no documents', async ({ store }) => {
      await store.lock('job', 'one', MINUTE_MS);
      assert.deepEqual(await store.load(''), []);
    });

    if (!options.shared) return;
    itWithStore('go to exactly one of many instances that ask at once', async ({ store, open }) => {
      const stores = [store, (await open()).store, (await open()).store];
      const asked = stores.flatMap((s, i) => [0, 1, 2].map((j) => s.lock('job', `holder-${i}-${j}`, MINUTE_MS)));
      assert.equal((await Promise.all(asked)).filter(Boolean).length, 1);
    });
  });
};
