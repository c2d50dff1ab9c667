import assert from 'node:assert/strict';
import type { ContractPart } from './contract-types';
import { add, drop, max, plain, result, set, storeError, withStore } from './contract-support';
import type { StoreChange } from '../port/key-store';

/** What a write does to what is there. */
export const mergingContract: ContractPart = ({ describe, it }, harness) => {
  const holds = (changes: StoreChange[][], expected: StoreChange[]) => () =>
    withStore(harness, async ({ store }) => {
      for (const batch of changes) await store.write(batch);
      assert.deepEqual(plain(await store.load('')), plain(result(expected).values()));
    });

  describe('merging', () => {
    it(
      'keeps the register with the greater version',
      holds(
        [[set('d', 'f', 'old', 9)], [set('d', 'f', 'new', 10)], [set('d', 'f', 'late', 2)]],
        [set('d', 'f', 'new', 10)],
      ),
    );
    it(
      'keeps the register with the greater tie, compared by character',
      holds(
        [
          [set('d', 'f', 1, 1, 'B')],
          [set('d', 'f', 2, 1, 'a')],
          [set('d', 'f', 3, 1, 'Z')],
          [set('d', 'f', 4, 1, 'A:1')],
        ],
        [set('d', 'f', 2, 1, 'a')],
      ),
    );
    it(
      'compares versions as numbers up to 2^32',
      holds(
        [[set('d', 'f', 'a', 2 ** 32 - 1)], [set('d', 'f', 'b', 2 ** 32)], [set('d', 'f', 'c', 2 ** 31)]],
        [set('d', 'f', 'b', 2 ** 32)],
      ),
    );
    it(
      'lets a maximum only grow',
      holds(
        [
          [max('d', 'm', -5)],
          [max('d', 'm', 1_790_000_000_123.5)],
          [max('d', 'm', 7)],
          [max('d', 'n', -3)],
          [max('d', 'n', -4)],
        ],
        [max('d', 'm', 1_790_000_000_123.5), max('d', 'n', -3)],
      ),
    );
    it(
      'sums up what is added',
      holds(
        [
          [add('d', 's', 2), add('d', 's', 3)],
          [add('d', 's', -1)],
          [add('d', 'big', 2 ** 53 - 2)],
          [add('d', 'big', 1)],
        ],
        [add('d', 's', 4), add('d', 'big', 2 ** 53 - 1)],
      ),
    );
    it('sums up fractions', () =>
      withStore(harness, async ({ store }) => {
        for (const by of [0.1, 0.2, 1e-7]) await store.write([add('d', 's', by)]);
        const sum = (await store.load('d'))[0]?.sums['s'] ?? NaN;
        assert.ok(Math.abs(sum - 0.3000001) < 1e-12, `${sum}`);
      }));
    it(
      'keeps the three kinds apart under one field name',
      holds(
        [[set('d', 'x', 'r'), max('d', 'x', 4), add('d', 'x', 1)]],
        [set('d', 'x', 'r'), max('d', 'x', 4), add('d', 'x', 1)],
      ),
    );
    it(
      'drops a document and no other',
      holds(
        [
          [set('a/b', 'f', 1), max('a/b', 'f', 1), add('a/b', 'f', 1), set('a/bc', 'f', 1), set('a', 'f', 1)],
          [drop('a/b'), drop('none')],
        ],
        [set('a/bc', 'f', 1), set('a', 'f', 1)],
      ),
    );
    it(
      'starts a document anew after a drop, also within one batch',
      holds(
        [
          [set('d', 'f', 1, 5), add('d', 's', 4)],
          [add('d', 's', 1), drop('d'), set('d', 'f', 2, 1), add('d', 's', 2)],
        ],
        [set('d', 'f', 2, 1), add('d', 's', 2)],
      ),
    );
    it(
      'takes a batch that changes one field several times in its order',
      holds(
        [[set('d', 'f', 1, 1), set('d', 'f', 3, 3), set('d', 'f', 2, 2), max('d', 'm', 5), max('d', 'm', 4)]],
        [set('d', 'f', 3, 3), max('d', 'm', 5)],
      ),
    );
    it('takes an empty batch', holds([[]], []));

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
      it(`refuses ${what}, and the whole batch with it`, () =>
        withStore(harness, async ({ store }) => {
          await assert.rejects(store.write([set('d', 'f', 1), change]), storeError('invalid'));
          assert.deepEqual(await store.load(''), []);
          await store.write([set('d', 'f', 1)]);
          assert.equal((await store.load('')).length, 1);
        }));
    }
  });
};
