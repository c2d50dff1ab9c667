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
        model: undefined,
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
      expect(key.slots.map(({ inFlight }) => inFlight)).toEqual([0]);
      expect(test.pool.lease()).toBeUndefined();
    });

    it('after a deletion does not touch the key that was added again', () => {
      const old = test.add(1);
      const lease = test.pool.lease()!;
      test.pool.delete(old, 'administrator');
      const anew = test.add(1);
      lease.settle('invalid_key');
      expect(anew).toMatchObject({ status: 'healthy', inFlight: 0, errorCount: 0 });
      expect(test.pool.lease()?.slot.record).toBe(anew);
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

    it('shorten no rest by a late success of an earlier call', () => {
      const key = test.add(1);
      const [first, second] = [test.pool.lease()!, test.pool.lease()!];
      first.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.clock.skip(10);
      second.settle('ok');
      expect(snapshot(0)).toMatchObject({ status: 'rate_limited', restsUntil: new Date(now() - 10 + M) });
      expect(key.strikes).toMatchObject({ count: 1 });
    });

    it('bring a key without quota back by a probe alone', () => {
      const key = test.add(1);
      test.pool.lease()!.settle('quota_exceeded');
      test.clock.skip(7 * 60 * M);
      expect(test.pool.lease()).toBeUndefined();
      test.pool.leaseForProbe(key).settle('ok');
      expect(test.pool.lease()?.keyId).toBe(key.id);
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

    it('rest the other keys of a quota group too, and not longer than they rest already', () => {
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
  });

  describe('rests', () => {
    it('end with time, and the first call after one goes alone until one succeeds', () => {
      const key = test.add(1);
      test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.clock.skip(M - 1);
      expect(test.pool.lease()).toBeUndefined();
      test.clock.skip(1);
      const trial = test.pool.lease()!;
      expect(trial.keyId).toBe(key.id);
      expect(test.pool.lease()).toBeUndefined();
      trial.settle('server_error');
      const again = test.pool.lease()!;
      expect(test.pool.lease()).toBeUndefined();
      again.settle('ok');
      expect([test.pool.lease(), test.pool.lease()].map((lease) => lease?.keyId)).toEqual([key.id, key.id]);
    });

    it('that end during another’s call do not wait for that call', () => {
      test.add(1);
      const [limited, slow] = [test.pool.lease()!, test.pool.lease()!];
      limited.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.clock.skip(M);
      const trial = test.pool.lease();
      expect(trial).toBeDefined();
      slow.settle('ok');
      expect(test.pool.lease()).toBeUndefined();
    });

    it('of the whole key give one trial, whatever the models', () => {
      test.add(1);
      test.pool.lease({ model: 'x' })!.settle({ outcome: 'rate_limited', retryAfterMs: S });
      test.pool.lease()!.settle({ outcome: 'rate_limited', scope: 'key', retryAfterMs: M });
      test.clock.skip(M);
      expect(test.pool.lease({ model: 'x' })).toBeDefined();
      expect([test.pool.lease(), test.pool.lease({ model: 'x' }), test.pool.lease({ model: 'y' })]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('that follow a refused trial grow', () => {
      const key = test.add(1);
      for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
        test.pool.lease()!.settle('rate_limited');
        expect(key.state).toMatchObject({ until: now() + seconds * S });
        test.clock.skip(seconds * S);
      }
    });

    it('of no length leave no trace', () => {
      const key = test.add(1);
      test.pool.setState(key, { status: 'rate_limited', until: now() }, 'store');
      expect(key.status).toBe('healthy');
      expect([test.pool.lease(), test.pool.lease()]).not.toContain(undefined);
    });

    it('are over when a late call is settled before anything else woke the key', () => {
      const key = test.add(1);
      const [limited, slow] = [test.pool.lease()!, test.pool.lease()!];
      limited.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.clock.skip(M);
      slow.settle('ok');
      expect(key.status).toBe('healthy');
      test.pool.lease()!.settle('ok');
      expect([test.pool.lease(), test.pool.lease()]).not.toContain(undefined);
    });

    it('show as over in a snapshot before anything woke the key', () => {
      test.add(1);
      test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M, reason: 'slow down' });
      expect(snapshot(0)).toMatchObject({
        status: 'rate_limited',
        reason: 'slow down',
        restsUntil: new Date(now() + M),
      });
      test.clock.skip(M);
      expect(snapshot(0)).toMatchObject({ status: 'healthy', reason: undefined, restsUntil: undefined });
    });
  });

  describe('rests for one model', () => {
    it('leave the key to the others', () => {
      const key = test.add(1);
      test.pool.lease({ model: 'x' })!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(snapshot(0)).toMatchObject({ status: 'healthy', rests: [{ model: 'x', until: new Date(now() + M) }] });
      expect(test.pool.lease({ model: 'x' })).toBeUndefined();
      expect(test.pool.lease({ model: 'y' })?.keyId).toBe(key.id);
      expect(test.pool.lease()?.keyId).toBe(key.id);
      expect(test.pool.nextWake('x')).toBe(now() + M);
      expect(test.pool.nextWake(undefined)).toBeUndefined();

      test.clock.skip(M);
      const trial = test.pool.lease({ model: 'x' })!;
      expect(test.pool.lease({ model: 'x' })).toBeUndefined();
      trial.settle('ok');
      expect([test.pool.lease({ model: 'x' }), test.pool.lease({ model: 'x' })]).not.toContain(undefined);
      expect(snapshot(0).rests).toEqual([]);
    });

    it('are known from what the vendor names, where the caller names none', () => {
      test.add(1);
      test.pool.lease()!.settle({ outcome: 'model_unavailable', model: 'x' });
      expect(snapshot(0)).toMatchObject({ status: 'healthy', rests: [{ model: 'x' }] });
    });

    it('are never shortened, and grow while refusals go on', () => {
      const key = test.add(1);
      const [one, two] = [test.pool.lease({ model: 'x' })!, test.pool.lease({ model: 'x' })!];
      one.settle({ outcome: 'rate_limited', retryAfterMs: M });
      two.settle({ outcome: 'rate_limited', retryAfterMs: S });
      expect(test.pool.nextWake('x')).toBe(now() + M);
      test.clock.skip(M);
      test.pool.lease({ model: 'x' })!.settle('rate_limited');
      expect(test.pool.nextWake('x')).toBe(now() + 4 * S);
      test.clock.skip(4 * S);
      test.pool.lease({ model: 'x' })!.settle('ok');
      test.clock.skip(1);
      test.pool.lease({ model: 'x' })!.settle('rate_limited');
      expect(test.pool.nextWake('x')).toBe(now() + 2 * S);
      expect(key.status).toBe('healthy');
    });

    it('rest the group for that model', () => {
      const [one, two] = [test.add(1, { quotaGroup: 'a' }), test.add(2, { quotaGroup: 'a' })];
      test.pool.lease({ model: 'x', exclude: new Set([two.id]) })!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(test.pool.lease({ model: 'x' })).toBeUndefined();
      expect([one, two].map(({ status }) => status)).toEqual(['healthy', 'healthy']);
    });

    it('are bounded in number: the model that was longest not asked for is forgotten', () => {
      const key = test.add(1);
      for (let n = 0; n < 200; n += 1) {
        test.pool.lease({ model: `model-${n}` })!.settle({ outcome: 'rate_limited', retryAfterMs: M });
        test.pool.lease({ model: 'model-0' })?.settle('ok');
      }
      expect(key.slots.length).toBeLessThanOrEqual(64);
      expect(key.status).toBe('healthy');
      expect(test.pool.lease({ model: 'model-0' })).toBeUndefined();
      expect(test.pool.lease({ model: 'model-199' })).toBeUndefined();
      expect(test.pool.lease({ model: 'model-1' })).toBeDefined();
    });

    it('that are forgotten lose no call in flight', () => {
      const key = test.add(1, { limits: { concurrency: 1 } });
      test.pool.lease({ model: 'x' })!.settle({ outcome: 'rate_limited', retryAfterMs: S });
      test.clock.skip(S);
      const lease = test.pool.lease({ model: 'x' })!;
      for (let n = 0; n < 100; n += 1) test.pool.restModel(key, `model-${n}`, now() + M, 'instance');
      lease.settle('ok');
      expect(key.inFlight).toBe(0);
      expect(test.pool.lease({ model: 'x' })).toBeDefined();
    });
  });

  describe('keys for certain models', () => {
    it('are used for these alone', () => {
      const [some, any] = [test.add(1, { models: ['x'] }), test.add(2)];
      const use = (model?: string): string => {
        const lease = test.pool.lease({ model })!;
        lease.settle('ok');
        return lease.keyId;
      };
      const ids = (model?: string): Set<string> => new Set(Array.from({ length: 40 }, () => use(model)));
      expect(ids('x')).toEqual(new Set([some.id, any.id]));
      expect(ids('y')).toEqual(new Set([any.id]));
      expect(ids()).toEqual(new Set([some.id, any.id]));
      for (let n = 0; n < 100; n += 1) expect(ids(`model-${n}`)).toEqual(new Set([any.id]));
    });

    it('are not waited for by calls for others', () => {
      const key = test.add(1, { models: ['x'] });
      test.pool.setState(key, { status: 'resting', until: now() + M }, 'store');
      expect(test.pool.nextWake('x')).toBe(now() + M);
      expect(test.pool.nextWake('y')).toBeUndefined();
      expect(test.pool.mayBeFreed('y')).toBe(false);
    });
  });

  describe('limits', () => {
    it('bound the calls in flight, over all models', () => {
      const key = test.add(1, { limits: { concurrency: 2 } });
      test.pool.restModel(key, 'x', now() + 1, 'instance');
      test.clock.skip(1);
      const leases = [test.pool.lease()!, test.pool.lease({ model: 'x' })!];
      expect([test.pool.lease(), test.pool.lease({ model: 'x' })]).toEqual([undefined, undefined]);
      leases[0]!.settle('ok');
      expect(test.pool.lease()).toBeDefined();
      leases[1]!.settle('ok');
      expect(test.pool.lease({ model: 'x' })).toBeDefined();
    });

    it('change at run time', () => {
      const key = test.add(1, { limits: { concurrency: 1 } });
      test.pool.lease();
      expect(test.pool.lease()).toBeUndefined();
      test.pool.update(key, { limits: { concurrency: 2 } }, 'administrator');
      expect(test.pool.lease()).toBeDefined();
      test.pool.update(key, { limits: { concurrency: 1 }, label: 'mine', weight: undefined }, 'administrator');
      expect(test.pool.lease()).toBeUndefined();
      expect(test.events.at(-1)).toMatchObject({ type: 'key_updated', fields: ['limits', 'label'] });
      expect(() => test.pool.update(key, { weight: 0 }, 'administrator')).toThrow(RangeError);
      expect(key.weight).toBe(1);
    });
  });

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

    it('does not stop a rest’s time', () => {
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

  describe('the count of removed keys', () => {
    it('counts each time a key leaves, however often its removal changes name', () => {
      const key = test.add(1);
      test.pool.lease()!.settle('quota_exceeded');
      test.clock.skip(1);
      test.pool.leaseForProbe(key).settle('invalid_key');
      test.pool.setEnabled(key, false, 'administrator');
      test.pool.setEnabled(key, true, 'administrator');
      expect(test.pool.keysRemoved).toBe(1);
      test.clock.skip(60 * M);
      test.pool.leaseForProbe(key).settle('ok');
      test.pool.setEnabled(key, false, 'administrator');
      expect(test.pool.keysRemoved).toBe(2);
      test.pool.leaseForProbe(test.addUnchecked(2)).settle('invalid_key');
      expect(test.pool.keysRemoved).toBe(3);
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
          type: 'model_rested',
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
});
