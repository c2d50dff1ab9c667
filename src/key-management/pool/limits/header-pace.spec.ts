import { HeaderPace } from './header-pace';

const NOW = 1_000_000;

describe('HeaderPace', () => {
  it('lets calls go while the bucket has some left beside those in flight', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 60, remaining: 3, resetMs: 57_000 }], NOW);
    expect(pace.blockedUntil(2, NOW)).toBe(0);
    expect(pace.blockedUntil(3, NOW)).toBe(NOW + 1_000);
  });

  it('takes the reset of a bucket for the time to full, so that one candidate comes much sooner', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 600, remaining: 0, resetMs: 60_000 }], NOW);
    expect(pace.blockedUntil(0, NOW)).toBe(NOW + 100);
    expect(pace.blockedUntil(0, NOW + 100)).toBe(0);
  });

  it('waits for the start of a fixed window', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 20_000 }], NOW);
    expect(pace.blockedUntil(0, NOW + 5_000)).toBe(NOW + 20_000);
    expect(pace.blockedUntil(0, NOW + 20_000)).toBe(0);
  });

  it('does not take a reset in whole seconds of a nearly full bucket for its rate', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 1_000, remaining: 999, resetMs: 1_000 }], NOW);
    // 1,000 a minute, and not the one a second that the rounded reset would mean.
    expect(pace.blockedUntil(999, NOW)).toBeCloseTo(NOW + 60, 6);
  });

  it('learns what a call costs in tokens', () => {
    const pace = new HeaderPace('token_bucket');
    for (const remaining of [10_000, 9_000, 8_000, 7_000, 6_000, 5_000, 4_000, 3_000, 2_000, 1_000, 100]) {
      pace.observe([{ dimension: 'tokens', limit: 10_000, remaining, resetMs: (10_000 - remaining) * 6 }], NOW);
    }
    expect(pace.blockedUntil(0, NOW)).toBeGreaterThan(NOW);
  });

  it('obeys the scarcest dimension, and a limit per day', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe(
      [
        { dimension: 'tokens', limit: 10_000, remaining: 9_999, resetMs: 6 },
        { dimension: 'requests', limit: 1_440, remaining: 0, window: 'day' },
      ],
      NOW,
    );
    expect(pace.blockedUntil(0, NOW)).toBe(NOW + 60_000);
  });

  it('never lets more calls fly than a full bucket holds, though the named limit is greater', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 3_000, remaining: 9, resetMs: 20 }], NOW);
    expect(pace.blockedUntil(9, NOW + 60_000)).toBe(0);
    expect(pace.blockedUntil(10, NOW + 60_000)).toBeGreaterThan(NOW + 60_000);
  });

  it('says nothing where the headers said nothing', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 10 }], NOW);
    expect(pace.blockedUntil(100, NOW)).toBe(0);
  });

  it('takes a bucket for full when the vendor said it would be, however small it is', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 1, remaining: 0, resetMs: 490 }], 1_000);
    expect(pace.blockedUntil(0, 1_000)).toBe(1_490);
    expect(pace.blockedUntil(0, 1_490)).toBe(0);
  });

  it('starts no more in a new window than it takes, before an answer has told of it', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 500 }], 1_000);
    expect(pace.blockedUntil(9, 2_000)).toBe(0);
    expect(pace.blockedUntil(10, 2_000)).toBeGreaterThan(2_000);
  });

  it('never waits for ever, even for a limit of nothing', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'tokens', limit: 0, remaining: 0 }], 1_000);
    expect(pace.blockedUntil(0, 70_000)).toBe(0);
    expect(pace.blockedUntil(3, 1_000)).toBeLessThan(Infinity);
  });
});

describe('the refill of a bucket', () => {
  type Reading = readonly [remaining: number, resetMs: number];
  /** The wait for one call more than is left, which is the time that one call takes to refill. */
  const waitAfter = (limit: number, ...readings: Reading[]): number => {
    const pace = new HeaderPace('token_bucket');
    for (const [remaining, resetMs] of readings)
      pace.observe([{ dimension: 'requests', limit, remaining, resetMs }], NOW);
    return Math.round(pace.blockedUntil(readings.at(-1)![0], NOW) - NOW);
  };

  it('is measured by two readings: what more is missing takes so much longer', () => {
    expect(waitAfter(1_000, [50, 10_000], [29, 20_000])).toBe(500);
    expect(waitAfter(1_000, [50, 10_000], [48, 10_500])).toBe(500);
  });

  it('moves a fifth of the way with each further measurement', () => {
    expect(waitAfter(1_000, [50, 10_000], [29, 20_000], [9, 20_000])).toBe(417);
  });

  it('is measured against the fullest reading, and the last of those', () => {
    expect(waitAfter(1_000, [50, 10_000], [60, 5_000], [39, 10_000])).toBe(250);
    expect(waitAfter(1_000, [50, 10_000], [50, 8_000], [29, 18_000])).toBe(500);
  });

  it('is a limit a minute where two readings tell too little', () => {
    // One call less may be none; a shorter reset, and one of a few whole seconds, measure nothing.
    expect(waitAfter(1_000, [50, 10_000], [49, 10_500])).toBe(60);
    expect(waitAfter(1_000, [50, 10_000], [40, 9_500])).toBe(60);
    expect(waitAfter(1_000, [50, 10_000], [40, 14_000])).toBe(60);
    expect(waitAfter(1_000, [50, 10_000], [39, 15_000])).toBe(500);
  });

  it('is what one reading states, and at most a limit a minute', () => {
    expect(waitAfter(60, [0, 120_000])).toBe(2_000);
    expect(waitAfter(60, [0, 6_500])).toBe(1_000);
    expect(waitAfter(60, [60, 500])).toBe(1_000);
  });

  it('is not stated by a reset of fewer than five whole seconds', () => {
    expect([4_000, 4_001, 5_000].map((resetMs) => waitAfter(60, [59, resetMs]))).toEqual([1_000, 4_001, 5_000]);
  });
});

describe('the cost of a call', () => {
  const afterReadings = (dimension: 'requests' | 'tokens', limit: number, ...left: number[]): HeaderPace => {
    const pace = new HeaderPace('token_bucket');
    for (const remaining of left) pace.observe([{ dimension, limit, remaining }], NOW);
    return pace;
  };

  it('is one of the requests, however many other instances take', () => {
    const pace = afterReadings('requests', 100, 100, 50);
    expect(pace.blockedUntil(49, NOW)).toBe(0);
    expect(pace.blockedUntil(50, NOW)).toBeGreaterThan(NOW);
  });

  it('follows the tokens that calls took, by a fifth each time', () => {
    const pace = afterReadings('tokens', 10_000, 10_000, 9_000);
    // 1 + (1,000 - 1) / 5 = 200.8 tokens a call.
    expect(pace.blockedUntil(43, NOW)).toBe(0);
    expect(pace.blockedUntil(44, NOW)).toBeGreaterThan(NOW);
    expect(afterReadings('tokens', 10_000, 5_000, 9_000).blockedUntil(8_000, NOW)).toBe(0);
  });

  it('counts what was refilled meanwhile as taken, too', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'tokens', limit: 60_000, remaining: 1_000 }], NOW);
    pace.observe([{ dimension: 'tokens', limit: 60_000, remaining: 1_000 }], NOW + 1_000);
    expect(pace.blockedUntil(3, NOW + 1_000)).toBe(0);
    expect(pace.blockedUntil(4, NOW + 1_000)).toBeGreaterThan(NOW + 1_000);
  });
});

describe('a fixed window', () => {
  it('looks again a second later where its new window is full of calls in flight', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 500 }], NOW);
    expect(pace.blockedUntil(10, NOW + 500)).toBe(NOW + 1_500);
  });

  it('refills nothing before it ends', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 1, resetMs: 20_000 }], NOW);
    expect(pace.blockedUntil(1, NOW + 19_999)).toBe(NOW + 20_000);
    expect(pace.blockedUntil(0, NOW + 19_999)).toBe(0);
  });

  it('begins with its limit, else with the most that was ever left', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', remaining: 4, resetMs: 500 }], NOW);
    pace.observe([{ dimension: 'requests', remaining: 0, resetMs: 500 }], NOW);
    expect(pace.blockedUntil(3, NOW + 500)).toBe(0);
    expect(pace.blockedUntil(4, NOW + 500)).toBeGreaterThan(NOW + 500);
  });
});

describe('a bucket', () => {
  it('is full by its reset, and holds no more than its limit', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 5, resetMs: 60_000 }], NOW);
    expect(pace.blockedUntil(9, NOW + 60_000)).toBe(0);
    expect(pace.blockedUntil(10, NOW + 60_000)).toBeGreaterThan(NOW + 60_000);
    expect(pace.blockedUntil(10, NOW + 600_000)).toBeGreaterThan(NOW + 600_000);
  });

  it('takes a day where its limit is per day', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 24, remaining: 0, window: 'day' }], NOW);
    expect(pace.blockedUntil(0, NOW)).toBe(NOW + 3_600_000);
  });

  it('keeps what it had under a clock that was set back', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 60, remaining: 3 }], NOW);
    expect(pace.blockedUntil(2, NOW - 60_000)).toBe(0);
  });
});
