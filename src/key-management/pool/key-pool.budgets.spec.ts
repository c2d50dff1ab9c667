import { TestPool } from '../../../test/support/pool';
import type { Prices } from '../usage/prices';
import type { BudgetThresholdEvent } from './key-events';
import type { Budget } from './limits/budget';
import type { SettledOutcome } from './state/settlement';

/** A US dollar for a million tokens of `known`; no other price is known. */
const PRICES: Prices = {
  costOf: (vendor, model, { inputTokens, outputTokens }) =>
    vendor === 'openai' && model === 'known' ? (inputTokens + outputTokens) / 1e6 : undefined,
};
const DAY_END = new Date('2030-03-02T00:00:00Z');
const million = { input: 500_000, output: 500_000 };

function budgetPool(ofProvider: Budget[] = []) {
  const test = new TestPool();
  test.clock.skip(Date.parse('2030-03-01T10:00:00Z') - test.clock.now());
  test.pool.accounts.vendorName = () => 'openai';
  test.pool.accounts.meters.prices = PRICES;
  test.pool.accounts.meters.ofProvider = ofProvider;
  const call = (
    used: { input: number; output: number } | undefined,
    outcome: SettledOutcome = 'ok',
    model = 'known',
  ) => {
    const lease = test.pool.lease({ model });
    if (used) lease?.used(used);
    lease?.settle(outcome);
    return lease?.keyId;
  };
  return { ...test, test, pool: test.pool, clock: test.clock, call };
}

describe('a budget', () => {
  it('in US dollars counts what calls cost, and the spent key cools down until the period ends', () => {
    const { test, pool, call, clock } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 3, per: 'day' }] });
    for (let calls = 0; calls < 3; calls += 1) expect(call(million)).toBe(record.id);
    expect(call(million)).toBeUndefined();
    expect(pool.snapshot(record)).toMatchObject({
      status: 'cooling_down',
      reason: 'budget of 3 USD per day is spent; the day ends at 2030-03-02T00:00:00.000Z',
      cooldownUntil: DAY_END,
      budgets: [{ scope: 'key', per: 'day', unit: 'usd', limit: 3, spent: 3, endsAt: DAY_END }],
    });
    clock.skip(DAY_END.getTime() - clock.now());
    expect(call(million)).toBe(record.id);
    expect(pool.snapshot(record)).toMatchObject({ status: 'healthy', budgets: [{ spent: 1 }] });
  });

  it.each<[string, Budget, string]>([
    ['tokens', { tokens: 2_000_000, per: 'month', timeZone: 'Asia/Kolkata' }, '2030-03-31T18:30:00.000Z'],
    ['requests', { requests: 2, per: 'hour' }, '2030-03-01T11:00:00.000Z'],
  ])('in %s counts them', (_, budget, end) => {
    const { test, pool, call } = budgetPool();
    const record = test.add(0, { budgets: [budget] });
    expect([call(million), call(million), call(million)]).toEqual([record.id, record.id, undefined]);
    expect(pool.snapshot(record)).toMatchObject({ status: 'cooling_down', cooldownUntil: new Date(end) });
  });

  it('counts what really was used, where the vendor books the most that could have been', () => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ tokens: 1_000, per: 'day' }] });
    const lease = pool.lease({ tokens: { input: 100, output: 800 } })!;
    lease.used({ input: 100, output: 800, tokens: 120, isPartial: true });
    expect(pool.lease({ tokens: { input: 200, output: 0 } })).toBeUndefined();
    lease.used({ input: 100, output: 800, tokens: 130 });
    lease.settle('ok');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 130 }]);
  });

  it('takes the cost that is stated before the one that it would reckon', () => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 10, per: 'day' }] });
    const lease = pool.lease({ model: 'known' })!;
    lease.used({ ...million, usd: 0.25 });
    lease.settle('ok');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 0.25 }]);
  });

  it('holds back calls that do not fit beside those in flight, and lets them go when those took less', () => {
    const { test, pool } = budgetPool();
    test.add(0, { budgets: [{ usd: 2, per: 'day' }] });
    const [one, two] = [1, 2].map(() => pool.lease({ model: 'known', tokens: million })!);
    expect(pool.lease({ model: 'known', tokens: million })).toBeUndefined();
    one!.used({ input: 1_000, output: 0 });
    one!.settle('ok');
    expect(pool.lease({ model: 'known', tokens: { input: 900_000, output: 0 } })).toBeDefined();
    two!.settle('timeout');
  });

  it.each<[SettledOutcome, number]>([
    ['ok', 1],
    ['timeout', 1],
    ['cancelled', 1],
    ['rate_limited', 0],
    ['bad_request', 0],
    ['server_error', 0],
  ])('counts a call that ended with %s and states no usage as %d of what was expected', (outcome, spent) => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 5, per: 'day' }] });
    pool.lease({ model: 'known', tokens: million })!.settle(outcome);
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent }]);
  });

  it('counts an answer that broke after it had begun as it was expected', () => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 5, per: 'day' }] });
    const lease = pool.lease({ model: 'known', tokens: million })!;
    lease.accepted();
    lease.settle('server_error');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 1 }]);
  });

  it('in US dollars refuses calls for a model once its answers had no price that is known, unless a key has no such budget', () => {
    const { test, pool, call } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 5, per: 'day' }] });
    expect(pool.lacksPrice({ model: 'new-model' })).toBe(false);
    expect(call(million, 'ok', 'new-model')).toBe(record.id);
    expect(call(million, 'ok', 'new-model')).toBeUndefined();
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 0.01 }]);
    const alias = pool.lease({ model: 'alias' })!;
    alias.used({ ...million, usd: 0.5 });
    alias.settle('ok');
    const unsaid = pool.lease({ model: 'says-nothing' })!;
    unsaid.settle('ok');
    const lacks = ['new-model', 'known', 'alias', 'says-nothing', undefined].map((model) => pool.lacksPrice({ model }));
    expect(lacks).toEqual([true, false, false, false, false]);
    const free = test.add(1, { budgets: [{ tokens: 5, per: 'day' }] });
    expect(pool.lacksPrice({ model: 'new-model' })).toBe(false);
    expect(call(undefined, 'bad_request', 'new-model')).toBe(free.id);
  });

  it('in US dollars counts calls that name no model by what their answers cost, and as what calls cost lately where those do not say', () => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 10, per: 'day' }] });
    pool.lease()!.settle('ok');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 0.01 }]);
    const lease = pool.lease()!;
    lease.used({ ...million, usd: 2 });
    lease.settle('ok');
    pool.lease()!.settle('ok');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 4.01 }]);
  });

  it('in US dollars counts a call at the price of the time when it began, and serves a model again whose price has begun meanwhile', () => {
    const { test, pool, clock, call } = budgetPool();
    const turn = clock.now() + 60_000;
    pool.accounts.meters.prices = {
      costOf: (_vendor, model, { inputTokens }, at = clock.now()) =>
        model === 'new' && at < turn ? undefined : (inputTokens / 1e6) * (at < turn ? 1 : 5),
    };
    const record = test.add(0, { budgets: [{ usd: 100, per: 'day' }] });
    const open = pool.lease({ model: 'known' })!;
    expect([call(million, 'ok', 'new'), call(million, 'ok', 'new')]).toEqual([record.id, undefined]);
    const before = pool.snapshot(record).budgets[0]!.spent;
    clock.skip(60_000);
    open.used(million);
    open.settle('ok');
    expect(pool.snapshot(record).budgets[0]!.spent - before).toBeCloseTo(0.5);
    expect(call(million, 'ok', 'new')).toBe(record.id);
    expect(pool.snapshot(record).budgets[0]!.spent - before).toBeCloseTo(3);
  });

  it('in US dollars serves models that have a price for input alone', () => {
    const { test, pool } = budgetPool();
    pool.accounts.meters.prices = {
      costOf: (_vendor, _model, { inputTokens, outputTokens }) => (outputTokens > 0 ? undefined : inputTokens / 1e6),
    };
    const record = test.add(0, { budgets: [{ usd: 10, per: 'day' }] });
    const lease = pool.lease({ model: 'embeddings' })!;
    lease.used({ input: 1_000_000, output: 0 });
    lease.settle('ok');
    pool.lease({ model: 'embeddings', tokens: { input: 2_000_000, output: 10 } })!.settle('timeout');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 3 }]);
  });

  it.each<[string, Budget]>([
    ['US dollars', { usd: 0.16, per: 'day' }],
    ['tokens', { tokens: 1_600, per: 'day' }],
  ])('in %s lets few calls go at once while nothing is known of what calls take', (_, budget) => {
    const { test, pool } = budgetPool();
    test.add(0, { budgets: [budget] });
    const open = Array.from({ length: 16 }, () => pool.lease({ model: 'known' }));
    expect([open.every((lease) => lease !== undefined), pool.lease({ model: 'known' })]).toEqual([true, undefined]);
    for (const lease of open) lease!.settle('rate_limited');
  });

  it('counts a call that was cut off as no less than its answer had stated by then', () => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ tokens: 10_000, per: 'day' }] });
    const cut = (outcome: SettledOutcome) => {
      const lease = pool.lease({ tokens: { input: 100, output: 0 } })!;
      lease.used({ input: 900, output: 0, tokens: 900, isPartial: true });
      lease.settle(outcome);
    };
    cut('cancelled');
    cut('server_error');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 1_800 }]);
  });

  it('counts no call that has reached nobody', () => {
    const { test, pool } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 5, per: 'day' }] });
    const lease = pool.lease({ model: 'known', tokens: million })!;
    lease.metered!.isUnsent = true;
    lease.settle('network_error');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 0 }]);
  });

  it('takes what is said after the end in place of what was expected, unless another period has begun', () => {
    const { test, pool, clock } = budgetPool();
    const record = test.add(0, { budgets: [{ usd: 5, per: 'day' }] });
    const usage = {
      inputTokens: 250_000,
      outputTokens: 0,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
    };
    const leases = [1, 2, 3].map(() => pool.lease({ model: 'known', tokens: million })!);
    for (const lease of leases) lease.settle('ok');
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 3 }]);
    leases[0]!.usedLate(usage);
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 2.25 }]);
    leases[1]!.usedLate({ ...usage, costUsd: 1.5 });
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 2.75 }]);
    clock.skip(DAY_END.getTime() - clock.now());
    leases[2]!.usedLate(usage);
    expect(pool.snapshot(record).budgets).toMatchObject([{ spent: 0 }]);
  });

  it('of a key that was deleted and comes back counts on', () => {
    const { test, pool, call } = budgetPool();
    const budgets: Budget[] = [{ requests: 3, per: 'day' }];
    const first = test.add(0, { budgets });
    call(million);
    call(million);
    pool.delete(first, 'administrator');
    const again = test.add(0, { budgets });
    expect(pool.snapshot(again).budgets).toMatchObject([{ spent: 2 }]);
    expect([call(million), call(million)]).toEqual([again.id, undefined]);
  });

  it('of keys that came and went by the thousand is forgotten with the period', () => {
    const { test, pool, clock } = budgetPool();
    const comeAndGo = (from: number) => {
      for (let n = from; n < from + 300; n += 1)
        pool.delete(test.add(n, { budgets: [{ requests: 3, per: 'day' }] }), 'administrator');
    };
    comeAndGo(0);
    clock.skip(DAY_END.getTime() - clock.now());
    comeAndGo(1_000);
    expect(pool.accounts.meters.known).toBeLessThanOrEqual(300);
  });

  describe('of an account', () => {
    it.each<[string, { requestsPerDay?: number }, Budget[]]>([
      ['a limit of the day', { requestsPerDay: 9 }, []],
      ['a budget of the account', {}, [{ requests: 9, per: 'day', scope: 'account' }]],
    ])('is given to one key that joins, and not to the others anew: with %s', (_, limits, budgets) => {
      const { test } = budgetPool();
      const settings = { quotaGroup: 'a', limits, budgets };
      const first = test.add(0, settings);
      const given = first.meters;
      expect(given).toHaveLength(1);
      const second = test.add(1, settings);
      expect(second.meters).toEqual(given);
      expect(first.meters).toBe(given);
      // A stricter one concerns all.
      test.add(2, {
        ...settings,
        limits: limits.requestsPerDay === undefined ? {} : { requestsPerDay: 5 },
        budgets: budgets.map((budget) => ({ ...budget, requests: 5 })),
      });
      expect(first.meters!.map(({ limit }) => limit)).toEqual([5]);
      expect(first.meters).not.toBe(given);
    });

    it('holds for a key whose own limits are changed, where the account was found by answers', () => {
      const { test, pool, clock } = budgetPool();
      const one = test.add(0, { budgets: [{ requests: 9, per: 'day', scope: 'account' }] });
      const two = test.add(1);
      for (const key of [one, two]) pool.accounts.restore(key, { name: 'org' }, clock.now());
      expect(pool.snapshot(two).budgets).toMatchObject([{ scope: 'account', limit: 9 }]);
      pool.update(two, { limits: { requestsPerMinute: 7 } }, 'administrator');
      expect(pool.snapshot(two).budgets).toMatchObject([{ scope: 'account', limit: 9 }]);
    });

    it('counts the calls of all its keys, which cool down together', () => {
      const { test, pool, call } = budgetPool();
      const one = test.add(0, { quotaGroup: 'a', budgets: [{ requests: 4, per: 'day', scope: 'account' }] });
      const two = test.add(1, { quotaGroup: 'a' });
      const other = test.add(2);
      pool.setEnabled(other, false, 'administrator');
      for (let calls = 0; calls < 4; calls += 1) call(million);
      expect([one, two].map((key) => pool.snapshot(key))).toMatchObject(
        Array(2).fill({
          status: 'cooling_down',
          reason: expect.stringContaining("the account's budget of 4 requests per day is spent") as string,
          budgets: [{ scope: 'account', spent: 4 }],
        }),
      );
    });

    it('that is found later takes over what the key was counted for alone', () => {
      const { test, pool, call } = budgetPool([{ requests: 10, per: 'day', scope: 'account' }]);
      const [one, two] = [test.add(0), test.add(1)];
      for (let calls = 0; calls < 6; calls += 1) call(million);
      for (const key of [one, two]) pool.accounts.restore(key, { name: 'org' }, test.clock.now());
      expect(pool.snapshot(two).budgets).toMatchObject([{ scope: 'account', spent: 6 }]);
      for (let calls = 0; calls < 6; calls += 1) call(million);
      expect([one, two].map((key) => pool.snapshot(key).status)).toEqual(['cooling_down', 'cooling_down']);
    });
  });

  it('of a provider counts the calls of all keys, also those that come later', () => {
    const { test, pool, call } = budgetPool([
      { requests: 5, per: 'day' },
      { requests: 3, per: 'day', scope: 'key' },
    ]);
    const keys = [test.add(0), test.add(1)];
    for (let calls = 0; calls < 3; calls += 1) call(million);
    keys.push(test.add(2));
    for (let calls = 0; calls < 3; calls += 1) call(million);
    expect(keys.map((key) => pool.snapshot(key))).toMatchObject(
      Array(3).fill({
        status: 'cooling_down',
        reason: expect.stringContaining("the provider's budget of 5 requests per day is spent") as string,
      }),
    );
    expect(pool.lease()).toBeUndefined();
  });

  describe('that is changed', () => {
    it('ends the cooldown when it is raised or taken away, and begins it when it is lowered', () => {
      const { test, pool, call } = budgetPool();
      const record = test.add(0, { budgets: [{ requests: 2, per: 'day' }] });
      call(million);
      call(million);
      expect(pool.snapshot(record).status).toBe('cooling_down');
      pool.update(record, { budgets: [{ requests: 3, per: 'day' }] }, 'administrator');
      expect(pool.snapshot(record)).toMatchObject({ status: 'healthy', budgets: [{ spent: 2, limit: 3 }] });
      expect([call(million), call(million)]).toEqual([record.id, undefined]);
      pool.update(record, { budgets: [] }, 'administrator');
      expect(pool.snapshot(record)).toMatchObject({ status: 'healthy', budgets: [] });
      pool.update(record, { budgets: [{ requests: 1, per: 'day' }] }, 'administrator');
      expect(pool.snapshot(record)).toMatchObject({ status: 'cooling_down', budgets: [{ spent: 3, limit: 1 }] });
    });

    it('ends no cooldown that has another cause, and no other change ends its own', () => {
      const { test, pool, call } = budgetPool();
      const record = test.add(0, { budgets: [{ requests: 1, per: 'day' }] });
      call(million);
      pool.setEnabled(record, true, 'administrator');
      pool.leaseForProbe(record).settle({ outcome: 'ok', proven: 'deep' });
      pool.update(record, { label: 'b' }, 'administrator');
      expect(pool.snapshot(record).status).toBe('cooling_down');
      const other = test.add(1, { budgets: [{ requests: 9, per: 'day' }] });
      pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 60_000, scope: 'key' });
      pool.update(other, { budgets: [{ requests: 10, per: 'day' }] }, 'administrator');
      expect(pool.snapshot(other).status).toBe('rate_limited');
    });

    it('cools down by what another instance says only while it is spent here, too', () => {
      const { test, pool } = budgetPool();
      const record = test.add(0, { budgets: [{ requests: 2, per: 'day' }] });
      pool.setState(record, { status: 'cooling_down', until: DAY_END.getTime() }, 'instance', {});
      expect(pool.snapshot(record).status).toBe('healthy');
      pool.setState(record, { status: 'cooling_down', until: DAY_END.getTime() - 60_000 }, 'instance', {});
      expect(pool.snapshot(record).status).toBe('cooling_down');
    });
  });

  it('tells when 50, 80 and 100 % are spent, once each in a period', () => {
    const { test, call, clock } = budgetPool([{ usd: 10, per: 'day' }]);
    const record = test.add(0, { budgets: [{ requests: 10, per: 'day' }] });
    const told = () =>
      test.budgetEvents.splice(0).map(({ scope, percent, keyId }: BudgetThresholdEvent) => [scope, percent, keyId]);
    for (let calls = 0; calls < 6; calls += 1) call(million);
    const [first] = test.budgetEvents;
    expect(first).toMatchObject({
      type: 'budget_threshold',
      provider: 'openai',
      keyId: record.id,
      unit: 'requests',
      limit: 10,
      spent: 5,
      per: 'day',
      until: DAY_END,
      reason: `50 % of the budget of 10 requests per day of key ${record.id} are spent`,
    });
    expect(told()).toEqual([
      ['key', 50, record.id],
      ['provider', 50, undefined],
    ]);
    for (let calls = 0; calls < 6; calls += 1) call(million);
    expect(told().map(([scope, percent]) => [scope, percent])).toEqual([
      ['key', 80],
      ['provider', 80],
      ['key', 100],
      ['provider', 100],
    ]);
    clock.skip(DAY_END.getTime() - clock.now());
    for (let calls = 0; calls < 5; calls += 1) call(million);
    expect(told()).toHaveLength(2);
  });
});
