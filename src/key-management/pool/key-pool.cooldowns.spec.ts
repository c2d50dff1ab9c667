import { TestPool } from '../../../test/support/pool';
import type { KeyRecord } from './key/key-record';

const S = 1_000;
const M = 60 * S;

describe('KeyPool: cools down and limits', () => {
  let test: TestPool;
  beforeEach(() => {
    test = new TestPool();
  });
  const now = (): number => test.clock.now();
  const coolDown = (key: KeyRecord, model: string, ms: number): void =>
    test.pool.coolDown(key, { model }, { until: now() + ms, outcome: 'rate_limited', statedUntil: 0 }, 'instance');
  const snapshot = (n: number) => test.pool.snapshot([...test.pool.records()][n]!);

  describe('cooldowns', () => {
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

    it('that come while a trial runs are followed by one of their own, which the end of the first does not end', () => {
      test.add(1);
      const [one, two] = [test.pool.lease()!, test.pool.lease()!];
      one.settle({ outcome: 'rate_limited', retryAfterMs: S });
      test.clock.skip(S);
      const early = test.pool.lease()!;
      two.settle({ outcome: 'rate_limited', retryAfterMs: S });
      test.clock.skip(S);
      const trial = test.pool.lease()!;
      early.settle('ok');
      expect(test.pool.lease()).toBeUndefined();
      trial.settle('ok');
      expect(test.pool.lease()).toBeDefined();
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
        cooldownUntil: new Date(now() + M),
      });
      test.clock.skip(M);
      expect(snapshot(0)).toMatchObject({ status: 'healthy', reason: undefined, cooldownUntil: undefined });
    });
  });

  describe('cools down for one model', () => {
    it('leave the key to the others', () => {
      const key = test.add(1);
      test.pool.lease({ model: 'x' })!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(snapshot(0)).toMatchObject({ status: 'healthy', cooldowns: [{ model: 'x', until: new Date(now() + M) }] });
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
      expect(snapshot(0).cooldowns).toEqual([]);
    });

    it('are known from what the vendor names, where the caller names none', () => {
      test.add(1);
      test.pool.lease()!.settle({ outcome: 'model_unavailable', model: 'x' });
      expect(snapshot(0)).toMatchObject({ status: 'healthy', cooldowns: [{ model: 'x' }] });
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

    it('cool down the group for that model', () => {
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
      expect(key.candidates.length).toBeLessThanOrEqual(64);
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
      for (let n = 0; n < 100; n += 1) coolDown(key, `model-${n}`, M);
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
      test.pool.setState(key, { status: 'cooling_down', until: now() + M }, 'store');
      expect(test.pool.nextWake('x')).toBe(now() + M);
      expect(test.pool.nextWake('y')).toBeUndefined();
      expect(test.pool.mayBeFreed('y')).toBe(false);
    });
  });

  describe('limits', () => {
    it('bound the calls in flight, over all models', () => {
      const key = test.add(1, { limits: { concurrency: 2 } });
      coolDown(key, 'x', 1);
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
});
