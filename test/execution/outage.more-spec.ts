import { NoHealthyKeysError } from '../../src/key-management/errors';
import type { ExecutionResult } from '../../src/key-management/execution/execution.types';
import { errorOf, Harness, overloaded } from './harness';

const SECOND = 1_000;

describe('a vendor that is down for a minute under 50 calls a second', () => {
  it('is called within the budget, blames no key, and serves again within seconds of its return', async () => {
    const harness = new Harness({ random: () => 0.5 });
    for (let key = 0; key < 5; key += 1) harness.add(`k${key}`);
    let down = false;
    let upstream = 0;
    const vendor = () => {
      upstream += 1;
      return down ? Promise.reject(overloaded()) : Promise.resolve('fine');
    };
    const results: { at: number; result: ExecutionResult<string> }[] = [];
    const load = async (seconds: number): Promise<void> => {
      for (let call = 0; call < seconds * 50; call += 1) {
        void harness.run({ maxWaitMs: 2 * SECOND }, vendor).then((result) => {
          results.push({ at: harness.clock.now(), result });
        });
        await harness.clock.advance(20);
      }
    };

    await load(10);
    expect(upstream).toBe(500);
    expect(results.every(({ result }) => result.success)).toBe(true);

    down = true;
    upstream = 0;
    await load(60);
    // 3,000 calls came; without budget and pause they would have made 12,000 requests.
    expect(upstream).toBeLessThan(200);
    for (let key = 0; key < 5; key += 1)
      expect(harness.snapshot(`k${key}`)).toMatchObject({ status: 'healthy', errorCount: 0 });

    down = false;
    const back = harness.clock.now();
    await load(10);
    const afterReturn = results.filter(({ at }) => at > back + 6 * SECOND);
    expect(afterReturn.length).toBeGreaterThan(150);
    expect(afterReturn.every(({ result }) => result.success)).toBe(true);
    await harness.clock.advance(20 * SECOND);
    expect(results.length).toBe(80 * 50);
    harness.expectIdle();
  });
});

describe('half of the keys die at once under 200 concurrent calls', () => {
  it('fails no call while a good key is left', async () => {
    const harness = new Harness();
    for (let key = 0; key < 10; key += 1) harness.add(`k${key}`);
    const dead = new Set(['k0', 'k2', 'k4', 'k6', 'k8'].map((name) => harness.id(name)));
    const results = await Promise.all(
      Array.from({ length: 200 }, () =>
        harness.run({ maxRetries: 0 }, ({ keyId }) => {
          if (!dead.has(keyId)) return Promise.resolve('fine');
          return Promise.reject(Object.assign(new Error('401'), { status: 401, error: { code: 'invalid_api_key' } }));
        }),
      ),
    );
    expect(results.filter(({ success }) => !success)).toEqual([]);
    harness.expectIdle();
  });
});

describe('limits that the user states', () => {
  it('bound calls in flight over a quota group, and the rest wait their turn', async () => {
    const harness = new Harness();
    harness.add('a', [undefined], { quotaGroup: 'g', limits: { concurrency: 2 } });
    harness.add('b', [undefined], { quotaGroup: 'g' });
    let inFlight = 0;
    let most = 0;
    const call = async (): Promise<string> => {
      most = Math.max(most, (inFlight += 1));
      await new Promise<void>((resolve) => {
        harness.clock.after(100, resolve);
      });
      inFlight -= 1;
      return 'fine';
    };
    const all = Promise.all(Array.from({ length: 20 }, () => harness.run({}, call)));
    await harness.clock.advance(2 * SECOND);
    expect((await all).every(({ success }) => success)).toBe(true);
    expect(most).toBe(2);
    harness.expectIdle();
  });

  it('bound requests a minute: what does not fit waits, or is refused with the time to come back', async () => {
    const harness = new Harness();
    harness.add('a', [undefined], { limits: { requestsPerMinute: 3 } });
    for (let call = 0; call < 3; call += 1) expect((await harness.run()).success).toBe(true);
    const refused = await harness.run();
    expect(refused).toMatchObject({ success: false, attemptsMade: 0 });
    const error = errorOf(refused)!;
    expect(error).toBeInstanceOf(NoHealthyKeysError);
    expect(error.retryAfterMs).toBeGreaterThan(59_000);
    const patient = harness.runThrough({ maxWaitMs: 90 * SECOND });
    expect((await patient).success).toBe(true);
  });

  it('bound tokens a minute by what the answers say they took', async () => {
    const harness = new Harness();
    harness.add('a', [undefined], { limits: { tokensPerMinute: 100 } });
    const call = () => Promise.resolve({ usage: { total_tokens: 60 } } as unknown as string);
    expect((await harness.run({}, call)).success).toBe(true);
    expect((await harness.run({}, call)).success).toBe(true);
    expect((await harness.run({}, call)).success).toBe(false);
  });
});
