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

describe('the parts of instances', () => {
  const parts = (given: readonly Partial<Standing>[], now = NOW): number[] =>
    nextParts(
      given.map((each) => standing(each)),
      1,
      now,
    );
  const near = (...values: number[]) => values.map((value): unknown => expect.closeTo(value, 9));
  const tenth = { least: 0.1, since: NOW };

  it('are nothing for whoever wants nothing', () => {
    expect([parts([]), parts([{}, {}])]).toEqual([[], [0, 0]]);
  });

  describe('of whole units', () => {
    it('leave what is over to the greatest remainder, then to who has most, then to the first', () => {
      const want = (...wants: number[]) => wants.map((wanted) => ({ ...tenth, wanted }));
      expect(parts(want(0.32, 0.34, 2))).toEqual(near(0.3, 0.4, 0.3));
      expect(parts(want(2, 2, 2))).toEqual(near(0.4, 0.3, 0.3));
      expect(
        parts([
          { ...tenth, wanted: 2 },
          { ...tenth, wanted: 2, current: 0.2 },
          { ...tenth, wanted: 2, current: 0.1 },
        ]),
      ).toEqual(near(0.3, 0.4, 0.3));
    });

    it('are no less than what is of use', () => {
      expect(
        parts([
          { ...tenth, wanted: 2 },
          { wanted: 0.2, least: 0.25 },
        ]),
      ).toEqual(near(0.7, 0.3));
    });

    it('leave less than a unit to who has most', () => {
      expect(
        parts([
          { wanted: 0.3, least: 0.3 },
          { wanted: 2, least: 0.3 },
        ]),
      ).toEqual(near(0.3, 0.7));
    });

    it('are exact where a unit is one over a whole number', () => {
      const third = { wanted: 2, least: 1 / 3 };
      expect(parts([third, third, third])).toEqual([1 / 3, 1 / 3, 1 / 3]);
    });

    it('do not matter where there are more than a thousand', () => {
      const of = (least: number) =>
        parts([
          { wanted: 0.3335, least },
          { wanted: 2, least },
        ]);
      expect(of(0.001)).toEqual(near(0.334, 0.666));
      expect(of(0.0009)).toEqual(near(0.3335, 0.6665));
    });
  });

  describe('of which some is free', () => {
    const idle = { wanted: 0.2, current: 0.5 };

    it('are given to who asks, or is short of a tenth', () => {
      expect(parts([idle, { wanted: 0.44, current: 0.4, isAsking: false }])).toEqual([0.5, 0.4]);
      expect(parts([idle, { wanted: 0.44, current: 0.4 }])).toEqual(near(0.5, 0.5));
      expect(parts([idle, { wanted: 0.45, current: 0.4, isAsking: false }])).toEqual(near(0.308, 0.5));
    });

    it('take nothing from who has more, where all that is lacked is free', () => {
      expect(
        parts([
          { wanted: 0.2, current: 0.4 },
          { wanted: 0.3, current: 0.1 },
        ]),
      ).toEqual(near(0.4, 0.6));
    });

    it('are given first to who lacks what is of use, then to who has waited longest', () => {
      const holder = { ...tenth, wanted: 2, current: 0.8 };
      expect(
        parts([holder, { ...tenth, wanted: 0.2, since: NOW - 5 }, { ...tenth, wanted: 0.2, since: NOW - 9 }]),
      ).toEqual(near(0.6, 0, 0.2));
      expect(
        parts([
          holder,
          { ...tenth, wanted: 0.5, current: 0.1, since: NOW - 99 },
          { ...tenth, wanted: 0.5, since: NOW - 1 },
        ]),
      ).toEqual(near(0.4, 0.1, 0.1));
    });

    it('are not given where they are less than what is of use', () => {
      const small = { least: 0.05, since: NOW };
      expect(
        parts([
          { ...small, wanted: 2, current: 0.9 },
          { ...tenth, wanted: 0.5 },
          { ...small, wanted: 0.05, current: 0.05 },
        ])[1],
      ).toBe(0);
    });
  });

  describe('of those that borrow', () => {
    const borrower = { wanted: 2, own: 0, least: 0.5 };

    it('are what others leave of what is theirs, where that is of use', () => {
      expect(parts([{ wanted: 2, own: 0.7 }, borrower])).toEqual(near(1, 0));
      expect(parts([{ wanted: 2, own: 0.5 }, borrower])).toEqual(near(0.5, 0.5));
      expect(parts([{ wanted: 0.3, own: 0.7 }, borrower])).toEqual(near(0.3, 0.7));
    });

    it('leave to the others what is of use to them', () => {
      expect(parts([{ wanted: 2, own: 0.05, least: 0.6 }, borrower])).toEqual(near(1, 0));
    });
  });

  describe('of which there are too few', () => {
    const half = { wanted: 2, least: 0.5 };

    it('go to those that have waited longest', () => {
      const waiting = [30, 10, 20].map((ms) => ({ ...half, since: NOW - ms }));
      expect(parts(waiting)).toEqual(near(0.5, 0, 0.5));
    });

    it('stay for a turn where they are used, and for a quarter of it where they are not', () => {
      const after = (ms: number, bound: number) =>
        parts(
          [
            { wanted: 1, least: 1, current: 1, bound, since: NOW },
            { wanted: 1, least: 1, since: NOW - 10 },
          ],
          NOW + ms,
        );
      expect([after(249, 0), after(250, 0), after(999, 0.5), after(1_000, 0.5)]).toEqual([
        [1, 0],
        [0, 0],
        [1, 0],
        [0, 0],
      ]);
    });

    it('are given up by who has had them longest', () => {
      const holding = (ms: number) => ({ ...half, current: 0.5, bound: 0.1, since: NOW - ms });
      const waiting = { ...half, since: NOW - 50 };
      expect(parts([holding(9_000), holding(5_000), waiting])).toEqual(near(0, 0.5, 0));
      expect(parts([holding(5_000), holding(9_000), waiting])).toEqual(near(0.5, 0, 0));
      expect(parts([holding(100), holding(200), waiting])).toEqual(near(0.5, 0.5, 0));
    });
  });
});
