import { TestPool } from '../../../test/support/pool';
import { PoolLease } from './key-lease';
import type { KeyRecord } from './key/key-record';

/** How often each of the keys is chosen in this many calls, all of them good. */
function uses(test: TestPool, calls: number, ...records: KeyRecord[]): number[] {
  const counts = new Map<string, number>();
  for (let call = 0; call < calls; call += 1) {
    const lease = test.pool.lease()!;
    counts.set(lease.keyId, (counts.get(lease.keyId) ?? 0) + 1);
    lease.settle('ok');
    test.clock.skip(10);
  }
  return records.map(({ id }) => counts.get(id) ?? 0);
}

const RATE_LIMITED = { outcome: 'rate_limited', retryAfterMs: 3_000, scope: 'key' } as const;

describe('tiers of keys', () => {
  it('uses the keys of the lowest tier alone, whatever the order in which they came', () => {
    const test = new TestPool();
    const keys = [test.add(0, { tier: 2 }), test.add(1), test.add(2, { tier: 1 }), test.add(3, { tier: 0 })];
    expect(uses(test, 100, ...keys)).toEqual([0, 50, 0, 50]);
  });

  it('takes the next tier while the lower one has no key, and comes back', () => {
    const test = new TestPool();
    const low = test.add(0);
    const high = test.add(1, { tier: 7 });
    test.pool.lease()!.settle(RATE_LIMITED);
    expect(test.pool.lease()!.keyId).toBe(high.id);
    test.clock.skip(3_100);
    expect(test.pool.lease()!.keyId).toBe(low.id);
  });

  it('keeps many keys of one tier apart from another', () => {
    const test = new TestPool();
    const high = Array.from({ length: 20 }, (_, n) => test.add(n, { tier: 1 }));
    const low = Array.from({ length: 20 }, (_, n) => test.add(100 + n));
    expect(uses(test, 400, ...high)).toEqual(high.map(() => 0));
    for (const { id } of low) test.pool.setEnabled(test.pool.record(id)!, false, 'administrator');
    expect(uses(test, 400, ...high)).toEqual(high.map(() => 20));
  });

  it('moves a key when its tier changes, also one that cools down or is in use', () => {
    const test = new TestPool();
    const [one, two] = [test.add(0), test.add(1)];
    const lease = test.pool.lease()!;
    const used = test.pool.record(lease.keyId)!;
    const other = used === one ? two : one;
    test.pool.update(other, { tier: 1 }, 'administrator');
    expect(uses(test, 10, used, other)).toEqual([10, 0]);
    lease.settle(RATE_LIMITED);
    test.pool.update(used, { tier: 3 }, 'administrator');
    test.clock.skip(3_100);
    expect(uses(test, 10, used, other)).toEqual([0, 10]);
    test.pool.update(other, { tier: 4 }, 'administrator');
    expect(uses(test, 10, used, other)).toEqual([10, 0]);
    expect(test.pool.snapshot(used).tier).toBe(3);
  });

  it.each([-1, 0.5, NaN, Infinity])('refuses the tier %d, and changes nothing', (tier) => {
    const test = new TestPool();
    const record = test.add(0);
    expect(() => test.pool.update(record, { tier, label: 'x' }, 'administrator')).toThrow(
      'tier must be a whole number, 0 or more.',
    );
    expect(test.pool.snapshot(record)).toMatchObject({ tier: 0, label: undefined });
  });

  describe('for a call that can wait', () => {
    const take = (test: TestPool, waitMs: number): string | undefined => {
      const now = test.clock.now();
      const candidate = test.pool.take({ spillsAt: now + waitMs }, undefined, now);
      return candidate && new PoolLease(test.pool, candidate, undefined, 'call', now).keyId;
    };

    it('waits for a lower tier that may serve in time, by its cooldown or as soon as a call ends', () => {
      const test = new TestPool();
      const low = test.add(0, { limits: { concurrency: 1 } });
      const high = test.add(1, { tier: 1 });
      const lease = test.pool.lease()!;
      expect(take(test, 1_000)).toBeUndefined();
      lease.settle(RATE_LIMITED);
      expect(take(test, 4_000)).toBeUndefined();
      expect(take(test, 2_000)).toBe(high.id);
      test.clock.skip(3_100);
      expect(take(test, 1_000)).toBe(low.id);
    });

    it('waits for no tier that cannot serve: removed, disabled, or of another model', () => {
      const test = new TestPool();
      const low = test.add(0);
      const high = test.add(1, { tier: 1 });
      test.add(2, { models: ['other'] });
      test.pool.setEnabled(low, false, 'administrator');
      const now = test.clock.now();
      expect(test.pool.take({ model: 'm', spillsAt: now + 60_000 }, undefined, now)?.record.id).toBe(high.id);
    });

    it('passes over a middle tier only when that cannot serve either', () => {
      const test = new TestPool();
      const middle = test.add(0, { tier: 1, limits: { concurrency: 1 } });
      const high = test.add(1, { tier: 2 });
      expect(take(test, 1_000)).toBe(middle.id);
      expect(take(test, 1_000)).toBeUndefined();
      expect(take(test, 0)).toBe(high.id);
    });
  });
});
