import { DEFAULT_REFRESH_MS, refreshAfterMs, retryAfterMs } from './token-schedule';

const MINUTE = 60_000;

describe('when a token is asked for', () => {
  it.each([
    // 80 % of an hour are over 12 minutes before its end.
    [60 * MINUTE, 48 * MINUTE],
    // 80 % of four minutes are over in the last one.
    [4 * MINUTE, 3 * MINUTE],
    [3 * MINUTE, 2 * MINUTE],
    // One that lives for less than two minutes would be asked for without end.
    [90_000, 45_000],
    [10_000, 5_000],
    [500, 1_000],
    [Infinity, DEFAULT_REFRESH_MS],
  ])('a life of %d ms is refreshed after %d ms', (lifeMs, expected) => {
    expect(refreshAfterMs(lifeMs)).toBe(expected);
  });

  it('doubles the pause after each failure up to a minute, and spreads instances', () => {
    expect([1, 2, 3, 6, 7, 50].map((failures) => retryAfterMs(failures, 1))).toEqual([
      1_000, 2_000, 4_000, 32_000, 60_000, 60_000,
    ]);
    expect(retryAfterMs(1, 0)).toBe(750);
  });
});
