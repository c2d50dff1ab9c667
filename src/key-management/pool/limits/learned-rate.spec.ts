import { LearnedRate } from './learned-rate';

/** Calls as fast as the pace and the stated waits let them against a bucket of `rate` calls a second; refused per 100 good ones, and the good ones. */
function drive(pace: LearnedRate, rate: number, seconds: number, from = 0): { good: number; refused: number } {
  let tokens = 5;
  let good = 0;
  let refused = 0;
  let refilledAt = from;
  let cooldownUntil = 0;
  for (let now = from; now < from + seconds * 1_000; now += 10) {
    if (pace.blockedUntil(now) > now || cooldownUntil > now) continue;
    tokens = Math.min(5, tokens + ((now - refilledAt) / 1_000) * rate);
    refilledAt = now;
    pace.started(now);
    if (tokens >= 1) {
      tokens -= 1;
      good += 1;
      pace.succeeded();
    } else {
      refused += 1;
      pace.refused(now, now);
      cooldownUntil = now + ((1 - tokens) / rate) * 1_000;
    }
  }
  return { good, refused };
}

describe('LearnedRate', () => {
  it('does not pace before it was refused', () => {
    const pace = new LearnedRate();
    pace.started(0);
    expect(pace.blockedUntil(0)).toBe(0);
  });

  it.each([1, 5, 20])('finds a rate of %d a second, with few refusals', (rate) => {
    const { good, refused } = drive(new LearnedRate(), rate, 600);
    expect(good).toBeGreaterThan(0.98 * rate * 600);
    expect(refused).toBeLessThan(0.06 * good);
  });

  it('finds a limit that was raised', () => {
    const pace = new LearnedRate();
    drive(pace, 1, 120);
    drive(pace, 10, 300, 120_000);
    expect(drive(pace, 10, 120, 420_000).good).toBeGreaterThan(0.7 * 10 * 120);
  });

  it('counts the refusals of one burst once', () => {
    const pace = new LearnedRate();
    pace.refused(0, 100);
    for (let call = 0; call < 10; call += 1) pace.succeeded();
    pace.refused(200, 10_100);
    const before = pace.blockedUntil(10_100);
    for (let call = 0; call < 10; call += 1) pace.refused(5_000, 10_100);
    expect(pace.blockedUntil(10_100)).toBe(before);
  });

  it('does not take seldom use for a slow vendor', () => {
    const rate = new LearnedRate();
    rate.refused(0, 0);
    for (let minute = 20; minute <= 60; minute += 20) {
      rate.started(minute * 60_000);
      rate.succeeded();
    }
    rate.refused(60 * 60_000 + 1, 60 * 60_000 + 1);
    rate.started(61 * 60_000);
    rate.started(61 * 60_000);
    expect(rate.blockedUntil(61 * 60_000)).toBeLessThanOrEqual(61 * 60_000 + 15_000);
  });

  /** Refused at 0, then `successes`, then refused at `at`. */
  const measured = (successes: number, at: number): LearnedRate => {
    const rate = new LearnedRate();
    rate.refused(0, 0);
    succeed(rate, successes);
    rate.refused(at, at);
    return rate;
  };
  const succeed = (rate: LearnedRate, times: number): void => {
    for (let call = 0; call < times; call += 1) rate.succeeded();
  };
  /** The wait after two calls at once: one may run ahead, the other is the spacing. */
  const spacingAt = (rate: LearnedRate, now: number): number => {
    rate.started(now);
    rate.started(now);
    return rate.blockedUntil(now) - now;
  };

  it('spaces calls by the successes between two refusals', () => {
    const rate = measured(10, 10_000);
    rate.started(10_000);
    expect(rate.blockedUntil(10_000)).toBe(0);
    rate.started(10_000);
    expect([rate.blockedUntil(10_000), rate.blockedUntil(11_000)]).toEqual([11_000, 0]);
    rate.started(10_500);
    expect(rate.blockedUntil(11_500)).toBe(12_000);
  });

  it('measures nothing by fewer than three successes, and counts them on', () => {
    const rate = measured(2, 10_000);
    expect(spacingAt(rate, 10_000)).toBe(-10_000);
    rate.succeeded();
    rate.refused(12_000, 12_000);
    expect(spacingAt(rate, 12_000)).toBe(4_000);
  });

  it('begins a new measurement with each refusal that ended one, and moves halfway', () => {
    const rate = measured(10, 10_000);
    succeed(rate, 20);
    rate.refused(20_000, 20_000);
    // From one a second half the way to two a second.
    expect(spacingAt(rate, 20_000)).toBeCloseTo(1_000 / 1.5, 6);
  });

  it('takes a refusal for another one when its call began with the last one’s end', () => {
    const rate = measured(10, 10_000);
    succeed(rate, 10);
    rate.refused(9_999, 20_000);
    succeed(rate, 10);
    rate.refused(10_000, 20_000);
    expect(spacingAt(rate, 20_000)).toBeCloseTo(1_000 / 1.5, 6);
  });

  it('grows with the square of the successes since the last refusal', () => {
    const rate = measured(10, 10_000);
    succeed(rate, 100);
    expect(spacingAt(rate, 10_000)).toBeCloseTo(625, 6);
  });

  it('does not count what of a pause is longer than a minute', () => {
    const rate = new LearnedRate();
    rate.refused(0, 0);
    succeed(rate, 3);
    rate.started(100_000);
    succeed(rate, 3);
    rate.refused(110_000, 110_000);
    // 110 s, 40 of them idle: one call in 70 / 6 s.
    expect(spacingAt(rate, 110_000)).toBeCloseTo(70_000 / 6, 6);
  });

  it('counts no pause of a measurement before', () => {
    const rate = new LearnedRate();
    rate.started(0);
    rate.refused(200_000, 200_000);
    succeed(rate, 10);
    rate.refused(210_000, 210_000);
    expect(spacingAt(rate, 210_000)).toBe(1_000);
  });

  it('spaces calls by fifteen seconds at most', () => {
    const rate = new LearnedRate();
    rate.refused(0, 0);
    for (const now of [60_000, 120_000, 180_000]) {
      rate.started(now);
      rate.succeeded();
    }
    rate.refused(180_000, 180_000);
    expect(spacingAt(rate, 180_000)).toBe(15_000);
  });

  it('bears two refusals at the same time', () => {
    const rate = measured(10, 0);
    // Ten calls within no time count as ten in a millisecond.
    expect(spacingAt(rate, 0)).toBeCloseTo(0.1, 6);
  });
});
