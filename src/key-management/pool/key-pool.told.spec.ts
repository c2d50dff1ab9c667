import { TestPool } from '../../../test/support/pool';
import { accountName } from './key/account';
import type { LearnedOfAccount } from './limits/part';

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
