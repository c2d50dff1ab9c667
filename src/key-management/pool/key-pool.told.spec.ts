import { TestPool } from '../../../test/support/pool';
import { accountName } from './key/account';
import type { LearnedOfAccount } from './limits/part';
import { openai } from '../vendors/openai/openai';
import { vendorOf } from '../vendors/vendor-of';

const whole = (account: string) => new Map([[account, { fraction: 1, level: 1 }]]);

describe('rates that refusals teach, where instances divide accounts', () => {
  it('are told after a refusal, and the account is not used without a part of it', () => {
    const test = new TestPool();
    const account = accountName(test.add(0));
    const { accounts } = test.pool;
    accounts.parts.divide(new Map());
    const wanted: (boolean | undefined)[] = [];
    accounts.parts.partsWanted = (isNew) => wanted.push(isNew);
    test.pool.lease({ model: 'm' })!.settle({ outcome: 'rate_limited', retryAfterMs: 250 });
    expect(accounts.parts.takeLearned()).toEqual([
      { account, model: 'm', dimension: 'requests', perMs: 0.002, calls: 0 },
    ]);
    expect(accounts.parts.takeLearned()).toBeUndefined();
    expect(wanted).toContain(true);
    expect(accounts.parts.demands(test.clock.now())).toEqual([expect.objectContaining({ account, quantum: 1 })]);
    test.clock.skip(5_000);
    expect(test.pool.lease({ model: 'm' })).toBeUndefined();
    accounts.parts.grant(whole(account));
    test.clock.skip(500);
    expect(test.pool.lease({ model: 'm' })).toBeDefined();
  });

  it('hold on an instance that was told of them, also for keys that come later', () => {
    const other = new TestPool();
    const account = accountName(other.add(0));
    const told: LearnedOfAccount[] = [{ account, model: undefined, dimension: 'requests', perMs: 0.002, calls: 9 }];
    const test = new TestPool();
    const { accounts } = test.pool;
    accounts.parts.divide(new Map());
    accounts.parts.told(told);
    test.add(0);
    expect(test.pool.lease()).toBeUndefined();
    accounts.parts.grant(whole(account));
    test.clock.skip(500);
    expect(test.pool.lease()).toBeDefined();
    // It has nothing of its own to tell.
    expect(accounts.parts.takeLearned()).toBeUndefined();
  });
});

describe('limits that headers state, where instances divide accounts', () => {
  const LEFT = {
    'x-ratelimit-limit-requests': '120',
    'x-ratelimit-remaining-requests': '4',
    'x-ratelimit-reset-requests': '500ms',
  };
  const meet = (headers: Readonly<Record<string, string>> = LEFT) => {
    const test = new TestPool();
    test.pool.accounts.profile = () => vendorOf(openai);
    const account = accountName(test.add(0));
    test.pool.accounts.parts.divide(new Map());
    test.pool.lease({ model: 'm' })!.answered(new Headers(headers));
    return { account, learned: test.pool.accounts.parts.takeLearned(), parts: test.pool.accounts.parts };
  };
  const told = (learned: readonly LearnedOfAccount[]) => {
    const test = new TestPool();
    const { accounts } = test.pool;
    accounts.profile = () => vendorOf(openai);
    accounts.parts.divide(new Map());
    accounts.parts.told(learned);
    return { test, accounts, parts: accounts.parts };
  };

  it('are told with the first answer, and hold on an instance that has met none of the keys', () => {
    const { account, learned, parts: ofFirst } = meet();
    expect(learned).toEqual([
      { account, model: 'm', dimension: 'requests', perMs: expect.closeTo(0.002), calls: 0, capacity: 5 },
    ]);
    expect(ofFirst.takeLearned()).toBeUndefined();
    const { test, parts } = told(learned!);
    test.add(0);
    expect(test.pool.lease({ model: 'm' })).toBeUndefined();
    parts.grant(new Map([[account, { fraction: 0.4, level: 1 }]]));
    const leases = [1, 2, 3].map(() => test.pool.lease({ model: 'm' }));
    expect(leases.map((lease) => lease !== undefined)).toEqual([true, true, false]);
    // It has nothing of its own to tell, before it has an answer itself.
    expect(parts.takeLearned()).toBeUndefined();
    leases[0]!.answered(new Headers(LEFT));
    expect(parts.takeLearned()).toEqual([expect.objectContaining({ account, capacity: 5 })]);
  });

  it('hold of a key that turns out to be of an account that was told of', () => {
    const found = {
      account: 'account:org',
      model: 'm',
      dimension: 'requests',
      perMs: 0.002,
      calls: 0,
      capacity: 5,
    } as const;
    const { test, accounts } = told([found]);
    const record = test.add(0);
    accounts.restore(record, { name: 'org' }, test.clock.now());
    expect(accountName(record)).toBe('account:org');
    expect(test.pool.lease({ model: 'm' })).toBeUndefined();
  });

  it('of tokens keep back a call that is too large for what is there', () => {
    const other = new TestPool();
    const account = accountName(other.add(0));
    const { test, parts } = told([{ account, model: 'm', dimension: 'tokens', perMs: 1, calls: 0, capacity: 10_000 }]);
    test.add(0);
    parts.grant(new Map([[account, { fraction: 0.5, level: 1 }]]));
    const lease = (input: number) => test.pool.lease({ model: 'm', tokens: { input, output: 0 } });
    expect(lease(4_000)).toBeDefined();
    expect(lease(4_000)).toBeUndefined();
    expect(lease(900)).toBeDefined();
  });

  it('make an instance that uses accounts ask for its part of them, and no other', () => {
    const { account, learned } = meet();
    const { test, parts } = told([]);
    test.add(0);
    const wanted: (boolean | undefined)[] = [];
    parts.partsWanted = (isNew) => wanted.push(isNew);
    parts.told([{ ...learned![0]!, model: 'other' }]);
    expect(wanted).toEqual([]);
    parts.grant(new Map([[account, { fraction: 1, level: 1 }]]));
    parts.told(learned!);
    expect(wanted).toEqual([true]);
    parts.told(learned!);
    expect(wanted).toEqual([true]);
  });
});
