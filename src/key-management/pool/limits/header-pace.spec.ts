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
