import { seededRandom } from '../../../test/support/seeded-random';
import { keyText } from '../../../test/support/key-text';
import { TestPool } from '../../../test/support/pool';
import type { AffinityTarget } from './key/affinity-target';
import { keyIdOf } from './key/api-key';
import type { KeyRecord } from './key/key-record';

const RATE_LIMITED = { outcome: 'rate_limited', retryAfterMs: 60_000, scope: 'key' } as const;

/** The id of the key that serves a call, settled at once; undefined where none does. */
function servedBy(test: TestPool, affinity?: AffinityTarget, exclude?: ReadonlySet<string>): string | undefined {
  const lease = test.pool.lease({ affinity, exclude });
  lease?.settle('ok');
  test.clock.skip(1);
  return lease?.keyId;
}

const idOf = (n: number): string => keyIdOf(keyText(n));

const soft = (id: string): AffinityTarget => ({ kind: 'soft', id });
const hard = (account: string): AffinityTarget => ({ kind: 'hard', account });
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `conversation-${n}`);

/** Ten accounts of this number of keys each. */
function tenAccounts(keysEach: number): TestPool {
  const test = new TestPool();
  for (let n = 0; n < 10 * keysEach; n += 1) test.add(n, { quotaGroup: keysEach === 1 ? undefined : `org-${n % 10}` });
  return test;
}

const accountOf = (test: TestPool, keyId: string | undefined): string => {
  const record = test.pool.record(keyId!)!;
  return record.account?.name ?? record.id;
};

/** The account that each id is served by. */
const placesOf = (test: TestPool, names: readonly string[]): Map<string, string> =>
  new Map(names.map((id) => [id, accountOf(test, servedBy(test, soft(id)))]));

describe('a soft affinity', () => {
  it.each([1, 5, 50])('keeps to one account, whose %d keys rotate, and is the same on every instance', (keysEach) => {
    const [one, other] = [tenAccounts(keysEach), tenAccounts(keysEach)];
    const names = ids(200);
    const places = placesOf(one, names);
    expect(placesOf(other, names)).toEqual(places);
    expect(placesOf(one, names)).toEqual(places);
    const keys = Array.from({ length: keysEach * 20 }, () => servedBy(one, soft('a')));
    expect(new Set(keys).size).toBe(keysEach);
  });

  it.each([1, 4, 40])(
    'gives no account more than 1.3 × its share of 2,000 conversations, with %d keys each',
    (keysEach) => {
      const counts = new Map<string, number>();
      for (const account of placesOf(tenAccounts(keysEach), ids(2_000)).values())
        counts.set(account, (counts.get(account) ?? 0) + 1);
      expect(counts.size).toBe(10);
      expect(Math.max(...counts.values())).toBeLessThanOrEqual(1.3 * 200);
    },
  );

  it('gives an account its share by the weights of its keys', () => {
    const test = new TestPool();
    const heavy = test.add(0, { weight: 3 });
    test.add(1);
    test.add(2, { quotaGroup: 'org' });
    test.add(3, { quotaGroup: 'org' });
    const places = [...placesOf(test, ids(3_000)).values()];
    expect(places.filter((account) => account === heavy.id).length / 3_000).toBeCloseTo(0.5, 1);
    expect(places.filter((account) => account === 'org').length / 3_000).toBeCloseTo(2 / 6, 1);
  });

  const moved = (before: Map<string, string>, after: Map<string, string>): string[] =>
    [...before].filter(([id, account]) => after.get(id) !== account).map(([, account]) => account);

  it.each<[string, (test: TestPool, key: KeyRecord) => void]>([
    ['cools down', (test, key) => test.pool.leaseForProbe(key).settle(RATE_LIMITED)],
    ['is removed', (test, key) => test.pool.leaseForProbe(key).settle('invalid_key')],
    ['is deleted', (test, key) => test.pool.delete(key, 'administrator')],
    ['is disabled', (test, key) => test.pool.setEnabled(key, false, 'administrator')],
  ])('moves only the calls of an account that %s', (_, change) => {
    const test = tenAccounts(1);
    const names = ids(1_000);
    const before = placesOf(test, names);
    const [key] = test.pool.records();
    change(test, key!);
    const places = moved(before, placesOf(test, names));
    expect(new Set(places)).toEqual(new Set([key!.id]));
    expect(places.length).toBeGreaterThan(50);
  });

  it('moves to a new account only what is its own, and back when a removed one returns', () => {
    const test = tenAccounts(1);
    const names = ids(1_000);
    const before = placesOf(test, names);
    const added = test.add(10);
    const after = placesOf(test, names);
    const places = [...after].filter(([id, account]) => before.get(id) !== account);
    expect(new Set(places.map(([, account]) => account))).toEqual(new Set([added.id]));
    expect(places.length).toBeLessThan(1.5 * (1_000 / 11));
    test.pool.setEnabled(added, false, 'administrator');
    expect(placesOf(test, names)).toEqual(before);
    test.pool.setEnabled(added, true, 'administrator');
    expect(placesOf(test, names)).toEqual(after);
  });

  it('comes to the same order in whatever order keys come and go, also of many and of unequal ones', () => {
    const random = seededRandom(5);
    const keys = Array.from({ length: 60 }, (_, n) => n);
    const names = ids(300);
    const expected = new TestPool();
    const weightOf = (n: number): number => (n % 7 === 0 ? 2.5 : 1);
    for (const n of keys.slice(0, 30)) expected.add(n, { weight: weightOf(n) });
    const test = new TestPool();
    for (const n of [...keys].sort(() => random() - 0.5)) {
      test.add(n, { weight: weightOf(n) });
      if (random() < 0.5) placesOf(test, names.slice(0, 50));
    }
    for (const n of keys.slice(30)) {
      test.pool.delete(test.pool.record(idOf(n))!, 'administrator');
      if (random() < 0.5) placesOf(test, names.slice(0, 50));
    }
    expect(placesOf(test, names)).toEqual(placesOf(expected, names));
  });

  it('stays with the account while one of its keys can be had', () => {
    const test = tenAccounts(3);
    const names = ids(300);
    const before = placesOf(test, names);
    for (const n of [0, 11, 22]) test.pool.setEnabled(test.pool.record(idOf(n))!, false, 'administrator');
    expect(placesOf(test, names)).toEqual(before);
  });

  it('passes over keys that are not for the model, that were tried, and higher tiers', () => {
    const test = new TestPool();
    const keys = [0, 1, 2, 3].map((n) => test.add(n, { models: n < 2 ? ['small'] : undefined, tier: n === 3 ? 1 : 0 }));
    for (const id of ids(50)) {
      const lease = test.pool.lease({ affinity: soft(id), model: 'large' })!;
      expect(lease.keyId).toBe(keys[2]!.id);
      lease.settle('ok');
      expect(servedBy(test, soft(id))).not.toBe(keys[3]!.id);
      expect(servedBy(test, soft(id), new Set(keys.slice(0, 3).map((key) => key.id)))).toBe(keys[3]!.id);
    }
  });

  it('finds the one key of many that is left', () => {
    const test = tenAccounts(20);
    const [left, ...others] = [...test.pool.records()];
    for (const key of others) test.pool.setEnabled(key, false, 'administrator');
    for (const id of ids(20)) expect(servedBy(test, soft(id))).toBe(left!.id);
    test.pool.setEnabled(left!, false, 'administrator');
    expect(servedBy(test, soft('a'))).toBeUndefined();
  });
});

describe('a hard affinity', () => {
  it('is served by keys of its account alone, by name or by the id of a key, whatever happens', () => {
    const test = tenAccounts(5);
    const lone = test.add(99);
    for (let call = 0; call < 20; call += 1) {
      expect(accountOf(test, servedBy(test, hard('org-3')))).toBe('org-3');
      expect(accountOf(test, servedBy(test, hard(idOf(4))))).toBe('org-4');
      expect(servedBy(test, hard(lone.id))).toBe(lone.id);
    }
    expect(servedBy(test, hard('org-77'))).toBeUndefined();
    for (const key of [...test.pool.records()].filter(({ account }) => account?.name === 'org-3').slice(1))
      test.pool.setEnabled(key, false, 'administrator');
    const last = servedBy(test, hard('org-3'))!;
    expect(accountOf(test, last)).toBe('org-3');
    test.pool.leaseForProbe(test.pool.record(last)!).settle(RATE_LIMITED);
    expect(servedBy(test, hard('org-3'))).toBeUndefined();
    expect(servedBy(test, hard('org-4'))).toBeDefined();
  });

  it('tells when its account is free, whatever others are', () => {
    const test = tenAccounts(1);
    const [key] = test.pool.records();
    const now = test.clock.now();
    expect(test.pool.mayBeFreed(undefined, undefined, hard(key!.id))).toBe(true);
    test.pool.leaseForProbe(key!).settle(RATE_LIMITED);
    expect(test.pool.mayBeFreed(undefined, undefined, hard(key!.id))).toBe(false);
    expect(test.pool.nextWake(undefined, undefined, hard(key!.id))).toBe(now + 60_000);
    expect(test.pool.availableAt({ affinity: hard(key!.id) }, now)).toBe(now + 60_000);
    expect(test.pool.nextWake(undefined, undefined, hard('nobody'))).toBeUndefined();
    expect(test.pool.mayBeFreed(undefined, undefined, hard('nobody'))).toBe(false);
  });
});
