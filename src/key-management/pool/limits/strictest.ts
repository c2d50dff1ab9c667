import type { KeyLimits } from './hard-limits';

const LIMITS = [
  'concurrency',
  'requestsPerMinute',
  'tokensPerMinute',
  'requestsPerDay',
  'tokensPerDay',
] as const satisfies readonly (keyof KeyLimits)[];

/** The limits that there are. */
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
