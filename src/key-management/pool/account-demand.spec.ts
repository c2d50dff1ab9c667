import { TestPool } from '../../../test/support/pool';
import type { KeySettings } from './key/key-input';

/** One key of an account that two instances divide, of which this one has a quarter. */
function quarter(settings: KeySettings = {}): { test: TestPool; grant: (fraction: number) => void } {
  const test = new TestPool();
  test.pool.accounts.profile = () => ({
    limitKind: 'token_bucket',
    rateLimitScope: 'key_model',
    readRateLimits: () => [{ dimension: 'tokens', limit: 10_000, remaining: 10_000, resetMs: 0 }],
  });
  test.pool.accounts.parts.divide(new Map());
  const record = test.add(1, settings);
  const grant = (fraction: number): void =>
    test.pool.accounts.parts.grant(new Map([[`key:${record.id}`, { fraction, level: 1 }]]));
  grant(1);
  if (!settings.limits) {
    const lease = test.pool.lease()!;
    lease.answered({ get: () => null });
    lease.settle('ok');
  }
  grant(0.25);
  return { test, grant };
}
const tokens = (input: number) => ({ tokens: { input, output: 0 } });

describe.each<[string, KeySettings]>([
  ['stated by the user', { limits: { tokensPerMinute: 10_000 } }],
  ['stated by headers', {}],
])('of a limit of tokens %s', (_, settings) => {
  const asked = (test: TestPool) => test.pool.accounts.parts.demands(test.clock.now())[0]!;

  it('a call that is greater than the part asks for a part as great as itself, and fits that', () => {
    const { test, grant } = quarter(settings);
    const inFlight = test.pool.lease(tokens(100))!;
    const before = asked(test);
    expect([before.quantum < 0.5, before.isShort]).toEqual([true, false]);
    expect(test.pool.take(tokens(6_000), undefined, test.clock.now())).toBeUndefined();
    const { quantum, wanted, waiting, isShort } = asked(test);
    for (const part of [quantum, wanted, waiting!]) expect(part).toBeGreaterThanOrEqual(0.6);
    expect([quantum < 0.61, isShort]).toEqual([true, true]);
    inFlight.used({ input: 100, output: 0 });
    inFlight.settle('ok');
    test.clock.skip(1_500);
    grant(asked(test).quantum + 0.05);
    test.clock.skip(60_000);
    expect(test.pool.take(tokens(6_000), undefined, test.clock.now())).toBeDefined();
  });

  it('no part is asked for by a call that fits none', () => {
    const { test } = quarter(settings);
    expect(test.pool.lease(tokens(100))).toBeDefined();
    const { quantum } = asked(test);
    test.pool.take(tokens(11_000), undefined, test.clock.now());
    expect(asked(test).quantum).toBe(quantum);
  });

  it('the size is forgotten when such calls come no more', () => {
    const { test } = quarter(settings);
    expect(test.pool.lease(tokens(100))).toBeDefined();
    const { quantum } = asked(test);
    test.pool.take(tokens(6_000), undefined, test.clock.now());
    test.clock.skip(2_000);
    expect(asked(test).quantum).toBe(quantum);
  });
});
