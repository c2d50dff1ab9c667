import { TestPool } from '../../../test/support/pool';
import type { Outcome } from '../vendors/contract/outcome';
import type { KeyRecord } from './key/key-record';

const S = 1_000;
const M = 60 * S;

describe('KeyPool: outliers', () => {
  let test: TestPool;
  beforeEach(() => {
    test = new TestPool();
  });
  /** Calls one after another, a second apart by default; how often each key was asked. */
  const call = (count: number, outcomeOf: (key: string) => Outcome, stepMs = 100): Map<string, number> => {
    const asked = new Map<string, number>();
    for (let n = 0; n < count; n += 1) {
      const tried = new Set<string>();
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const lease = test.pool.lease({ exclude: tried }) ?? test.pool.lease();
        if (!lease) break;
        asked.set(lease.keyId, (asked.get(lease.keyId) ?? 0) + 1);
        tried.add(lease.keyId);
        const outcome = outcomeOf(lease.keyId);
        lease.settle(outcome);
        if (outcome === 'ok') break;
      }
      test.clock.skip(stepMs);
    }
    return asked;
  };
  const failing =
    (bad: KeyRecord, outcome: Outcome = 'server_error') =>
    (key: string): Outcome =>
      key === bad.id ? outcome : 'ok';
  const until = (record: KeyRecord): number => (record.state as { until: number }).until - test.clock.now();

  it.each(['server_error', 'network_error', 'overloaded', 'timeout'] as const)(
    'A4: asks a key that always ends with %s a few times, and ejects it for 30 s',
    (outcome) => {
      const [bad] = test.addMany(2) as [KeyRecord];
      const asked = call(60, failing(bad, outcome));
      expect(asked.get(bad.id)).toBeLessThanOrEqual(6);
      expect(bad).toMatchObject({ status: 'cooling_down', outcome, errorCount: 0 });
      expect(bad.reason).toMatch(/^outlier: \d of its latest \d calls failed/);
    },
  );

  it('A4: passes over a key whose calls hang, long before their time limits tell of it', () => {
    const [bad] = test.addMany(5) as [KeyRecord];
    const busy = Array.from({ length: 10 }, () => test.pool.lease()!);
    for (let calls = 10; calls < 60; calls += 1) {
      const ended = busy.findIndex(({ keyId }) => keyId !== bad.id);
      busy.splice(ended, 1)[0]!.settle('ok');
      busy.push(test.pool.lease()!);
    }
    expect(bad.inFlight).toBeLessThanOrEqual(5);
  });

  it.each([3, 5, 20, 200])('A4: finds one bad key of %d', (count) => {
    const [bad] = test.addMany(count) as [KeyRecord];
    const asked = call(count * 40, failing(bad), 1);
    expect(asked.get(bad.id)).toBeLessThanOrEqual(6);
    expect(bad.status).toBe('cooling_down');
  });

  it('A4: ejects a key that fails half of the time, and none that fails now and then', () => {
    const [half, rarely] = test.addMany(4) as [KeyRecord, KeyRecord];
    let calls = 0;
    const outcomeOf = (key: string): Outcome => {
      calls += 1;
      if (key === half.id) return calls % 2 ? 'server_error' : 'ok';
      return key === rarely.id && calls % 10 === 0 ? 'server_error' : 'ok';
    };
    call(200, outcomeOf);
    expect([half.status, rarely.status]).toEqual(['cooling_down', 'healthy']);
  });

  it('A4: ejects none while all fail alike, nor the only key', () => {
    const keys = test.addMany(5);
    let calls = 0;
    call(300, () => ((calls += 1) % 3 ? 'ok' : 'server_error'));
    call(300, () => 'server_error', S);
    expect(keys.map(({ status }) => status)).toEqual(Array(5).fill('healthy'));
    expect(test.pool.breakerStatus().state).not.toBe('closed');

    test = new TestPool();
    const only = test.add(1);
    call(30, () => ((calls += 1) % 2 ? 'ok' : 'timeout'));
    expect(only.status).toBe('healthy');
  });

  it('A4: ejects half of the keys at the most', () => {
    const keys = test.addMany(5);
    const good = new Set([keys[0]!.id]);
    call(400, (key) => (good.has(key) ? 'ok' : 'server_error'), 10);
    expect(keys.filter(({ status }) => status === 'cooling_down')).toHaveLength(2);
  });

  it('A4: ejects no key that alone serves the model called', () => {
    const only = test.add(1, { models: ['x'] });
    test.add(2, { models: ['y'] });
    for (let n = 0; n < 40; n += 1) {
      test.pool.lease({ model: 'y' })!.settle('ok');
      test.pool.lease({ model: 'x' })?.settle('server_error');
      test.clock.skip(100);
    }
    expect(only.status).toBe('healthy');
  });

  it('A4: lets it back by a trial, and ejects it for twice as long where that fails', () => {
    const [bad] = test.addMany(2) as [KeyRecord];
    call(40, failing(bad), 10);
    for (const seconds of [60, 120, 240, 300, 300]) {
      test.clock.skip(until(bad));
      const asked = call(60, failing(bad), 10);
      expect(asked.get(bad.id)).toBe(1);
      expect(until(bad)).toBeGreaterThan((seconds - 1) * S);
      expect(until(bad)).toBeLessThanOrEqual(seconds * S);
    }
    test.clock.skip(until(bad));
    call(60, () => 'ok');
    expect(bad.status).toBe('healthy');
    test.clock.skip(10 * M);
    call(60, () => 'ok');
    call(60, failing(bad), 10);
    expect(until(bad)).toBeLessThanOrEqual(30 * S);
  });

  it('A4: takes an ejected key back at once where no other can be had for long', () => {
    const [bad, other] = test.addMany(2) as [KeyRecord, KeyRecord];
    call(40, failing(bad), 10);
    expect(bad.status).toBe('cooling_down');
    test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 5 * S });
    expect(test.pool.lease()).toBeUndefined();
    test.pool.setState(other, { status: 'invalid_key', recheckAt: test.clock.now() + M }, 'probe');
    const lease = test.pool.lease();
    expect(lease?.keyId).toBe(bad.id);
    lease!.settle('server_error');
    expect(bad.status).toBe('healthy');
  });

  it('A4: is not ended by a probe that only shows that the key is known', () => {
    const [bad] = test.addMany(2) as [KeyRecord];
    call(40, failing(bad), 10);
    test.pool.leaseForProbe(bad).settle('ok');
    expect(bad.status).toBe('cooling_down');
  });

  it('A4: chooses a key less that fails more often than the others, before it is ejected', () => {
    const [bad] = test.addMany(5) as [KeyRecord];
    const asked = call(30, failing(bad), 10);
    expect(asked.get(bad.id)).toBeLessThanOrEqual(3);
    expect(bad.rate).toBeLessThan(1);
  });

  it('A6: knows whether an untried key is well', () => {
    const [one, two] = test.addMany(2) as [KeyRecord, KeyRecord];
    const fail = (key: KeyRecord): void => {
      const exclude = new Set([key === one ? two.id : one.id]);
      test.pool.lease({ exclude })!.settle('network_error');
    };
    fail(one);
    expect(test.pool.hasWellKeys(undefined)).toBe(true);
    fail(two);
    expect(test.pool.hasWellKeys(undefined)).toBe(false);
    test.pool.lease({ exclude: new Set([one.id]) })!.settle('ok');
    expect(test.pool.hasWellKeys(undefined)).toBe(true);
    test.pool.delete(two, 'administrator');
    expect(test.pool.hasWellKeys(undefined)).toBe(false);
  });
});
