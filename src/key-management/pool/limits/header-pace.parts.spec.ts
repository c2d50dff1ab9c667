import fc from 'fast-check';
import { send } from '../../../../test/support/sent-calls';
import { HeaderPace } from './header-pace';

const NOW = 1_000_000;

describe('parts of what headers state', () => {
  it('of all instances never take more than the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const sum = weights.reduce((total, weight) => total + weight, 0);
        let taken = 0;
        for (const weight of weights) {
          const pace = new HeaderPace('token_bucket');
          pace.divide(weight / sum, 0, NOW);
          pace.observe([{ dimension: 'requests', limit: 40, remaining: 40 }], NOW, NOW);
          for (; pace.blockedUntil(NOW) === 0 && taken < 1_000; taken += 1) send(pace, 1, NOW);
        }
        expect(taken).toBeLessThanOrEqual(40 + weights.length);
      }),
    );
  });

  it('refill in proportion, and hold what is gained at the level that is given', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 60, remaining: 60 }], NOW, NOW);
    pace.divide(0.5, 0, NOW);
    send(pace, 30, NOW);
    expect(pace.blockedUntil(NOW)).toBe(NOW + 2_000);
    pace.divide(0.75, 0.2, NOW);
    expect(pace.meters[0]!.leftAt(NOW)).toBeCloseTo(3, 6);
    pace.divide(0, 0, NOW);
    expect(pace.blockedUntil(NOW)).toBe(NOW + 1_000);
  });

  /** An account of 10 calls at once and one a second, of which this instance had half until now, and has this part from now on. */
  function regained(part: number): { pace: HeaderPace; read: (remaining: number, at: number) => number } {
    const pace = new HeaderPace('token_bucket');
    const read = (remaining: number, at: number): number => {
      pace.observe([{ dimension: 'requests', limit: 60, remaining, resetMs: (10 - remaining) * 1_000 + 1 }], at, at);
      return pace.meters[0]!.leftAt(at);
    };
    read(9, NOW - 100);
    pace.divide(0.5, 1, NOW);
    send(pace, 4, NOW);
    // Others may have used what is gained.
    pace.divide(part, 0, NOW);
    return { pace, read };
  }

  it('are believed the vendor for what the others cannot have left, once their calls have arrived', () => {
    const { pace, read } = regained(1);
    const before = pace.meters[0]!.leftAt(NOW);
    expect(before).toBeLessThan(2);
    // Answers that were counted just now may not count what others have under way.
    expect(read(8, NOW + 100)).toBeLessThan(2);
    send(pace, 1, NOW + 1_500);
    expect(read(8, NOW + 1_600)).toBeGreaterThanOrEqual(7);
  });

  it('count what the others may have left as theirs', () => {
    const { read } = regained(0.8);
    // 2 of 10 are the others'.
    const left = read(8, NOW + 5_500);
    expect(left).toBeGreaterThanOrEqual(2);
    expect(left).toBeLessThanOrEqual(8);
  });
});

describe('a bucket of whole calls', () => {
  /** What is believed to be left after readings of a bucket of 10 that refills by two a second. */
  function believed(levels: readonly number[], limit: number, rounded = false): number {
    const pace = new HeaderPace('token_bucket');
    for (const level of levels) {
      const resetMs = (10 - level) * 500;
      const stated = rounded ? Math.ceil(resetMs / 1_000) * 1_000 : Math.ceil(resetMs);
      pace.observe([{ dimension: 'requests', limit, remaining: Math.floor(level), resetMs: stated }], NOW, NOW);
    }
    return pace.meters[0]!.leftAt(NOW);
  }

  it('has the part of a call left that its answers do not state, but their resets', () => {
    // Less what refills while one request is under way for longer than another.
    expect(believed([9.1, 4.3, 3.7], 120)).toBeCloseTo(3.55, 1);
    expect(believed([9.1, 4.3, 3.1], 120)).toBe(3);
  });

  it('has what is stated where the refill is not sure, or the reset is rounded', () => {
    expect(believed([9.1, 4.3, 3.7], 10)).toBe(3);
    expect(believed([9.1, 4.3, 3.7], 120, true)).toBe(3);
  });

  it('has nothing left where it owes some', () => {
    expect(believed([9.1, 4.3, -0.5], 120)).toBeLessThanOrEqual(0);
  });
});
