import { RateCalls } from '../../../../test/support/rate-calls';
import { LearnedRate } from './learned-rate';
import { PriorRates } from './prior-rates';
import { RefusalCost } from './refusal-cost';

const begun = (rate = new LearnedRate()): RateCalls => new RateCalls(rate);
const perSecond = (calls: RateCalls): number => Math.round(calls.rate.perMs * 1e6) / 1e3;

describe('LearnedRate', () => {
  it('bounds nothing before the first refusal', () => {
    const calls = begun();
    calls.sent(1_000, 0);
    expect([calls.rate.blockedUntil(1, 0), calls.rate.perMs]).toEqual([0, Infinity]);
  });

  it('is exact where the refusals state when a call fits', () => {
    const calls = begun();
    // Two a second: at the first refusal 0.9 of a call was there, at the second 0.2.
    calls.refused(0, 50);
    calls.sent(9, 100, 4_000);
    calls.refused(4_150, 400);
    expect(perSecond(calls)).toBe(2);
  });

  it('lets a call go after a minute without any, however low it is', () => {
    const calls = begun();
    const hours = 3 * 3_600_000;
    calls.refused(0, 0);
    calls.sent(1, 1_000);
    calls.refused(2_000, hours);
    expect(calls.rate.perMs).toBeLessThan(1 / hours + 1e-9);
    expect(calls.rate.blockedUntil(1, 30_000)).toBe(45_000);
    expect(calls.rate.blockedUntil(1, 61_999)).toBe(62_000);
    expect(calls.rate.blockedUntil(1, 62_000)).toBe(0);
    calls.sent(1, 62_000);
    expect(calls.rate.blockedUntil(1, 62_000)).toBe(77_000);
    expect(calls.rate.blockedUntil(1, 122_000)).toBe(0);
  });

  it('is what went through between two refusals where they state nothing, once that is three calls', () => {
    const calls = begun();
    calls.refused(0);
    calls.sent(2, 100, 1_000);
    calls.refused(1_000);
    expect(calls.rate.perMs).toBe(Infinity);
    calls.sent(10, 1_100, 9_000);
    calls.refused(10_000);
    expect(perSecond(calls)).toBe(1.3);
  });

  it('counts tokens as well as calls', () => {
    const calls = begun();
    // 1,000 a second: 4,000 are there for a call of 6,000.
    calls.refused(0, 2_000, 6_000);
    calls.sent(3, 2_000, 10_000, 3_000);
    calls.refused(10_000, 2_000, 7_000);
    expect(perSecond(calls)).toBe(1_000);
  });

  it('takes the later of several refusals of a burst for how empty the bucket is', () => {
    const calls = begun();
    calls.sent(1, 0);
    calls.refused(0, 450);
    calls.refused(0, 400);
    calls.sent(4, 500, 2_400);
    calls.refused(2_400, 0);
    expect(perSecond(calls)).toBe(2);
  });

  it('lets the next call go when it fits, and a little later', () => {
    const calls = begun();
    calls.refused(0, 50);
    calls.sent(9, 100, 4_000);
    calls.refused(4_150, 400);
    const next = calls.rate.blockedUntil(1, 4_150);
    expect(next).toBeGreaterThan(4_550);
    expect(next).toBeLessThan(5_000);
  });

  it('grows, slowly at first, so that a limit that was raised is found', () => {
    const calls = begun();
    calls.refused(0, 0);
    calls.sent(20, 0, 10_000);
    calls.refused(10_000, 0);
    const spacingAfter = (count: number): number => {
      calls.sent(count, 20_000);
      calls.sent(1, 9e6);
      return calls.rate.blockedUntil(10, 9e6) - calls.rate.blockedUntil(9, 9e6);
    };
    expect(spacingAfter(10)).toBeGreaterThan(490);
    expect(spacingAfter(80)).toBeLessThan(260);
  });

  it('does not count what of a pause is longer than a minute', () => {
    const calls = begun();
    calls.refused(0);
    calls.sent(6, 0, 6_000);
    calls.sent(6, 200_000, 206_000);
    calls.refused(206_000);
    expect(perSecond(calls)).toBeCloseTo(12 / 71, 2);
  });

  it('spaces calls by fifteen seconds at most', () => {
    const calls = begun();
    calls.refused(0);
    calls.sent(3, 60_000, 170_000);
    calls.refused(180_000);
    calls.sent(5, 180_000);
    expect(calls.rate.blockedUntil(1, 180_000)).toBe(195_000);
  });

  it('expects what other accounts allow, until it is measured itself', () => {
    const priors = new PriorRates();
    for (const perMs of [0.002, 0.0021, 0.0019]) priors.learned({}, perMs);
    const calls = begun(new LearnedRate(priors));
    expect(calls.rate.blockedUntil(1, 0)).toBe(0);
    calls.refused(0, 200);
    expect(perSecond(calls)).toBe(2);
    calls.sent(5, 100, 4_000);
    calls.refused(5_000, 200);
    expect(perSecond(calls)).toBe(1);
  });

  it.each([
    // Half of a call is missing, as far as one can tell: 100 ms of waiting are five calls a second.
    ['slow', 0.001, 100, 5],
    ['fast', 0.004, 400, 1.25],
  ])('does not expect what others allow where they are too %s for its own refusal', (_, others, waitMs, expected) => {
    const priors = new PriorRates();
    for (let account = 0; account < 3; account += 1) priors.learned({}, others);
    const calls = begun(new LearnedRate(priors));
    calls.refused(0, waitMs);
    expect(perSecond(calls)).toBe(expected);
  });

  it('notices that refused calls are booked, too', () => {
    const cost = new RefusalCost();
    const calls = begun(new LearnedRate(undefined, cost));
    // One a second; each refusal takes one as well.
    let at = 0;
    for (const between of [1, 4, 2, 9, 1, 12]) {
      calls.refused(at, 1_500);
      calls.sent(between, at + 1_500, at + between * 1_000);
      at += (between + 1) * 1_000;
    }
    calls.refused(at, 1_500);
    expect(cost.isBooked).toBe(true);
    expect(perSecond(calls)).toBe(1);
  });

  it('does not take free refusals for booked ones', () => {
    const cost = new RefusalCost();
    const calls = begun(new LearnedRate(undefined, cost));
    let at = 0;
    for (const between of [1, 4, 2, 9, 1, 12]) {
      calls.refused(at, 500);
      calls.sent(between, at + 500, at + between * 1_000);
      at += between * 1_000;
    }
    calls.refused(at, 500);
    expect([cost.isBooked, perSecond(calls)]).toEqual([false, 1]);
  });

  describe('of an account that instances divide', () => {
    const TWO_A_SECOND = { perMs: 0.002, calls: 10 };

    it('is known as soon as another instance has told of it', () => {
      const calls = begun();
      calls.rate.told(TWO_A_SECOND, 0);
      expect([calls.rate.isKnown, calls.rate.wasTold, calls.rate.figures]).toEqual([true, true, TWO_A_SECOND]);
      calls.sent(3, 1_000);
      expect(calls.rate.blockedUntil(1, 1_000)).toBeCloseTo(2_000, -1);
    });

    it('is the guess of another instance until it was measured', () => {
      const calls = begun();
      calls.rate.told({ perMs: 0.001, calls: 0 }, 0);
      expect([calls.rate.figures, calls.rate.isMeasured]).toEqual([{ perMs: 0.001, calls: 0 }, false]);
      calls.rate.told(TWO_A_SECOND, 0);
      expect([calls.rate.figures, calls.rate.isMeasured]).toEqual([TWO_A_SECOND, true]);
    });

    it('is this instance’s own again when it has measured it', () => {
      const calls = begun();
      calls.rate.told(TWO_A_SECOND, 0);
      calls.refused(0, 50);
      expect(calls.rate.wasTold).toBe(true);
      calls.sent(9, 100, 4_000);
      calls.refused(4_150, 400);
      expect([calls.rate.wasTold, perSecond(calls)]).toEqual([false, 2]);
    });

    it('is not measured over a time in which others had the account', () => {
      const calls = begun();
      calls.rate.told(TWO_A_SECOND, 0);
      calls.refused(0, 50);
      calls.rate.divide(0, 1_000);
      calls.rate.divide(1, 2_000);
      calls.sent(3, 2_000, 4_000);
      calls.refused(4_150, 400);
      expect([calls.rate.wasTold, perSecond(calls)]).toEqual([true, 2]);
      calls.sent(18, 4_600, 8_000);
      calls.refused(8_650, 400);
      expect(perSecond(calls)).toBeGreaterThan(2);
    });

    it('is measured from the refusal that found the limit, where this instance gets the account at once', () => {
      const calls = begun();
      calls.rate.divide(0, 0);
      calls.refused(0, 50);
      calls.rate.divide(1, 100);
      calls.sent(9, 100, 4_000);
      calls.refused(4_150, 400);
      expect(perSecond(calls)).toBe(2);
    });

    it('goes by the part, and what was not used of earlier ones is kept', () => {
      const calls = begun();
      calls.rate.told(TWO_A_SECOND, 0);
      calls.rate.divide(0.5, 0);
      calls.sent(1, 10_000);
      calls.sent(1, 10_000);
      expect(calls.rate.blockedUntil(1, 10_000)).toBeCloseTo(11_000, -1);
      // Half a call is there again, and the other half is missing at twice the pace.
      calls.rate.divide(0, 10_500);
      calls.rate.divide(1, 60_000);
      expect(calls.rate.blockedUntil(1, 60_000)).toBeCloseTo(60_250, -1);
      expect(calls.rate.blockedUntil(1, 60_251)).toBe(0);
    });

    it('is asked for by what calls take of it', () => {
      const calls = begun();
      calls.rate.told(TWO_A_SECOND, 0);
      expect(calls.rate.wanted(0)).toBe(0);
      calls.sent(40, 0, 20_000);
      expect(calls.rate.wanted(20_000)).toBeCloseTo(1, 0);
      expect(calls.rate.wanted(40_000)).toBeLessThan(0.01);
    });
  });
});

describe('PriorRates', () => {
  it('expects nothing of a few accounts, or of some that differ', () => {
    const priors = new PriorRates();
    priors.learned({}, 1);
    priors.learned({}, 1);
    expect(priors.expected).toBe(Infinity);
    priors.learned({}, 1.2);
    expect(priors.expected).toBe(1);
    priors.learned({}, 4);
    expect(priors.expected).toBe(Infinity);
  });

  it('counts each account once, by its latest rate', () => {
    const priors = new PriorRates();
    const account = {};
    for (const perMs of [9, 5, 1]) priors.learned(account, perMs);
    priors.learned({}, 1);
    expect(priors.expected).toBe(Infinity);
    priors.learned({}, 1);
    expect(priors.expected).toBe(1);
  });

  it('takes rates for alike that differ by two fifths, and expects the middle one', () => {
    const priors = new PriorRates();
    for (const perMs of [1.4, 1, 1.1]) priors.learned({}, perMs);
    expect(priors.expected).toBe(1.1);
    priors.learned({}, 1.41);
    expect(priors.expected).toBe(Infinity);
  });

  it('remembers the latest eight accounts', () => {
    const priors = new PriorRates();
    const oldest = {};
    priors.learned(oldest, 9);
    for (let account = 0; account < 7; account += 1) priors.learned({}, 1);
    expect(priors.expected).toBe(Infinity);
    priors.learned(oldest, 9);
    priors.learned({}, 1);
    expect(priors.expected).toBe(Infinity);
    for (let account = 0; account < 7; account += 1) priors.learned({}, 1);
    expect(priors.expected).toBe(1);
  });
});

describe('RefusalCost', () => {
  it('takes refused calls for booked where that explains clearly more', () => {
    const compared = (free: number, booked: number): boolean => {
      const cost = new RefusalCost();
      cost.compared(free, booked);
      return cost.isBooked;
    };
    expect([compared(1, 0.69), compared(1, 0.7), compared(0.5, 0), compared(0.51, 0)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('forgets a twentieth with each measurement', () => {
    const cost = new RefusalCost();
    cost.compared(1, 0.72);
    cost.compared(1, 0.66);
    // 1.95 and 1.344; without forgetting 2 and 1.38.
    expect(cost.isBooked).toBe(true);
    cost.compared(0, 0.04);
    // 1.8525 and 1.3168.
    expect(cost.isBooked).toBe(false);
  });
});
