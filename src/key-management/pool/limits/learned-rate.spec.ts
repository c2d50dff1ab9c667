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
});
