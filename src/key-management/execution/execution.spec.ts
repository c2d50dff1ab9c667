import {
  badRequest,
  errorOf,
  exhausted,
  Harness,
  invalid,
  limited,
  noModel,
  overloaded,
  region,
  tooLarge,
  trail,
} from '../../../test/execution/harness';
import { AttemptsExhaustedError, CallRejectedError, DeadlineExceededError, NoHealthyKeysError } from '../errors';
import type { ManagedCall } from './execution.types';

const half = { random: () => 0.5 };

describe('a managed call', () => {
  let harness: Harness;
  afterEach(() => {
    harness.expectIdle();
  });

  it('is served by the next key, without retries and without a pause, where a key proves invalid', async () => {
    harness = new Harness().add('a', [invalid()]).add('b');
    const result = await harness.run({ maxRetries: 0 });
    expect(result).toMatchObject({ success: true, response: 'answer of b', attemptsMade: 2, totalTimeMs: 0 });
    expect(trail(result)).toEqual(['invalid_key', 'ok']);
    expect(harness.snapshot('a')).toMatchObject({ status: 'invalid_key' });
    await harness.run();
    expect(harness.called).toEqual(['a', 'b', 'b']);
  });

  it('walks past any number of removed keys', async () => {
    harness = new Harness();
    for (let n = 0; n < 20; n += 1) harness.add(`dead${n}`, [n % 2 ? invalid() : exhausted()]);
    harness.add('good');
    const result = await harness.run({ maxRetries: 0 });
    expect(result).toMatchObject({ success: true, response: 'answer of good', totalTimeMs: 0 });
    expect(new Set(harness.called).size).toBe(harness.called.length);
  });

  it('cools a rate-limited key down and takes another at once', async () => {
    harness = new Harness().add('a', [limited(20), undefined]).add('b');
    const result = await harness.run({ model: 'm' });
    expect(result).toMatchObject({ success: true, response: 'answer of b', totalTimeMs: 0 });
    expect(harness.snapshot('a').cooldowns).toHaveLength(1);
    await harness.clock.advance(19_000);
    await harness.run({ model: 'm' });
    expect(harness.called).toEqual(['a', 'b', 'b']);
  });

  it('ends at once at a fault of the caller, with the error of the vendor unchanged', async () => {
    const error = badRequest();
    harness = new Harness().add('a', [error]).add('b');
    const result = await harness.run();
    expect(errorOf(result)).toBeInstanceOf(CallRejectedError);
    expect(errorOf(result)!.cause).toBe(error);
    expect(harness.called).toEqual(['a']);
    expect(harness.snapshot('a')).toMatchObject({ status: 'healthy', errorCount: 0 });
  });

  it('A6: takes another key at once after trouble of the vendor, then backs off with full jitter', async () => {
    harness = new Harness(half).add('a', [overloaded()]).add('b', [overloaded()]);
    const result = await harness.runThrough();
    expect(errorOf(result)).toBeInstanceOf(AttemptsExhaustedError);
    expect(harness.called).toEqual(['a', 'b', 'a', 'b']);
    expect(result.attempts.map(({ waitedMs }) => waitedMs)).toEqual([0, 0, 500, 1_000]);
    expect(harness.snapshot('a')).toMatchObject({ status: 'healthy', errorCount: 0, successRate: 100 });
  });

  it('A6: starts the first retry on an untried key in the same tick, and where other keys are well without the budget', async () => {
    harness = new Harness({ random: () => 0.99 }).add('bad', [overloaded()]);
    for (let n = 0; n < 9; n += 1) harness.add(`good${n}`);
    // A budget for retries is there for 20 at once; this is of many more, each with the failure of a key that was well before.
    for (let n = 0; n < 60; n += 1) {
      harness.calls.splice(0);
      const bad = harness.id(`good${n % 9}`);
      const result = await harness.run(undefined, (context) =>
        harness.calls.push({ key: context.keyId, at: harness.clock.now() }) === 1 && context.keyId === bad
          ? Promise.reject(overloaded())
          : Promise.resolve('fine'),
      );
      expect(result).toMatchObject({ success: true, totalTimeMs: 0 });
      expect(new Set(harness.called).size).toBe(harness.called.length);
    }
  });

  it('A6: backs off before a key that was tried', async () => {
    harness = new Harness(half).add('a', [overloaded(), undefined]);
    const result = await harness.runThrough();
    expect(result.attempts.map(({ waitedMs }) => waitedMs)).toEqual([0, 250]);
  });

  it('A6: makes no retry beyond maxRetries, also where an untried key is free', async () => {
    harness = new Harness().add('a', [overloaded()]).add('b');
    expect(errorOf(await harness.run({ maxRetries: 0 }))).toBeInstanceOf(AttemptsExhaustedError);
    expect(harness.called).toEqual(['a']);
  });

  it('A5: asks another key at once where one is asked to wait, and leaves that one alone for as long', async () => {
    harness = new Harness()
      .add('a', [overloaded(5), undefined])
      .add('b')
      .add('c');
    for (let call = 0; call < 60; call += 1)
      expect(await harness.run()).toMatchObject({ success: true, totalTimeMs: 0 });
    expect(harness.called.filter((name) => name === 'a')).toHaveLength(1);
    expect(harness.snapshot('a')).toMatchObject({
      status: 'cooling_down',
      cooldownUntil: new Date(harness.clock.now() + 5_000),
      errorCount: 0,
    });
    await harness.clock.advance(5_000);
    for (let call = 0; call < 6; call += 1) await harness.run();
    expect(harness.called.filter((name) => name === 'a').length).toBeGreaterThan(1);
  });

  it('A5: asks no third key where two are asked to wait, and comes back when both may be asked again', async () => {
    harness = new Harness();
    for (let n = 0; n < 5; n += 1) harness.add(`k${n}`);
    const backAt = harness.clock.now() + 5_000;
    const asked: number[] = [];
    const vendor = (): Promise<string> => {
      asked.push(harness.clock.now());
      return harness.clock.now() < backAt ? Promise.reject(overloaded(5)) : Promise.resolve('fine');
    };
    const calls: Promise<{ success: boolean }>[] = [];
    for (let call = 0; call < 45; call += 1) {
      calls.push(harness.run(undefined, vendor));
      await harness.clock.advance(100);
    }
    expect(asked).toHaveLength(2);
    expect(harness.pool.breakerStatus()).toMatchObject({ state: 'open' });
    await harness.clock.advance(20_000);
    expect((await Promise.all(calls)).every(({ success }) => success)).toBe(true);
    expect(harness.pool.breakerStatus()).toMatchObject({ state: 'closed' });
  });

  it('A5: takes the soonest key where all are asked to wait', async () => {
    harness = new Harness().add('a', [overloaded(2), undefined]).add('b', [overloaded(50), undefined]);
    const result = await harness.runThrough();
    expect(result).toMatchObject({ success: true, response: 'answer of a' });
    expect(result.attempts[2]!.waitedMs).toBe(2_000);
  });

  it('never shortens a stated wait', async () => {
    harness = new Harness().add('a', [overloaded(20), undefined]);
    const result = await harness.runThrough();
    expect(result).toMatchObject({ success: true });
    expect(result.attempts[1]!.waitedMs).toBe(20_000);
  });

  it('ends at once where a stated wait does not fit its time, and says when to come back', async () => {
    const error = overloaded(20);
    harness = new Harness().add('a', [error]);
    const result = await harness.run({ timeoutMs: 10_000 });
    expect(errorOf(result)).toBeInstanceOf(DeadlineExceededError);
    expect(errorOf(result)).toMatchObject({ retryAfterMs: 20_000, cause: error });
    expect(result.totalTimeMs).toBe(0);
  });

  it('does not sleep through an hour that a vendor states, even without a time limit', async () => {
    harness = new Harness().add('a', [overloaded(3_600)]);
    const result = await harness.run();
    expect(errorOf(result)).toMatchObject({ code: 'ATTEMPTS_EXHAUSTED', retryAfterMs: 3_600_000 });
  });

  it('draws its backoff within the time that is left', async () => {
    harness = new Harness({ random: () => 0.99 }).add('a', [overloaded()]);
    const result = await harness.runThrough({ timeoutMs: 400, maxRetries: 5 });
    expect(result.totalTimeMs).toBeLessThanOrEqual(500);
    expect(harness.called.length).toBeGreaterThan(2);
  });

  it.each([noModel, tooLarge])('tries one other key and no third where a key cannot do it', async (fault) => {
    harness = new Harness().add('a', [fault()]).add('b', [fault()]).add('c');
    const result = await harness.run();
    expect(errorOf(result)).toBeInstanceOf(CallRejectedError);
    expect(harness.called).toEqual(['a', 'b']);
  });

  it('ends at a region block: every key would follow', async () => {
    harness = new Harness().add('a', [region()]).add('b');
    expect(errorOf(await harness.run())).toBeInstanceOf(CallRejectedError);
    expect(harness.called).toEqual(['a']);
  });

  it('returns to a key that met trouble of the vendor when the others proved dead', async () => {
    harness = new Harness().add('a', [overloaded(), undefined]).add('b', [invalid()]);
    expect(await harness.runThrough()).toMatchObject({ success: true, response: 'answer of a' });
    expect(harness.called).toEqual(['a', 'b', 'a']);
  });

  it('waits for the soonest key where that fits', async () => {
    harness = new Harness().add('a', [limited(8), undefined]).add('b', [limited(4), undefined]);
    const result = await harness.runThrough({ model: 'm' });
    expect(result).toMatchObject({ success: true, response: 'answer of b' });
    expect(result.attempts[2]!.waitedMs).toBeGreaterThanOrEqual(4_000);
    expect(result.attempts[2]!.waitedMs).toBeLessThan(8_000);
  });

  it('fails fast with the soonest recovery where no key comes in time', async () => {
    harness = new Harness().add('a', [limited(60)]).add('b', [invalid()]);
    await harness.run({ model: 'm' });
    harness.calls.splice(0);
    const result = await harness.run({ model: 'm' });
    const error = errorOf(result) as NoHealthyKeysError;
    expect(error).toBeInstanceOf(NoHealthyKeysError);
    expect(error.counts).toEqual({ healthy: 1, invalid_key: 1 });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(result).toMatchObject({ attemptsMade: 0, totalTimeMs: 0 });
    expect(harness.called).toEqual([]);
  });

  it('waits no longer than it may in all', async () => {
    harness = new Harness().add('a', [limited(4)]);
    const result = await harness.runThrough({ maxWaitMs: 10_000, maxRetries: 10 });
    expect(errorOf(result)).toBeInstanceOf(NoHealthyKeysError);
    expect(result.totalTimeMs).toBeLessThanOrEqual(10_500);
  });

  it('never uses a removed key after its verdict, and never loses a count, in 100 calls at once', async () => {
    harness = new Harness();
    for (let n = 0; n < 5; n += 1) harness.add(`dead${n}`, [invalid()]).add(`good${n}`);
    const verdicts = new Map<string, number>();
    let tick = 0;
    const late: string[] = [];
    const call: ManagedCall<string> = async (context) => {
      tick += 1;
      if (verdicts.has(context.keyId)) late.push(context.keyId);
      for (let n = 0; n < (tick % 5) + 1; n += 1) await Promise.resolve();
      return harness.vendor(context);
    };
    harness.pools.observe({
      keyChanged: (record, event) =>
        void (event.type === 'status_changed' && event.to === 'invalid_key' && verdicts.set(record.id, tick)),
    });
    const results = await Promise.all(Array.from({ length: 100 }, () => harness.run({ maxRetries: 0 }, call)));
    expect(results.filter(({ success }) => !success)).toEqual([]);
    expect(late).toEqual([]);
    const counts = harness.pools.list().reduce((sum, each) => sum + each.successCount + each.errorCount, 0);
    expect(counts).toBe(harness.calls.length);
    expect(results.reduce((sum, { attemptsMade }) => sum + attemptsMade, 0)).toBe(harness.calls.length);
    expect(harness.ended).toHaveLength(100);
  });
});
