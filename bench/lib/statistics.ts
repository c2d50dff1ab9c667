/** The quantile of numbers in any order; 0 ≤ share ≤ 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The middle half of what was measured, around its median. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/** Rounds to three significant digits. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(3)) : value);

export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = rounded(value);
  return Math.abs(digits) >= 1_000 ? digits.toLocaleString('en-US') : String(digits);
}

export const shownSpread = ({ median: middle, low, high }: Spread): string =>
  `${shown(middle)} (${shown(low)}–${shown(high)})`;

/** Whether a difference is noise: the middle half of what was measured reaches zero. */
export const isNoise = ({ low }: Spread): boolean => !(low > 0);

/** The difference, or `within noise`. */
export const shownDifference = (found: Spread): string =>
  isNoise(found) ? `within noise (${shown(found.low)}–${shown(found.high)})` : shownSpread(found);
