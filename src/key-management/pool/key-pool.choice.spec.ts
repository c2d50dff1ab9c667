import type { KeyRecord } from './key/key-record';
import { seededRandom } from '../../../test/support/fake-clock';
import { TestPool } from '../../../test/support/pool';

interface Traffic {
  readonly calls: number;
  /** Milliseconds between calls. */
  readonly everyMs?: number;
  readonly fails?: (keyId: string) => boolean;
}

/** One call after the other; how often each key was used, and which one each time. */
function drive(test: TestPool, { calls, everyMs = 10, fails = () => false }: Traffic) {
  const uses = new Map<string, number>();
  const order: string[] = [];
  let failures = 0;
  for (let call = 0; call < calls; call += 1) {
    const lease = test.pool.lease()!;
    const failed = fails(lease.keyId);
    uses.set(lease.keyId, (uses.get(lease.keyId) ?? 0) + 1);
    order.push(lease.keyId);
    lease.settle(failed ? 'unknown' : 'ok');
    if (failed) failures += 1;
    test.clock.skip(everyMs);
  }
  return { of: ({ id }: KeyRecord) => uses.get(id) ?? 0, order, failures };
}

describe('choosing a key', () => {
  it.each([1, 2, 3, 8, 9, 50, 100])('uses %d equal keys equally', (count) => {
    const test = new TestPool();
    const keys = test.addMany(count);
    const used = drive(test, { calls: 10_000 });
    for (const key of keys) expect(Math.abs(used.of(key) - 10_000 / count)).toBeLessThanOrEqual(2);
  });

  it.each([2, 8, 20, 100])('keeps to the weights of %d keys', (count) => {
    const test = new TestPool();
    const [heavy, light] = [test.add(0, { weight: 10 }), test.add(1, { weight: 0.5 })];
    const others = Array.from({ length: count - 2 }, (_, n) => test.add(n + 2));
    const used = drive(test, { calls: 10_000 });
    const share = 10_000 / (10.5 + others.length);
    expect(used.of(heavy) / (10 * share)).toBeCloseTo(1, 1);
    expect(used.of(light) / (0.5 * share)).toBeCloseTo(1, 1);
    for (const key of others) expect(Math.abs(used.of(key) - share)).toBeLessThanOrEqual(0.1 * share + 2);
  });

  it('interleaves keys of different weight', () => {
    const test = new TestPool();
    const heavy = test.add(0, { weight: 3 });
    test.add(1);
    const { order } = drive(test, { calls: 400 });
    for (let at = 0; at < 400; at += 4) {
      expect(order.slice(at, at + 4).filter((id) => id === heavy.id)).toHaveLength(3);
    }
  });

  it.each<[string, (n: number) => boolean]>([
    ['here and there', (n) => n % 5 === 0],
    ['side by side', (n) => n < 20],
  ])('succeeds at first try in 94.5 % where a fifth of 100 keys fails half the time, %s', (_, isBad) => {
    for (const [seed, everyMs] of [1, 10, 100].entries()) {
      const test = new TestPool(seed);
      const bad = new Set(test.addMany(100).flatMap(({ id }, n) => (isBad(n) ? [id] : [])));
      const random = seededRandom(seed + 100);
      const { failures } = drive(test, { calls: 10_000, everyMs, fails: (id) => bad.has(id) && random() < 0.5 });
      expect(1 - failures / 10_000).toBeGreaterThanOrEqual(0.945);
    }
  });

  it.each([3, 8, 100])(
    'of %d loses few calls on one that went bad, and gives it its share back when it recovers',
    (count) => {
      const test = new TestPool();
      const victim = test.addMany(count)[1]!;
      drive(test, { calls: 1_000 });

      const bad = drive(test, { calls: 20 * count, fails: (id) => id === victim.id });
      expect(bad.failures).toBeLessThanOrEqual(20);

      drive(test, { calls: 3_000 });
      const share = drive(test, { calls: 100 * count }).of(victim) / 100;
      expect(share).toBeGreaterThanOrEqual(0.9);
      expect(share).toBeLessThanOrEqual(1.1);
    },
  );

  it('prefers keys with fewer calls in flight', () => {
    const test = new TestPool();
    const keys = test.addMany(8);
    Array.from({ length: 80 }, () => test.pool.lease());
    expect(keys.map(({ inFlight }) => inFlight)).toEqual(Array(8).fill(10));
  });

  describe.each([4, 100])('among %d keys', (count) => {
    const shareOf = (key: KeyRecord, test: TestPool): number =>
      drive(test, { calls: 20 * test.pool.size }).of(key) / 20;

    it('does not flood one that joins', () => {
      const test = new TestPool();
      test.addMany(count);
      drive(test, { calls: 10_000 });
      const share = shareOf(test.add(1_000), test);
      expect(share).toBeGreaterThanOrEqual(0.8);
      expect(share).toBeLessThanOrEqual(1.2);
    });

    it.each<[string, (test: TestPool, key: KeyRecord) => void, (test: TestPool, key: KeyRecord) => void]>([
      [
        'a removal',
        ({ pool }, key) => pool.leaseForProbe(key).settle('invalid_key'),
        ({ pool }, key) => pool.leaseForProbe(key).settle('ok'),
      ],
      [
        'having been disabled',
        ({ pool }, key) => pool.setEnabled(key, false, 'administrator'),
        ({ pool }, key) => pool.setEnabled(key, true, 'administrator'),
      ],
      [
        'a cooldown',
        ({ pool, clock }, key) => pool.setState(key, { status: 'cooling_down', until: clock.now() + 100_000 }, 'store'),
        () => undefined,
      ],
    ])('does not flood one that is back after %s', (_, leave, comeBack) => {
      const test = new TestPool();
      const key = test.addMany(count)[0]!;
      drive(test, { calls: 100 });
      leave(test, key);
      expect(drive(test, { calls: 10_000 }).of(key)).toBe(0);
      comeBack(test, key);
      test.clock.skip(1_000);
      const share = shareOf(key, test);
      expect(share).toBeGreaterThanOrEqual(0.8);
      expect(share).toBeLessThanOrEqual(1.2);
    });
  });

  it.each<[string, (key: KeyRecord, test: TestPool) => void]>([
    ['none has failed', () => undefined],
    ['the last failure is long ago', (key, test) => drive(test, { calls: 1_000, fails: (id) => id === key.id })],
  ])('takes keys in their turn, without a draw, where %s', (_, before) => {
    const draw = jest.fn(seededRandom(1));
    const test = new TestPool(1, draw);
    before(test.addMany(50)[7]!, test);
    drive(test, { calls: 10_000 });
    draw.mockClear();
    const { order } = drive(test, { calls: 500 });
    expect(new Set(order.slice(0, 50)).size).toBe(50);
    // One at most for each round: there the turn of all moves on.
    expect(draw.mock.calls.length).toBeLessThanOrEqual(10);
  });

  it('takes none in its turn that is in use', () => {
    const test = new TestPool();
    const keys = test.addMany(50);
    const held = test.pool.lease()!;
    for (let call = 0; call < 49; call += 1) test.pool.lease()!.settle('ok');
    expect(test.pool.lease()!.keyId).not.toBe(held.keyId);
    expect(keys.map(({ inFlight }) => inFlight).sort()).toEqual([...Array(48).fill(0), 1, 1]);
  });

  it('passes over excluded keys, and finds the only one left among many', () => {
    const test = new TestPool();
    const ids = test.addMany(200).map(({ id }) => id);
    const exclude = new Set(ids);
    expect(test.pool.lease({ exclude })).toBeUndefined();
    exclude.delete(ids[117]!);
    for (let n = 0; n < 20; n += 1) expect(test.pool.lease({ exclude })?.keyId).toBe(ids[117]);
  });

  it('is the same for the same seed', () => {
    const orders = [7, 7, 8].map((seed) => {
      const test = new TestPool(seed);
      test.addMany(50);
      return drive(test, { calls: 500 }).order.join();
    });
    expect(orders[0]).toBe(orders[1]);
    expect(orders[0]).not.toBe(orders[2]);
  });
});
