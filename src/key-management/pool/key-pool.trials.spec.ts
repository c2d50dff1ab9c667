import { TestPool } from '../../../test/support/pool';
import { openai } from '../vendors/openai/openai';
import { vendorOf } from '../vendors/vendor-of';
import type { PoolLease } from './key-lease';
import { TRIAL_MS } from './key/trial';

const S = 1_000;

describe('KeyPool: trials', () => {
  let test: TestPool;
  beforeEach(() => {
    test = new TestPool();
  });
  const now = (): number => test.clock.now();
  const many = (count: number, model?: string): (PoolLease | undefined)[] =>
    Array.from({ length: count }, () => test.pool.lease({ model }));
  const granted = (leases: readonly unknown[]): number => leases.filter((lease) => lease !== undefined).length;

  it.each([undefined, 'x'])('A1: end after ten seconds, whatever becomes of the call (model %s)', (model) => {
    test.add(1);
    test.pool.lease({ model })!.settle({ outcome: 'rate_limited', retryAfterMs: S });
    test.clock.skip(S);
    const hung = test.pool.lease({ model })!;
    expect(test.pool.lease({ model })).toBeUndefined();
    expect(test.pool.mayBeFreed(model)).toBe(true);
    expect(test.pool.nextWake(model)).toBe(now() + TRIAL_MS);
    test.clock.skip(TRIAL_MS - 1);
    expect(test.pool.lease({ model })).toBeUndefined();
    test.clock.skip(1);
    const second = test.pool.lease({ model })!;
    expect(test.pool.lease({ model })).toBeUndefined();
    // The one that hung speaks of the past.
    hung.settle('timeout');
    expect(test.pool.lease({ model })).toBeUndefined();
    second.settle('ok');
    expect(granted(many(3, model))).toBe(3);
  });

  it.each([undefined, 'x'])('are short after a rate limit where headers pace the calls (model %s)', (model) => {
    test.add(1);
    test.pool.accounts.profile = () => vendorOf(openai);
    const limited = test.pool.lease({ model })!;
    limited.answered(new Headers({ 'x-ratelimit-limit-requests': '6000', 'x-ratelimit-remaining-requests': '5000' }));
    limited.settle({ outcome: 'rate_limited', retryAfterMs: S });
    test.clock.skip(S);
    expect(granted(many(2, model))).toBe(1);
    test.clock.skip(99);
    expect(test.pool.lease({ model })).toBeUndefined();
    test.clock.skip(1);
    expect(granted(many(2, model))).toBe(1);
  });

  it('are as long as ever after a failure that is no rate limit, whatever headers state', () => {
    test.add(1);
    test.pool.accounts.profile = () => vendorOf(openai);
    const failed = test.pool.lease()!;
    failed.answered(new Headers({ 'x-ratelimit-limit-requests': '6000', 'x-ratelimit-remaining-requests': '5000' }));
    failed.settle({ outcome: 'server_error', keyAction: 'cool_down', retryAfterMs: S });
    test.clock.skip(S);
    expect(granted(many(2))).toBe(1);
    test.clock.skip(TRIAL_MS - 1);
    expect(test.pool.lease()).toBeUndefined();
  });

  it('are short after a rate limit also where a good answer has come since', () => {
    test.add(1);
    test.pool.accounts.profile = () => vendorOf(openai);
    const limited = test.pool.lease()!;
    limited.answered(new Headers({ 'x-ratelimit-limit-requests': '6000', 'x-ratelimit-remaining-requests': '5000' }));
    limited.settle({ outcome: 'rate_limited', retryAfterMs: S });
    test.clock.skip(S);
    const first = test.pool.lease()!;
    test.clock.skip(100);
    expect(granted(many(2))).toBe(1);
    // It ends the streak of failures, and not the trial that has begun after it.
    first.settle('ok');
    expect(test.pool.lease()).toBeUndefined();
    test.clock.skip(100);
    expect(granted(many(2))).toBe(1);
  });

  it.each([undefined, 'x'])('A2: end when the call is accepted, long before its answer ends (model %s)', (model) => {
    test.add(1);
    test.pool.lease({ model })!.settle({ outcome: 'rate_limited', retryAfterMs: S });
    test.clock.skip(S);
    const trial = test.pool.lease({ model })!;
    expect(test.pool.lease({ model })).toBeUndefined();
    test.freed = 0;
    trial.accepted();
    expect(test.freed).toBe(1);
    const others = many(20, model);
    expect(granted(others)).toBe(20);
    // What becomes of the answer afterwards is another matter.
    trial.settle('network_error');
    expect(test.pool.lease({ model })).toBeDefined();
  });

  it('A2: of a key that was refused while its call was alone open the key to as many calls as before', () => {
    test.add(1);
    test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: S });
    test.clock.skip(S);
    (test.pool.lease() as PoolLease).accepted();
    expect(granted(many(20))).toBe(20);
  });

  describe('through an open circuit breaker', () => {
    beforeEach(() => {
      test.addMany(5);
      for (let n = 0; n < 18; n += 1) test.pool.lease()!.settle('server_error');
      expect(test.pool.breakerStatus()).toEqual({ state: 'open', since: now(), until: now() + S });
      expect([test.pool.lease(), test.pool.mayBeFreed(undefined)]).toEqual([undefined, false]);
      test.clock.skip(S);
    });

    it('A1: end after ten seconds, though the call never does', () => {
      expect(granted(many(3))).toBe(1);
      expect(test.pool.breakerStatus()).toMatchObject({ state: 'half_open', until: now() + TRIAL_MS });
      expect(test.pool.nextWake(undefined)).toBe(now() + TRIAL_MS);
      test.clock.skip(TRIAL_MS);
      const [second] = many(3) as PoolLease[];
      second!.settle('ok');
      expect(granted(many(3))).toBe(3);
    });

    it('A1: may be followed by another where a health check shows that the vendor answers', () => {
      expect(granted(many(1))).toBe(1);
      test.freed = 0;
      test.pool.leaseForProbe([...test.pool.records()][0]!).settle('ok');
      expect(test.freed).toBe(1);
      expect(granted(many(3))).toBe(1);
    });

    it('A2: end when the call is accepted', () => {
      const [trial] = many(1) as PoolLease[];
      trial!.accepted();
      expect(test.pool.breakerStatus()).toMatchObject({ state: 'closed', since: now() });
      expect(granted(many(20))).toBe(20);
    });
  });

  describe('a new index', () => {
    const index = (model: string) => test.pool.candidateFor([...test.pool.records()][0]!, model, now());

    it('A3: the first 429 of a model halves the calls that really are in flight', () => {
      test.add(1);
      const [x, y] = [many(20, 'x') as PoolLease[], many(30, 'y') as PoolLease[]];
      x.pop()!.settle({ outcome: 'rate_limited', retryAfterMs: S });
      expect([index('x').inFlight, index('y').inFlight]).toEqual([19, 30]);
      for (const lease of [...x, ...y]) lease.settle('cancelled');
      expect([index('x').inFlight, index('y').inFlight]).toEqual([0, 0]);
      test.clock.skip(S);
      (test.pool.lease({ model: 'x' }) as PoolLease).settle('cancelled');
      (test.pool.lease({ model: 'x' }) as PoolLease).accepted();
      expect(granted(many(30, 'x'))).toBe(9);
      expect(granted(many(30, 'y'))).toBe(30);
    });

    it('A3: counts the calls in flight of all keys that share the limit', () => {
      test.add(1, { quotaGroup: 'g' });
      test.add(2, { quotaGroup: 'g' });
      const open = many(20, 'x') as PoolLease[];
      open.pop()!.settle({ outcome: 'rate_limited', retryAfterMs: S });
      expect(index('x').rateLimiter!.inFlight).toBe(19);
      for (const lease of open) lease.settle('ok');
      expect(index('x').rateLimiter!.inFlight).toBe(0);
    });

    it('A3: leaves a deleted key’s calls to themselves', () => {
      const gone = test.add(1);
      const open = many(3, 'x') as PoolLease[];
      test.pool.delete(gone, 'administrator');
      test.add(2);
      expect(index('x').inFlight).toBe(0);
      for (const lease of open) lease.settle('ok');
      expect(gone.candidates[0]!.inFlight).toBe(0);
    });
  });
});
