import { Refill } from './refill';

/** Of a limit of 1,000 a minute, where no reading tells otherwise. */
const PER_WINDOW = 1 / 60;

type Reading = readonly [remaining: number, resetMs: number];
const refillAfter = (readings: readonly Reading[], perWindow = PER_WINDOW): number => {
  const refill = new Refill();
  const read = readings.map(([remaining, resetMs]) => refill.read(remaining, resetMs, 1_000, perWindow));
  return read.at(-1)!;
};

describe('Refill', () => {
  it('knows the most that was ever left', () => {
    const refill = new Refill();
    expect(refill.fullest).toBe(-1);
    for (const [remaining, fullest] of [
      [0, 0],
      [5, 5],
      [3, 5],
    ] as const) {
      refill.read(remaining, 500, 1_000, PER_WINDOW);
      expect(refill.fullest).toBe(fullest);
    }
  });

  it('is between one call less and one call more than two readings show', () => {
    // 21 calls in ten seconds: 20 to 22.
    const readings: Reading[] = [
      [50, 10_000],
      [29, 20_000],
    ];
    expect(refillAfter(readings)).toBe(0.002);
    const within = [0.00198, 0.00197, 0.0021, 0.002222, 0.00223].map((perWindow) => refillAfter(readings, perWindow));
    expect(within).toEqual([0.00198, 0.002, 0.0021, 0.002222, 0.002]);
  });

  it('is within what all readings leave open', () => {
    const narrowed: Reading[] = [
      [50, 10_000],
      [29, 20_000],
      [7, 30_500],
    ];
    // 20 to 22 in ten seconds, and 42 to 44 in twenty and a half.
    expect(refillAfter(narrowed)).toBeCloseTo(42 / 20_500, 12);
    expect(refillAfter(narrowed, 0.00213)).toBe(0.00213);
    expect(refillAfter(narrowed, 0.0022)).toBeCloseTo(42 / 20_500, 12);
    const wider: Reading[] = [...narrowed, [27, 20_500]];
    expect(refillAfter(wider)).toBeCloseTo(22 / 10_500, 12);
  });

  it.each<[string, Reading, number]>([
    ['faster', [9, 20_000], 0.004],
    ['slower', [29, 40_000], 20 / 30_000],
  ])(
    'is what the latest reading shows where that is %s than the earlier ones: the limit was changed',
    (_, last, rate) => {
      expect(refillAfter([[50, 10_000], [29, 20_000], last])).toBeCloseTo(rate, 12);
    },
  );

  it('goes on from where the limit was changed', () => {
    const slower: Reading[] = [
      [50, 10_000],
      [29, 20_000],
      [29, 40_000],
      [28, 40_000],
    ];
    expect(refillAfter(slower)).toBeCloseTo(21 / 30_000, 12);
    expect(refillAfter(slower, 22 / 30_000)).toBeCloseTo(22 / 30_000, 12);
    expect(refillAfter(slower, 24 / 30_000)).toBeCloseTo(21 / 30_000, 12);
  });

  it('is not measured by one call, by no time, or by a short one in whole seconds', () => {
    for (const last of [
      [49, 20_000],
      [29, 10_000],
      [29, 14_000],
    ] as const)
      expect(refillAfter([[50, 10_000], last])).toBe(PER_WINDOW);
    expect(
      refillAfter([
        [50, 10_000],
        [48, 10_500],
      ]),
    ).toBe(0.002);
  });

  it('is stated by one reading of what is missing, unless nothing is, or no reset', () => {
    expect(refillAfter([[0, 120_000]])).toBe(1_000 / 120_000);
    expect(refillAfter([[0, 30_000]])).toBe(PER_WINDOW);
    expect(refillAfter([[1_000, 120_000]])).toBe(PER_WINDOW);
    expect(refillAfter([[0, 0]])).toBe(PER_WINDOW);
    expect(refillAfter([[0, -500]])).toBe(PER_WINDOW);
  });
});
