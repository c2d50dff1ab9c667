import { inspect } from 'node:util';
import { keyText, TestPool } from '../../../test/support/pool';
import { isRemovedStatus } from './key/key-state';

const S = 1_000;
const M = 60 * S;

describe('KeyPool: waiting, changes and events', () => {
  let test: TestPool;
  beforeEach(() => {
    test = new TestPool();
  });
  const now = (): number => test.clock.now();
  const snapshot = (n: number) => test.pool.snapshot([...test.pool.records()][n]!);

  describe('waiting', () => {
    it('is worth while for a key in use or unchecked, and not for one that is away', () => {
      expect(test.pool.mayBeFreed(undefined)).toBe(false);
      const key = test.addUnchecked(1, { limits: { concurrency: 1 } });
      expect(test.pool.mayBeFreed(undefined)).toBe(true);
      test.pool.leaseForProbe(key).settle('ok');
      const lease = test.pool.lease()!;
      expect(test.pool.mayBeFreed(undefined)).toBe(true);
      lease.settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(test.pool.mayBeFreed(undefined)).toBe(false);
      expect(test.pool.nextWake(undefined)).toBe(now() + M);
      test.pool.setEnabled(key, false, 'administrator');
      expect(test.pool.nextWake(undefined)).toBeUndefined();
      test.pool.delete(key, 'administrator');
      expect(test.pool.mayBeFreed(undefined)).toBe(false);
    });

    it('is told of each key that may be chosen again', () => {
      const key = test.add(1, { limits: { concurrency: 1 } });
      const freed = (action: () => void): number => {
        const before = test.freed;
        action();
        return test.freed - before;
      };
      const lease = test.pool.lease()!;
      expect(freed(() => lease.settle('ok'))).toBe(1);
      test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(freed(() => test.pool.wake())).toBe(0);
      test.clock.skip(M);
      expect(freed(() => test.pool.wake())).toBe(1);
      test.pool.setEnabled(key, false, 'administrator');
      expect(freed(() => test.pool.setEnabled(key, true, 'administrator'))).toBe(1);
      test.pool.lease()!.settle('invalid_key');
      expect(freed(() => test.pool.leaseForProbe(key).settle('ok'))).toBe(1);
      expect(freed(() => test.add(2))).toBe(1);
    });
  });

  describe('an administrator’s switch', () => {
    it('lies over what the vendor says, and gives it back', () => {
      const key = test.add(1);
      test.pool.setEnabled(key, false, 'administrator');
      expect(snapshot(0)).toMatchObject({ status: 'disabled', recheckAt: undefined });
      expect(test.pool.lease()).toBeUndefined();
      test.pool.leaseForProbe(key).settle('invalid_key');
      expect(key.status).toBe('disabled');
      test.pool.setEnabled(key, true, 'administrator');
      expect(snapshot(0)).toMatchObject({ status: 'invalid_key', recheckAt: new Date(now() + 30 * S) });
    });

    it('does not stop a cooldown’s time', () => {
      const key = test.add(1);
      test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.pool.setEnabled(key, false, 'administrator');
      test.clock.skip(M);
      expect(test.pool.lease()).toBeUndefined();
      expect(key.status).toBe('disabled');
      test.events.length = 0;
      test.pool.setEnabled(key, true, 'administrator');
      expect(test.events).toMatchObject([{ type: 'status_changed', from: 'disabled', to: 'healthy' }]);
      expect(test.pool.lease()).toBeDefined();
    });

    it('does nothing where it stands so already', () => {
      const key = test.add(1);
      test.events.length = 0;
      test.pool.setEnabled(key, true, 'administrator');
      expect(test.events).toEqual([]);
    });
  });

  describe('the events of removals', () => {
    const removals = (): number =>
      test.events.filter(
        (event) => event.type === 'status_changed' && isRemovedStatus(event.to) && !isRemovedStatus(event.from),
      ).length;

    it('tell each time a key leaves, however often its removal changes name', () => {
      const key = test.add(1);
      test.pool.lease()!.settle('quota_exceeded');
      test.clock.skip(1);
      test.pool.leaseForProbe(key).settle('invalid_key');
      test.pool.setEnabled(key, false, 'administrator');
      test.pool.setEnabled(key, true, 'administrator');
      expect(removals()).toBe(1);
      test.clock.skip(60 * M);
      test.pool.leaseForProbe(key).settle('ok');
      test.pool.setEnabled(key, false, 'administrator');
      expect(removals()).toBe(2);
      test.pool.leaseForProbe(test.addUnchecked(2)).settle('invalid_key');
      expect(removals()).toBe(3);
    });
  });

  describe('events', () => {
    it('say from what to what, by whom, why and until when', () => {
      const key = test.addUnchecked(1);
      test.pool.leaseForProbe(key).settle('ok');
      const at = new Date(now());
      test.pool.lease()!.settle({ outcome: 'rate_limited', reason: 'slow_down', retryAfterMs: S });
      test.clock.skip(S);
      test.pool.wake();
      test.pool.lease({ model: 'x' })!.settle({ outcome: 'rate_limited', reason: 'rpm', retryAfterMs: S });
      test.pool.lease()!.settle({ outcome: 'invalid_key', reason: 'revoked' });
      test.clock.skip(30 * S);
      test.pool.leaseForProbe(key).settle('ok');
      test.pool.setEnabled(key, false, 'administrator');
      test.pool.delete(key, 'administrator');

      const base = { provider: 'openai', keyId: key.id, maskedKey: key.key.masked };
      const changed = { ...base, type: 'status_changed' };
      const later = new Date(Number(at) + S);
      expect(test.events).toMatchObject([
        { ...base, type: 'key_added', status: 'unchecked', by: 'configuration', at },
        { ...changed, from: 'unchecked', to: 'healthy', by: 'probe', outcome: 'ok' },
        {
          ...changed,
          from: 'healthy',
          to: 'rate_limited',
          by: 'call',
          outcome: 'rate_limited',
          reason: 'slow_down',
          until: later,
        },
        { ...changed, from: 'rate_limited', to: 'healthy', by: 'time', at: later },
        {
          ...base,
          type: 'model_cooled_down',
          model: 'x',
          by: 'call',
          outcome: 'rate_limited',
          reason: 'rpm',
          until: new Date(Number(at) + 2 * S),
        },
        {
          ...changed,
          from: 'healthy',
          to: 'invalid_key',
          by: 'call',
          outcome: 'invalid_key',
          reason: 'revoked',
          until: new Date(Number(at) + 31 * S),
        },
        { ...changed, from: 'invalid_key', to: 'healthy', by: 'probe', outcome: 'ok' },
        { ...changed, from: 'healthy', to: 'disabled', by: 'administrator', until: undefined },
        { ...base, type: 'key_deleted', by: 'administrator' },
      ]);
      expect(inspect(test.events, { depth: null })).not.toContain(keyText(1));
    });
  });

  describe('quota groups', () => {
    it('frees the others of a limit that only a deleted key had', () => {
      const strict = test.add(1, { quotaGroup: 'one', limits: { concurrency: 1 } });
      test.add(2, { quotaGroup: 'one' });
      const lease = test.pool.lease()!;
      expect(test.pool.lease()).toBeUndefined();
      const before = test.freed;
      test.pool.delete(strict, 'administrator');
      expect(test.freed).toBeGreaterThan(before);
      expect(test.pool.lease()).toBeDefined();
      lease.settle('ok');
    });

    it('frees the others when the last call of a deleted key ends, which counted in their common limit', () => {
      const limits = { concurrency: 1 };
      const one = test.add(1, { quotaGroup: 'one', limits });
      const two = test.add(2, { quotaGroup: 'one', limits });
      const lease = test.pool.lease({ exclude: new Set([two.id]) })!;
      test.pool.delete(one, 'administrator');
      expect(test.pool.lease()).toBeUndefined();
      const before = test.freed;
      lease.settle('cancelled');
      expect(test.freed).toBeGreaterThan(before);
      expect(test.pool.lease()?.keyId).toBe(two.id);
    });

    it('has a key that joins go at the rateLimiter of its group from the start', () => {
      const reading = { dimension: 'requests' as const, limit: 10, remaining: 0, resetMs: 30_000 };
      test.pool.accounts.profile = () => ({
        limitKind: 'token_bucket',
        rateLimitScope: 'key',
        readRateLimits: () => [reading],
      });
      test.add(1, { quotaGroup: 'one' });
      const lease = test.pool.lease()!;
      lease.answered(new Headers());
      lease.settle('ok');
      expect(test.pool.lease()).toBeUndefined();
      test.add(2, { quotaGroup: 'one' });
      expect(test.pool.lease()).toBeUndefined();
      test.clock.skip(30_000);
      expect(test.pool.lease()).toBeDefined();
    });
  });

  it('takes no notice of what an answer tells of a key that was deleted meanwhile', () => {
    test.pool.accounts.profile = () => ({
      limitKind: 'token_bucket',
      rateLimitScope: 'key_model',
      readRateLimits: () => [{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 30_000 }],
    });
    const key = test.add(1);
    const lease = test.pool.lease({ model: 'new-model' })!;
    test.pool.delete(key, 'administrator');
    expect(() => {
      lease.answered(new Headers());
      lease.used(10);
      lease.settle('ok');
    }).not.toThrow();
  });

  it('tells those who wait of a cooldown that has an end, where there was none before', () => {
    const key = test.add(1, { limits: { requestsPerMinute: 1 } });
    test.pool.lease()!.settle('ok');
    test.pool.setEnabled(key, false, 'administrator');
    expect(test.pool.nextWake(undefined)).toBeUndefined();
    const before = test.freed;
    test.pool.setEnabled(key, true, 'administrator');
    expect(test.freed).toBeGreaterThan(before);
    expect(test.pool.nextWake(undefined)).toBeLessThan(Infinity);
  });
});
