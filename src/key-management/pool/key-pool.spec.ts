import { inspect } from 'node:util';
import { keyText, TestPool } from '../../../test/support/pool';

const S = 1_000;
const M = 60 * S;

describe('KeyPool', () => {
  let test: TestPool;
  beforeEach(() => {
    test = new TestPool();
  });
  const now = (): number => test.clock.now();
  const snapshot = (n: number) => test.pool.snapshot([...test.pool.records()][n]!);

  describe('leasing', () => {
    it('hands out the key itself', () => {
      const key = test.add(1);
      const lease = test.pool.lease()!;
      expect(lease).toMatchObject({ apiKey: keyText(1), keyId: key.id, maskedKey: key.key.masked });
      expect(key).toMatchObject({ inFlight: 1, lastUsedAt: now() });
    });

    it('hands out no key that was not checked', () => {
      const key = test.addUnchecked(1);
      expect(test.pool.lease()).toBeUndefined();
      test.pool.leaseForProbe(key).settle('ok');
      expect(test.pool.lease()?.keyId).toBe(key.id);
    });

    it.each(['invalid_key', 'quota_exceeded', 'rate_limited', 'permission_denied'] as const)(
      'hands out no key after %s, in the same tick',
      (outcome) => {
        test.add(1);
        const leases = [test.pool.lease()!, test.pool.lease()!];
        leases[0]!.settle(outcome);
        expect(test.pool.lease()).toBeUndefined();
        leases[1]!.settle('ok');
        expect(test.pool.lease()).toBeUndefined();
      },
    );

    it('shows no key in a lease, however it is looked at', () => {
      test.add(1);
      const lease = test.pool.lease()!;
      const shown = [
        inspect(lease, { depth: null, showHidden: true }),
        JSON.stringify(lease),
        inspect({ ...lease }, { depth: null, showHidden: true }),
      ];
      expect(shown.join()).not.toContain(keyText(1));
      expect(inspect(lease)).toBe(`KeyLease(${lease.maskedKey})`);
    });

    it('shows no key in the reason that a lease is settled with', () => {
      test.add(1);
      const echo = Buffer.from(keyText(1)).toString('hex');
      test.pool.lease()!.settle({ outcome: 'invalid_key', reason: `no such key: ${echo}` });
      expect(snapshot(0).reason).toBe('no such key: ***');
      expect(test.events.at(-1)).toMatchObject({ reason: 'no such key: ***' });
    });
  });

  describe('settling', () => {
    it('counts every settled call once, and what speaks of the key against it', () => {
      const key = test.add(1);
      for (const outcome of [
        'ok',
        'ok',
        'unknown',
        'server_error',
        'network_error',
        'timeout',
        'bad_request',
      ] as const) {
        const lease = test.pool.lease()!;
        test.clock.skip(100);
        lease.settle(outcome);
      }
      expect(snapshot(0)).toMatchObject({
        successCount: 2,
        errorCount: 1,
        successRate: 66.7,
        responseTimeMs: 100,
        inFlight: 0,
        status: 'healthy',
      });
      expect(test.settled.filter(({ source }) => source === 'call')).toHaveLength(7);
      expect(test.settled.at(-1)).toEqual({
        keyId: key.id,
        outcome: 'bad_request',
        durationMs: 100,
        source: 'call',
      });
    });

    it('a second time is an error in tests', () => {
      test.add(1);
      const lease = test.pool.lease()!;
      lease.settle('ok');
      expect(() => lease.settle('invalid_key')).toThrow(/settled already/);
      expect(snapshot(0)).toMatchObject({ status: 'healthy', successCount: 1, inFlight: 0 });
    });

    it.each(['production', 'development'])('a second time does nothing under NODE_ENV=%s', (environment) => {
      test.add(1);
      const lease = test.pool.lease()!;
      const before = process.env.NODE_ENV;
      process.env.NODE_ENV = environment;
      try {
        lease.settle('ok');
        lease.settle('invalid_key');
      } finally {
        process.env.NODE_ENV = before;
      }
      expect(snapshot(0)).toMatchObject({ status: 'healthy', successCount: 1, inFlight: 0 });
    });

    it.each([undefined, null, 'fine', {}, { outcome: 'fine' }])(
      'with %j is refused, and leaves the lease open',
      (wrong) => {
        test.add(1);
        const lease = test.pool.lease()!;
        expect(() => lease.settle(wrong as never)).toThrow(TypeError);
        lease.settle('ok');
        expect(snapshot(0)).toMatchObject({ inFlight: 0, successCount: 1 });
      },
    );

    it.each<[string, (test: TestPool) => void]>([
      ['deleted', ({ pool }) => pool.delete([...pool.records()][0]!, 'administrator')],
      ['disabled', ({ pool }) => pool.setEnabled([...pool.records()][0]!, false, 'administrator')],
      ['removed', ({ pool }) => pool.leaseForProbe([...pool.records()][0]!).settle('invalid_key')],
    ])('returns the calls in flight to zero when the key is %s meanwhile', (_, change) => {
      const key = test.add(1);
      const leases = Array.from({ length: 5 }, () => test.pool.lease()!);
      change(test);
      for (const [n, lease] of leases.entries())
        lease.settle((['ok', 'invalid_key', 'rate_limited', 'unknown', 'timeout'] as const)[n]!);
      expect(key.inFlight).toBe(0);
      expect(key.candidates.map(({ inFlight }) => inFlight)).toEqual([0]);
      expect(test.pool.lease()).toBeUndefined();
    });

    it('after a deletion does not touch the key that was added again', () => {
      const old = test.add(1);
      const lease = test.pool.lease()!;
      test.pool.delete(old, 'administrator');
      const anew = test.add(1);
      lease.settle('invalid_key');
      expect(anew).toMatchObject({ status: 'healthy', inFlight: 0, errorCount: 0 });
      expect(test.pool.lease()?.candidate.record).toBe(anew);
    });
  });

  describe('verdicts', () => {
    it('revive a removed key by no late success of an earlier call', () => {
      const key = test.add(1);
      const [first, second] = [test.pool.lease()!, test.pool.lease()!];
      first.settle('invalid_key');
      test.clock.skip(10);
      second.settle('ok');
      expect(key.status).toBe('invalid_key');
    });

    it('shorten no cooldown by a late success of an earlier call', () => {
      const key = test.add(1);
      const [first, second] = [test.pool.lease()!, test.pool.lease()!];
      first.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.clock.skip(10);
      second.settle('ok');
      expect(snapshot(0)).toMatchObject({ status: 'rate_limited', cooldownUntil: new Date(now() - 10 + M) });
      expect(key.failureStreak).toMatchObject({ count: 1 });
    });

    it('bring a key without quota back by a probe alone', () => {
      const key = test.add(1);
      test.pool.lease()!.settle('quota_exceeded');
      test.clock.skip(7 * 60 * M);
      expect(test.pool.lease()).toBeUndefined();
      test.pool.leaseForProbe(key).settle('ok');
      expect(test.pool.lease()?.keyId).toBe(key.id);
    });

    it('for want of quota cool down the checked keys of the group for 10 s, and let none in that was not checked', () => {
      test.add(1, { quotaGroup: 'a' });
      test.add(2, { quotaGroup: 'a' });
      test.addUnchecked(3, { quotaGroup: 'a' });
      test.add(4);
      test.pool.leaseForProbe([...test.pool.records()][0]!).settle('quota_exceeded');
      const shown = () => [...test.pool.records()].map(({ status }) => status);
      expect(shown()).toEqual(['quota_exceeded', 'cooling_down', 'unchecked', 'healthy']);
      expect(snapshot(1).cooldownUntil).toEqual(new Date(now() + 10 * S));
      test.clock.skip(10 * S);
      test.pool.wake();
      expect(shown()).toEqual(['quota_exceeded', 'healthy', 'unchecked', 'healthy']);
    });

    it('keep the reason of a removal while probes say nothing on the key', () => {
      const key = test.add(1);
      test.pool.lease()!.settle({ outcome: 'invalid_key', reason: 'invalid_api_key' });
      test.clock.skip(30 * S);
      test.pool.leaseForProbe(key).settle({ outcome: 'network_error', reason: 'ECONNRESET' });
      expect(snapshot(0)).toMatchObject({
        status: 'invalid_key',
        reason: 'invalid_api_key',
        recheckAt: new Date(now() + 30 * S),
      });
      expect(key.outcome).toBe('invalid_key');
    });

    it('let a call prove a key that no check could', () => {
      const key = test.addUnchecked(1);
      test.pool.leaseForProbe(key).settle('server_error');
      expect(key.state).toEqual({ status: 'healthy', unproven: true });
      test.events.length = 0;
      test.pool.lease()!.settle('ok');
      expect(key.state).toEqual({ status: 'healthy', unproven: false });
      expect(test.events).toEqual([]);
    });

    it('cool down the other keys of a quota group too, and not longer than they cool down already', () => {
      const [one, two, stranger] = [
        test.add(1, { quotaGroup: 'a' }),
        test.add(2, { quotaGroup: 'a' }),
        test.add(3, { quotaGroup: 'b' }),
      ];
      const lease = test.pool.lease({ exclude: new Set([two.id, stranger.id]) })!;
      lease.settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect([one, two, stranger].map(({ status }) => status)).toEqual(['rate_limited', 'rate_limited', 'healthy']);
      test.pool.delete(two, 'administrator');
      test.clock.skip(M);
      test.pool.lease({ exclude: new Set([stranger.id]) })!.settle('rate_limited');
      expect(two.state).toMatchObject({ until: now() });
    });

    it('cool down the others of a group for their common limit, not for what its key alone cools down for', () => {
      const [one, two] = [test.add(1, { quotaGroup: 'a' }), test.add(2, { quotaGroup: 'a' })];
      test.pool.lease({ exclude: new Set([two.id]) })!.settle({ outcome: 'permission_denied', scope: 'key' });
      test.pool.leaseForProbe(one).settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(one.state).toEqual({ status: 'cooling_down', until: now() + 60 * M, statedUntil: now() + M });
      expect(two.state).toEqual({ status: 'rate_limited', until: now() + M, statedUntil: now() + M });
    });
  });
});
