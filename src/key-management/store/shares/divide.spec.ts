import fc from 'fast-check';
import { nextParts, occupied, type Standing } from './divide';

const NOW = 1_000_000;
const standing = (given: Partial<Standing>): Standing => {
  const current = given.current ?? 0;
  return {
    wanted: 0,
    bound: 0,
    least: 0.001,
    own: 1,
    since: 0,
    isAsking: true,
    ...given,
    current,
    most: given.most ?? current,
  };
};
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the division of an account', () => {
  it('is by demand, and nobody gets less than an equal part who wants it', () => {
    const wants = [2, 0.1, 0.3].map((wanted) => standing({ wanted }));
    const parts = nextParts(wants, 1, NOW);
    expect(parts[0]).toBeCloseTo(0.6, 3);
    expect(parts[1]).toBeCloseTo(0.1, 3);
    expect(parts[2]).toBeCloseTo(0.3, 3);
  });

  it('gives what nobody asks for to those who ask, by demand', () => {
    expect(nextParts([standing({ wanted: 0.1 }), standing({ wanted: 0.3 }), standing({})], 1, NOW)).toEqual([
      expect.closeTo(0.25, 3),
      expect.closeTo(0.75, 3),
      0,
    ]);
  });

  it('leaves nothing over where the account is no whole number of the smallest useful part', () => {
    const wants = [standing({ wanted: 1, least: 0.22 }), standing({ wanted: 0.3, least: 0.22 })];
    const parts = nextParts(wants, 1, NOW);
    expect(sum(parts)).toBeCloseTo(1, 9);
    expect(parts[1]).toBeCloseTo(0.22, 9);
    expect(nextParts([standing({ wanted: 0.5, least: 0.22 })], 1, NOW)).toEqual([expect.closeTo(1, 9)]);
  });

  it('lowers first, and gives only what is free', () => {
    const holder = standing({ wanted: 1, current: 1 });
    const lacking = standing({ wanted: 1 });
    expect(nextParts([holder, lacking], 1, NOW)).toEqual([expect.closeTo(0.5, 3), 0]);
    const follows = standing({ wanted: 1, current: 0.5, most: 1 });
    expect(nextParts([follows, lacking], 1, NOW)).toEqual([0.5, 0]);
    expect(nextParts([standing({ wanted: 1, current: 0.5 }), lacking], 1, NOW)[1]).toBeCloseTo(0.5, 3);
  });

  it('gives nothing of what another may still use, though the same was used before and cannot be given back yet', () => {
    const holder = standing({ wanted: 1, current: 0.5, most: 1 });
    expect(nextParts([holder, standing({ wanted: 1, bound: 0.038 })], 1, NOW)).toEqual([0.5, 0]);
    expect(
      nextParts([standing({ wanted: 1, current: 0.99 }), standing({ wanted: 1, bound: 0.038 })], 1, NOW)[1],
    ).toBeCloseTo(0.01, 3);
  });

  it('lets those who borrow have what is left', () => {
    const parts = nextParts([standing({ wanted: 0.7 }), standing({ wanted: 1, own: 0 })], 1, NOW);
    expect(parts).toEqual([expect.closeTo(0.7, 3), expect.closeTo(0.3, 3)]);
  });

  it('lets the longest waiting go first where there are too few whole calls, after a turn', () => {
    const all = [
      standing({ wanted: 1, least: 1, current: 1, bound: 0.5, since: NOW }),
      standing({ wanted: 1, least: 1, since: NOW - 10 }),
    ];
    expect(nextParts(all, 1, NOW + 500)).toEqual([1, 0]);
    expect(nextParts(all, 1, NOW + 1_500)).toEqual([0, 0]);
  });

  it('never gives more than there is', () => {
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    const any = fc.record({
      wanted: fc.double({ min: 0, max: 3, noNaN: true }),
      bound: fraction,
      least: fc.constantFrom(0.001, 0.1, 0.25, 1 / 3, 0.9, 1),
      own: fraction,
      current: fraction,
      most: fraction,
      since: fc.integer({ min: NOW - 5_000, max: NOW }),
      isAsking: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 6 }), (given) => {
        const total = Math.max(1, sum(given.map(({ most, current, bound }) => Math.max(most, current, bound))));
        const standings = given.map((each): Standing => {
          const current = each.current / total;
          return { ...each, current, most: Math.max(each.most / total, current), bound: each.bound / total };
        });
        const parts = nextParts(standings, 1, NOW);
        const after = standings.map((each, i) => Math.max(occupied(each), parts[i]!));
        expect(sum(after)).toBeLessThanOrEqual(1 + 1e-6);
        for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
