import { TestPool } from '../../../test/support/pool';
import type { KeyRecord } from '../pool/key/key-record';
import { keysBelow } from './key-availability';

describe('too few keys in a pool', () => {
  let test: TestPool;
  beforeEach(() => (test = new TestPool()));
  const below = (minimum: number): number | undefined => keysBelow(minimum, test.pool);

  it('are counted, those that cool down included', () => {
    const [first, second] = [test.add(1), test.add(2)];
    expect([below(0), below(1), below(2), below(3)]).toEqual([undefined, undefined, undefined, 2]);
    test.pool.leaseForProbe(first).settle('rate_limited');
    expect(below(3)).toBe(2);
    test.pool.leaseForProbe(second).settle('invalid_key');
    expect([below(1), below(2)]).toEqual([undefined, 1]);
    test.pool.leaseForProbe(first).settle('invalid_key');
    expect(below(1)).toBe(0);
  });

  it('say nothing while keys were not checked yet, where all are switched off, or where there are none', () => {
    expect(below(1)).toBeUndefined();
    test.pool.setEnabled(test.add(1), false, 'administrator');
    expect(below(1)).toBeUndefined();
    test.addUnchecked(2);
    expect(below(1)).toBeUndefined();
  });

  it('are looked for only until there are enough', () => {
    for (let n = 1; n <= 50; n += 1) test.add(n);
    let looked = 0;
    const records = function* (): Generator<KeyRecord, undefined> {
      for (const record of test.pool.records()) {
        looked += 1;
        yield record;
      }
      return undefined;
    };
    expect(keysBelow(3, { records })).toBeUndefined();
    expect(looked).toBeLessThanOrEqual(4);
  });
});
