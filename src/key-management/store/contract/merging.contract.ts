import assert from 'node:assert/strict';
import { add, drop, max, plain, result, set, storeError, type ContractPart } from './contract-support';
import type { StoreChange } from '../port/key-store';

/** What a write does to what is there. */
export const mergingContract: ContractPart = ({ describe, itWithStore }) => {
  const itHolds = (what: string, changes: StoreChange[][], expected: StoreChange[]) =>
    itWithStore(what, async ({ store }) => {
      for (const batch of changes) await store.write(batch);
      assert.deepEqual(plain(await store.load('')), plain(result(expected).values()));
    });

  describe('merging', () => {
    itHolds(
      'keeps the register with the greater version',
      [[set('d', 'f', 'old', 9)], [set('d', 'f', 'new', 10)], [set('d', 'f', 'late', 2)]],
      [set('d', 'f', 'new', 10)],
    );
    itHolds(
      'keeps the register with the greater tie, compared by character',
      [
        [set('d', 'f', 1, 1, 'B')],
        [set('d', 'f', 2, 1, 'a')],
        [set('d', 'f', 3, 1, 'Z')],
        [set('d', 'f', 4, 1, 'A:1')],
      ],
      [set('d', 'f', 2, 1, 'a')],
    );
    itHolds(
      'compares versions as numbers up to 2^32',
      [[set('d', 'f', 'a', 2 ** 32 - 1)], [set('d', 'f', 'b', 2 ** 32)], [set('d', 'f', 'c', 2 ** 31)]],
      [set('d', 'f', 'b', 2 ** 32)],
    );
    itHolds(
      'lets a maximum only grow',
      [
        [max('d', 'm', -5)],
        [max('d', 'm', 1_790_000_000_123.5)],
        [max('d', 'm', 7)],
        [max('d', 'n', -3)],
        [max('d', 'n', -4)],
      ],
      [max('d', 'm', 1_790_000_000_123.5), max('d', 'n', -3)],
    );
    itHolds(
      'sums up what is added',
      [[add('d', 's', 2), add('d', 's', 3)], [add('d', 's', -1)], [add('d', 'big', 2 ** 53 - 2)], [add('d', 'big', 1)]],
      [add('d', 's', 4), add('d', 'big', 2 ** 53 - 1)],
    );
    itWithStore('sums up fractions', async ({ store }) => {
      for (const by of [0.1, 0.2, 1e-7]) await store.write([add('d', 's', by)]);
      const sum = (await store.load('d'))[0]?.sums['s'] ?? NaN;
      assert.ok(Math.abs(sum - 0.3000001) < 1e-12, `${sum}`);
    });
    itHolds(
      'keeps the three kinds apart under one field name',
      [[set('d', 'x', 'r'), max('d', 'x', 4), add('d', 'x', 1)]],
      [set('d', 'x', 'r'), max('d', 'x', 4), add('d', 'x', 1)],
    );
    itHolds(
      'drops a document and no other',
      [
        [set('a/b', 'f', 1), max('a/b', 'f', 1), add('a/b', 'f', 1), set('a/bc', 'f', 1), set('a', 'f', 1)],
        [drop('a/b'), drop('none')],
      ],
      [set('a/bc', 'f', 1), set('a', 'f', 1)],
    );
    itHolds(
      'starts a document anew after a drop, also within one batch',
      [
        [set('d', 'f', 1, 5), add('d', 's', 4)],
        [add('d', 's', 1), drop('d'), set('d', 'f', 2, 1), add('d', 's', 2)],
      ],
      [set('d', 'f', 2, 1), add('d', 's', 2)],
    );
    itHolds(
      'takes a batch that changes one field several times in its order',
      [[set('d', 'f', 1, 1), set('d', 'f', 3, 3), set('d', 'f', 2, 2), max('d', 'm', 5), max('d', 'm', 4)]],
      [set('d', 'f', 3, 3), max('d', 'm', 5)],
    );
    itHolds('takes an empty batch', [[]], []);

    const refused: [string, StoreChange][] = [
      ['a sum that is no number', add('d', 's', NaN)],
      ['an infinite maximum', max('d', 'm', Infinity)],
      ['a document name that is no path', set('d//x', 'f', 1)],
      ['a document name with a wildcard', drop('keys/*')],
      ['a tie with a separator', set('d', 'f', 1, 1, 'a|b')],
      ['a version beyond 2^32', set('d', 'f', 1, 2 ** 32 + 1)],
      ['a version below 0', set('d', 'f', 1, -1)],
      ['a version that is no number', set('d', 'f', 1, NaN)],
      ['a field without a name', set('d', '', 1)],
      ['a field with half a character', set('d', 'a\ud800', 1)],
    ];
    for (const [what, change] of refused) {
      itWithStore(`refuses ${what}, and the whole batch with it`, async ({ store }) => {
        await assert.rejects(store.write([set('d', 'f', 1), change]), storeError('invalid'));
        assert.deepEqual(await store.load(''), []);
        await store.write([set('d', 'f', 1)]);
        assert.equal((await store.load('')).length, 1);
      });
    }
  });
};
