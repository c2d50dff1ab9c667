import type { KeyLimits } from './hard-limits';

const LIMITS = [
  'concurrency',
  'requestsPerMinute',
  'tokensPerMinute',
  'requestsPerDay',
  'tokensPerDay',
] as const satisfies readonly (keyof KeyLimits)[];

/** All limits taken away: as changes, what is put over it are all that are left. */
export const NO_LIMITS: KeyLimits = Object.freeze(Object.fromEntries(LIMITS.map((name) => [name, undefined])));

/** A limit that was taken away is none. */
export const statedOf = (limits: KeyLimits): KeyLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));

/** For each limit the least that is stated; undefined where none is. */
export function strictest(all: readonly KeyLimits[]): KeyLimits | undefined {
  const least: KeyLimits = {};
  for (const name of LIMITS) {
    const limit = Math.min(...all.map((limits) => limits[name] ?? Infinity));
    if (limit < Infinity) least[name] = limit;
  }
  return Object.keys(least).length > 0 ? least : undefined;
}
