import { TestPool } from '../../../test/support/pool';
import { google } from '../vendors/google/google';
import { vendorOf } from '../vendors/vendor-of';

/** Good calls until no key is left; how many there were. */
function drain(test: TestPool, tokens?: number): number {
  let calls = 0;
  for (let lease = test.pool.lease(); lease && calls < 1_000; lease = test.pool.lease()) {
    calls += 1;
    if (tokens !== undefined) lease.used(tokens);
    lease.settle('ok');
  }
  return calls;
}

const at = (test: TestPool, time: string): void => test.clock.skip(Date.parse(time) - test.clock.now());

describe('limits by the day', () => {
  it('allow that many calls, and then the key cools down until the day ends', () => {
    const test = new TestPool();
    const record = test.add(0, { limits: { requestsPerDay: 5 } });
    at(test, '2030-03-01T10:00:00Z');
    expect(drain(test)).toBe(5);
    expect(test.pool.snapshot(record)).toMatchObject({
      status: 'rate_limited',
      cooldownUntil: new Date('2030-03-02T00:00:00Z'),
      reason: 'The limit of 5 requests a day is reached. The day ends at 2030-03-02T00:00:00.000Z.',
    });
    at(test, '2030-03-01T23:59:59.999Z');
    expect(drain(test)).toBe(0);
    at(test, '2030-03-02T00:00:00Z');
    expect(drain(test)).toBe(5);
  });

  it('allow that many tokens', () => {
    const test = new TestPool();
    const record = test.add(0, { limits: { tokensPerDay: 1_000 } });
    expect(drain(test, 100)).toBe(10);
    expect(test.pool.snapshot(record)).toMatchObject({
      status: 'rate_limited',
      reason: expect.stringContaining('The limit of 1000 tokens a day is reached.') as string,
    });
  });

  it('let no call go whose stated size does not fit what is left', () => {
    const test = new TestPool();
    test.add(0, { limits: { tokensPerDay: 1_000 } });
    const lease = test.pool.lease({ tokens: { input: 600, output: 100 } })!;
    expect(test.pool.lease({ tokens: { input: 400, output: 0 } })).toBeUndefined();
    lease.used({ input: 600, output: 0 });
    lease.settle('ok');
    expect(test.pool.lease({ tokens: { input: 400, output: 0 } })).toBeDefined();
  });

  it.each([
    ['2030-03-10T06:00:00-07:00', '2030-03-11T00:00:00-07:00'],
    ['2030-11-03T00:30:00-07:00', '2030-11-04T00:00:00-08:00'],
    ['2030-06-01T16:59:00-07:00', '2030-06-02T00:00:00-07:00'],
  ])("go by the vendor's day: Google's, at %s, ends at %s", (now, end) => {
    const test = new TestPool();
    const vendor = vendorOf(google);
    test.pool.accounts.profile = () => vendor;
    const record = test.add(0, { limits: { requestsPerDay: 1 } });
    at(test, now);
    expect(drain(test)).toBe(1);
    expect(test.pool.snapshot(record).cooldownUntil).toEqual(new Date(end));
  });

  it('are shared by the keys of a quota group, which cool down together', () => {
    const test = new TestPool();
    const keys = [1, 2, 3].map((n) => test.add(n, { quotaGroup: 'a', limits: { requestsPerDay: 7 } }));
    const other = test.add(4);
    test.pool.setEnabled(other, false, 'administrator');
    expect(drain(test)).toBe(7);
    expect(keys.map((key) => test.pool.snapshot(key).status)).toEqual(Array(3).fill('rate_limited'));
  });

  it('hold at once when they are changed: a greater one ends the cooldown, a lower one begins it', () => {
    const test = new TestPool();
    const record = test.add(0, { limits: { requestsPerDay: 3 } });
    drain(test);
    test.pool.update(record, { limits: { requestsPerDay: 5 } }, 'administrator');
    expect(test.pool.snapshot(record)).toMatchObject({ status: 'healthy', limits: { requestsPerDay: 5 } });
    expect(drain(test)).toBe(2);
    test.pool.update(record, { limits: { requestsPerDay: undefined } }, 'administrator');
    expect(test.pool.snapshot(record)).toMatchObject({ status: 'healthy', limits: undefined });
    test.pool.lease()!.settle('ok');
    test.pool.update(record, { limits: { requestsPerDay: 7 } }, 'administrator');
    expect(drain(test)).toBe(2);
  });

  it('end no cooldown that has another cause', () => {
    const test = new TestPool();
    const record = test.add(0, { limits: { requestsPerDay: 3 } });
    test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 60_000, scope: 'key' });
    test.pool.update(record, { limits: { requestsPerDay: 50 } }, 'administrator');
    expect(test.pool.snapshot(record).status).toBe('rate_limited');
  });

  it('are not lifted by enabling the key', () => {
    const test = new TestPool();
    const record = test.add(0, { limits: { requestsPerDay: 3 } });
    drain(test);
    test.pool.setEnabled(record, true, 'administrator');
    expect(test.pool.snapshot(record).status).toBe('rate_limited');
    expect(drain(test)).toBe(0);
  });

  describe('that are claimed', () => {
    const claiming = (limits: object) => {
      const test = new TestPool();
      const wanted = jest.fn();
      const { meters } = test.pool.accounts;
      meters.claimFrom({ wanted, used: () => undefined, look: () => undefined });
      const record = test.add(0, { limits });
      const [meter] = [...meters.meters];
      const grant = (claimed: number, isSpent = false): void => {
        const now = test.clock.now();
        const { endsAt, version } = meter!.want(now)!;
        meter!.granted({ endsAt, version, claimed, isSpent }, now);
        meters.granted();
      };
      return { test, wanted, record, meter: meter!, grant };
    };

    it('let no call go before something is claimed, and ask for more before it is used up', () => {
      const { test, wanted, record, grant } = claiming({ requestsPerDay: 100 });
      expect(drain(test)).toBe(0);
      expect(wanted).toHaveBeenCalled();
      const freed = test.freed;
      grant(4);
      expect(test.freed).toBeGreaterThan(freed);
      wanted.mockClear();
      test.pool.lease()!.settle('ok');
      expect(wanted).not.toHaveBeenCalled();
      for (let call = 0; call < 2; call += 1) test.pool.lease()!.settle('ok');
      expect(wanted).toHaveBeenCalled();
      expect(drain(test)).toBe(1);
      expect(test.pool.snapshot(record).status).toBe('healthy');
      grant(5, true);
      expect(drain(test)).toBe(1);
      expect(test.pool.snapshot(record).status).toBe('rate_limited');
    });

    it('say which tokens a call lacks', () => {
      const { test, meter, grant } = claiming({ tokensPerDay: 10_000 });
      test.pool.lease();
      grant(300);
      expect(test.pool.lease({ tokens: { input: 900, output: 100 } })).toBeUndefined();
      expect(meter.want(test.clock.now())!.needed).toBe(700);
      grant(1_000);
      expect(test.pool.lease({ tokens: { input: 900, output: 100 } })).toBeDefined();
    });

    it('are nothing on the next day until something of that is claimed', () => {
      const { test, grant } = claiming({ requestsPerDay: 100 });
      test.pool.lease();
      grant(50);
      expect(drain(test)).toBe(50);
      test.clock.skip(24 * 60 * 60_000);
      expect(drain(test)).toBe(0);
      grant(3);
      expect(drain(test)).toBe(3);
    });
  });
});
