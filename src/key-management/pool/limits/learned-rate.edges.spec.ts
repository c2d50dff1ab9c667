import { RateCalls } from '../../../../test/support/rate-calls';
import { LearnedRate } from './learned-rate';
import { PriorRates } from './prior-rates';
import { RefusalCost } from './refusal-cost';

const TWO_A_SECOND = { perMs: 0.002, calls: 40 };
const begun = (rate = new LearnedRate()): RateCalls => new RateCalls(rate);
const told = (figures = TWO_A_SECOND, at = 0): RateCalls => {
  const calls = begun();
  calls.rate.told(figures, at);
  return calls;
};
const priorsOf = (perMs: number): PriorRates => {
  const priors = new PriorRates();
  for (let account = 0; account < 3; account += 1) priors.learned({}, perMs);
  return priors;
};
const perSecond = ({ rate }: RateCalls): number => Math.round(rate.perMs * 1e6) / 1e3;
/** What is measured between refusals that state the same wait: two a second. */
const confirm = (calls: RateCalls, from: number, count = 10): number => {
  calls.sent(count, from, from + count * 500);
  calls.refused(from + count * 500, 100);
  return from + count * 500;
};

describe('what is known of a rate', () => {
  it('is nothing without a refusal, whatever other accounts allow', () => {
    const { rate } = begun(new LearnedRate(priorsOf(0.002)));
    expect([rate.perMs, rate.isKnown, rate.isMeasured]).toEqual([0.002, false, false]);
  });

  it('is nothing after a refusal that says nothing, unless other accounts tell', () => {
    const calls = begun();
    calls.refused(0);
    expect([calls.rate.isKnown, calls.rate.perMs]).toEqual([false, Infinity]);
    const prior = begun(new LearnedRate(priorsOf(0.002)));
    prior.refused(0);
    expect([prior.rate.isKnown, prior.rate.perMs]).toEqual([true, 0.002]);
  });

  it('is measured with three calls', () => {
    const measured = [2, 3].map((calls) => told({ perMs: 0.002, calls }).rate.isMeasured);
    expect(measured).toEqual([false, true]);
  });

  it('counts the calls that it was measured with', () => {
    const calls = begun();
    calls.refused(0, 100);
    const at = confirm(calls, 0, 9);
    expect(calls.rate.figures).toEqual({ perMs: 0.002, calls: 9 });
    confirm(calls, at, 4);
    expect(calls.rate.figures.calls).toBe(13);
  });

  it('is this instance’s own once a refusal lets it guess better than another', () => {
    const calls = told({ perMs: 0.001, calls: 0 });
    expect(calls.rate.wasTold).toBe(true);
    calls.refused(0, 50);
    expect(calls.rate.wasTold).toBe(false);
  });

  it.each([
    [0.01, 10],
    [0.0101, 5],
    [0.0025, 2.5],
    [0.0024, 5],
  ])('is what others allow up to twice and down to half of its own guess: %d', (others, expected) => {
    const calls = begun(new LearnedRate(priorsOf(others)));
    calls.refused(0, 100);
    expect(perSecond(calls)).toBe(expected);
  });
});

describe('a guess', () => {
  it('is made by the first refusal, of a wait of less than a second', () => {
    const guessed = (waitMs: number): number => {
      const calls = begun();
      calls.refused(0, waitMs);
      return calls.rate.perMs;
    };
    expect([guessed(0), guessed(100), guessed(999), guessed(1_000)]).toEqual([0.5, 1 / 200, 1 / 1_998, Infinity]);
    const calls = begun();
    calls.refused(0, 100);
    calls.refused(10_000, 50);
    expect(calls.rate.perMs).toBe(1 / 200);
    const late = begun();
    late.refused(0);
    late.refused(10_000, 50);
    expect(late.rate.perMs).toBe(Infinity);
  });

  it('lets the next call go when the vendor says so', () => {
    const calls = begun();
    calls.refused(10_000, 50);
    expect(calls.rate.blockedUntil(1, 10_000)).toBe(10_050);
  });

  it('is none where the wait is for a window to end', () => {
    const calls = begun();
    calls.refused(5_000, 2_000);
    expect(calls.rate.blockedUntil(1, 5_000)).toBe(0);
  });
});

describe('after a refusal', () => {
  it('a measured rate leaves the bucket to fill by seven tenths of the call more, and by no more than half a second', () => {
    const next = (size: number): number => {
      const calls = told();
      calls.refused(10_000, 400, size);
      return calls.rate.blockedUntil(size, 10_000);
    };
    expect([next(1), next(3)]).toEqual([10_750, 10_900]);
  });

  it('that states no wait, it is left to fill as well', () => {
    const calls = begun();
    calls.refused(0);
    calls.sent(13, 100, 9_000);
    calls.refused(10_000);
    expect(calls.rate.blockedUntil(1, 10_000)).toBeCloseTo(10_500, 6);
  });
});

describe('how a rate grows', () => {
  /** How long a call takes after so many that were not refused; milliseconds. */
  const spacing = (count: number, calls: RateCalls): number => {
    calls.sent(count - 1, 1e5);
    calls.sent(1, 9e6);
    return calls.rate.blockedUntil(20, 9e6) - calls.rate.blockedUntil(19, 9e6);
  };
  const guessed = (priors?: PriorRates): RateCalls => {
    const calls = begun(new LearnedRate(priors));
    calls.refused(0, 250);
    return calls;
  };

  it('fast where it is guessed', () => {
    expect(spacing(10, guessed())).toBeCloseTo(500 / 21, 3);
  });

  it('more slowly from three times on where instances divide the account', () => {
    const shared = (): RateCalls => {
      const calls = guessed();
      calls.rate.divide(0.5, 10);
      calls.rate.divide(1, 20);
      return calls;
    };
    expect(spacing(3, shared())).toBeCloseTo(500 / (1.54 * 1.0081), 3);
    expect(spacing(10, shared())).toBeCloseTo(500 / (3 * 1.3), 3);
    const undivided = guessed();
    undivided.rate.divide(1, 10);
    expect(spacing(10, undivided)).toBeCloseTo(500 / 21, 3);
  });

  it('slowly where other accounts tell', () => {
    expect(spacing(10, guessed(priorsOf(0.002)))).toBeCloseTo(500 / 1.3, 3);
  });

  it('more slowly the more calls it was measured with', () => {
    expect(spacing(100, told())).toBeCloseTo(500 / 2.2, 3);
    expect(spacing(100, told({ perMs: 0.002, calls: 6 }))).toBeCloseTo(500 / 2.2, 3);
    expect(spacing(100, told({ perMs: 0.002, calls: 3 }))).toBeCloseTo(500 / 5.8, 3);
  });

  it('more slowly the more often it was confirmed, up to three times', () => {
    const confirmed = (times: number): RateCalls => {
      const calls = begun();
      calls.refused(0, 100);
      for (let time = 0, at = 0; time < times; time += 1) at = confirm(calls, at);
      return calls;
    };
    expect(spacing(100, confirmed(1))).toBeCloseTo(500 / 2.2, 3);
    expect(spacing(100, confirmed(2))).toBeCloseTo(500 / 1.3, 3);
    expect(spacing(100, confirmed(3))).toBeCloseTo(500 / (1 + 1.2 / 7), 3);
    expect(spacing(100, confirmed(4))).toBeCloseTo(500 / 1.12, 3);
    expect(spacing(100, confirmed(6))).toBeCloseTo(500 / 1.12, 3);
  });

  it('anew where a measurement differs', () => {
    const growthAfter = (endsAt: number): number => {
      const calls = begun();
      calls.refused(0, 100);
      const at = confirm(calls, confirm(calls, confirm(calls, 0)));
      calls.sent(10, at, at + 5_000);
      calls.refused(at + endsAt, 100);
      return 1 / (calls.rate.perMs * spacing(100, calls)) - 1;
    };
    expect(growthAfter(5_200)).toBeCloseTo(0.12, 3);
    expect(growthAfter(5_400)).toBeCloseTo(1.2, 3);
  });

  it('from the word of another instance on', () => {
    const calls = told();
    calls.sent(99, 1e5);
    calls.rate.told(TWO_A_SECOND, 2e5);
    expect(spacing(2, calls)).toBeCloseTo(500, 1);
  });
});

describe('a refusal of a call that was sent before another was refused', () => {
  const measured = (cost?: RefusalCost): RateCalls => {
    const calls = begun(new LearnedRate(undefined, cost));
    calls.refused(0, 50);
    calls.sent(9, 100, 4_000);
    calls.refused(4_150, 400);
    return calls;
  };
  const late = ({ rate }: RateCalls, soFar = 9): void =>
    rate.refused({ sentAt: 3_900, size: 1, soFar, callsSoFar: soFar, waitMs: 300 }, 4_200);

  it('takes it out of what went through', () => {
    const calls = measured();
    late(calls);
    expect(calls.rate.figures).toEqual({ perMs: 8 / 4_500, calls: 8 });
  });

  it('leaves nothing measured where nothing went through', () => {
    const calls = measured();
    for (let call = 0; call < 8; call += 1) late(calls);
    expect(calls.rate.figures).toEqual({ perMs: 1 / 4_500, calls: 1 });
    late(calls);
    expect(calls.rate.figures).toEqual({ perMs: 1 / 100, calls: 0 });
    calls.sent(4, 4_300, 6_000);
    calls.refused(6_150, 400);
    expect(calls.rate.figures).toEqual({ perMs: 4 / 2_000, calls: 4 });
  });

  it('changes nothing where the vendor books refused calls', () => {
    const cost = new RefusalCost();
    cost.compared(1, 0);
    const calls = measured(cost);
    expect(calls.rate.perMs).toBe(10 / 4_500);
    late(calls);
    expect(calls.rate.perMs).toBe(10 / 4_500);
  });

  it('tells how empty the bucket was where it was sent after the other', () => {
    const calls = measured();
    calls.rate.refused({ sentAt: 4_149, size: 1, soFar: 12, callsSoFar: 12, waitMs: 800 }, 4_200);
    expect(perSecond(calls)).toBe(2);
    calls.rate.refused({ sentAt: 6_149, size: 1, soFar: 17, callsSoFar: 17, waitMs: 800 }, 6_149);
    // Four calls in two seconds, beside 0.7 of nine in four and a half.
    expect(calls.rate.perMs).toBeCloseTo((0.7 * 9 + 4) / (0.7 * 4_500 + 2_000), 12);
  });
});

describe('what measures nothing', () => {
  it('is a wait that only one of the refusals states', () => {
    const calls = begun();
    calls.refused(0, 50);
    calls.sent(2, 100);
    calls.refused(1_000);
    expect(calls.rate.perMs).toBe(1 / 100);
    const other = begun();
    other.refused(0);
    other.sent(2, 100);
    other.refused(1_000, 50);
    expect(other.rate.perMs).toBe(Infinity);
  });

  it('is what is taken of nothing', () => {
    for (const size of [100, 5_500]) {
      const calls = begun();
      calls.refused(0, 500, 6_000);
      calls.sent(1, 100, 100, size);
      calls.refused(1_000, 100, 500);
      expect(calls.rate.figures).toEqual({ perMs: 6, calls: 0 });
    }
  });

  it('is a time that the waits leave nothing of', () => {
    for (const waitMs of [100, 700]) {
      const calls = begun();
      calls.refused(0, 900);
      calls.sent(1, 100);
      calls.refused(200, waitMs);
      expect(calls.rate.figures).toEqual({ perMs: 1 / 1_800, calls: 0 });
      calls.sent(4, 1_000);
      calls.refused(2_200, waitMs);
      expect(calls.rate.figures).toEqual({ perMs: 0.002, calls: 4 });
    }
  });

  it('is a pause of more than a minute, by the part that was had of it', () => {
    const calls = begun();
    calls.refused(0);
    calls.sent(6, 200_000, 206_000);
    calls.refused(206_000);
    expect(calls.rate.perMs).toBeCloseTo(6 / 66_000, 12);
    const half = begun();
    half.rate.divide(0.5, 0);
    half.refused(1_000);
    half.sent(6, 201_000, 207_000);
    half.refused(207_000);
    expect(half.rate.perMs).toBeCloseTo(6 / 33_000, 12);
  });

  it('are refusals without waits, of whether refused calls are booked', () => {
    const cost = new RefusalCost();
    const calls = begun(new LearnedRate(undefined, cost));
    let at = 0;
    for (const between of [3, 12, 3, 12, 3, 12]) {
      calls.refused(at);
      calls.sent(between, at + 500, at + between * 1_000);
      at += (between + 1) * 1_000;
    }
    calls.refused(at);
    expect(cost.isBooked).toBe(false);
  });
});

describe('of an account that instances divide', () => {
  it('a call may go a minute after the last, or after it was told of the limit', () => {
    const slow = { perMs: 1e-6, calls: 10 };
    const fresh = told(slow, 100_000).rate;
    expect([fresh.blockedUntil(1, 150_000), fresh.blockedUntil(1, 160_000)]).toEqual([160_000, 0]);
    for (const [startedAt, mayGoAt] of [
      [0, 100_000],
      [50_000, 110_000],
    ] as const) {
      const calls = begun();
      calls.sent(1, startedAt);
      calls.rate.told(slow, 100_000);
      expect(calls.rate.blockedUntil(1, mayGoAt)).toBe(0);
      if (startedAt > 0) expect(calls.rate.blockedUntil(1, mayGoAt - 1)).toBe(mayGoAt);
    }
  });

  it('two calls of the largest size go after a pause', () => {
    const { rate } = told();
    rate.started(4, 60_000);
    expect(rate.blockedUntil(4, 60_000)).toBe(0);
    expect(rate.blockedUntil(5, 60_000)).toBeCloseTo(60_500, 1);
  });

  it('what was not used of all is kept as a part, up to what a bucket holds', () => {
    const { rate } = told();
    rate.divide(0.5, 10_000);
    expect([rate.blockedUntil(20, 10_000), rate.blockedUntil(21, 10_000)]).toEqual([0, 11_000]);
    const used = told().rate;
    used.started(1, 10_000);
    used.divide(0.5, 20_000);
    expect(used.blockedUntil(2, 20_000)).toBe(0);
    expect(used.blockedUntil(3, 20_000)).toBeCloseTo(21_000, 1);
  });

  it('nothing is kept of what was not limited', () => {
    const { rate } = begun();
    rate.started(1, 0);
    rate.divide(0, 1_000);
    rate.told(TWO_A_SECOND, 2_000);
    rate.divide(1, 3_000);
    expect(rate.blockedUntil(1, 3_000)).toBe(3_500);
  });

  it('a stated wait is for all of it', () => {
    const calls = told();
    calls.refused(0, 5_000);
    calls.rate.divide(0.5, 1_000);
    expect(calls.rate.blockedUntil(1, 1_000)).toBe(5_850);
  });

  it('is wanted by what was asked for in the last two seconds', () => {
    const { rate } = told();
    rate.started(1, 10_000);
    expect([rate.wanted(10_000), rate.wanted(9_000)]).toEqual([0.25, 0.25]);
    expect(rate.wanted(12_000)).toBeCloseTo(0.25 / Math.E, 9);
  });

  /** Refused at ten seconds, and then measured by nine calls in four seconds, if it can be. */
  const measured = (before: (rate: LearnedRate) => void, after: (rate: LearnedRate) => void): number => {
    const calls = begun();
    before(calls.rate);
    calls.refused(10_000, 50);
    after(calls.rate);
    calls.sent(9, 10_100, 14_000);
    calls.refused(14_100, 350);
    return calls.rate.perMs;
  };
  const GUESS = 1 / 100;
  const nothing = (): void => undefined;

  it('is measured where it gets its part within a second of the refusal that found the limit', () => {
    const dormant = (rate: LearnedRate): void => rate.divide(0, 0);
    const from = (part: number, at: number) => (rate: LearnedRate) => rate.divide(part, at);
    expect(measured(dormant, from(1, 10_100))).toBeCloseTo(9 / 4_400, 12);
    expect(measured(dormant, from(1, 10_999))).toBeCloseTo(9 / 4_400, 12);
    expect(measured(dormant, from(1, 11_000))).toBe(GUESS);
    expect(measured(dormant, from(0.5, 10_100))).toBeCloseTo(9 / 2_200, 12);
  });

  it('is not measured where it had another part, or had it before', () => {
    expect(measured(nothing, (rate) => rate.divide(0.5, 10_000))).toBe(GUESS);
    expect(
      measured(nothing, (rate) => {
        rate.divide(0, 10_100);
        rate.divide(1, 10_200);
      }),
    ).toBe(GUESS);
  });

  it('may be divided before anything is known', () => {
    const { rate } = begun();
    rate.divide(0, 0);
    rate.divide(1, 500);
    expect([rate.blockedUntil(1, 500), rate.perMs]).toEqual([0, Infinity]);
  });
});
