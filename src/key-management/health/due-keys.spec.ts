import { TestPool } from '../../../test/support/pool';
import type { KeyRecord } from '../pool/key/key-record';
import { nextProbeAt } from './due-keys';

const S = 1_000;
const M = 60 * S;
const INTERVAL = 10 * M;

describe('a key is due for a check', () => {
  let test: TestPool;
  let start: number;
  beforeEach(() => {
    test = new TestPool();
    start = test.clock.now();
  });
  const due = (record: KeyRecord): number => nextProbeAt(record, INTERVAL) - start;

  it('at once when it is new', () => {
    expect(nextProbeAt(test.addUnchecked(1), INTERVAL)).toBeLessThanOrEqual(test.clock.now());
  });

  it('an interval after its last check, as the interval now is', () => {
    const key = test.add(1);
    expect(due(key)).toBe(INTERVAL);
    expect(nextProbeAt(key, M)).toBe(start + M);
  });

  it('an interval after its last success in traffic, which proves it as well', () => {
    const key = test.add(1);
    test.clock.skip(9 * M);
    test.pool.lease()!.settle('ok');
    expect(due(key)).toBe(19 * M);
    test.clock.skip(M);
    test.pool.lease()!.settle('server_error');
    expect(due(key)).toBe(19 * M);
  });

  it('30 s after a check that said nothing', () => {
    const key = test.addUnchecked(1);
    test.pool.leaseForProbe(key).settle('network_error');
    expect(due(key)).toBe(30 * S);
  });

  it('when its removal says so', () => {
    const key = test.add(1);
    test.pool.lease()!.settle('invalid_key');
    expect(due(key)).toBe(30 * S);
  });

  it('not before its cooldown is over', () => {
    const key = test.add(1);
    test.pool.lease()!.settle({ outcome: 'permission_denied', scope: 'key' });
    expect(due(key)).toBe(60 * M);
    // A whole generation may prove the key meanwhile.
    expect(nextProbeAt(key, INTERVAL, true)).toBe(start + INTERVAL);
  });

  it('never while it is disabled or being checked', () => {
    const [disabled, probing] = [test.addUnchecked(1), test.addUnchecked(2)];
    test.pool.setEnabled(disabled, false, 'administrator');
    probing.probing = true;
    expect([disabled, probing].map((key) => nextProbeAt(key, INTERVAL))).toEqual([Infinity, Infinity]);
  });
});
