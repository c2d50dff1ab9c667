import { HOUR_MS } from './spending-history';

/** What is foretold moves from one look to the next: a threshold counts anew only where the end has moved this much beyond it. */
const AGAIN_BEYOND = 1.5;

/**
 * Which threshold (hours ahead) is to be told of now, and which counts as told from now on.
 * @param at When it runs out; undefined where it does not. Milliseconds since the epoch.
 * @param told The smallest threshold that was told; undefined where none was.
 * @param thresholds The first first: 24, then 2.
 */
export function runOutWarning<Hours extends number>(
  at: number | undefined,
  told: Hours | undefined,
  thresholds: readonly Hours[],
  now: number,
): { readonly due?: Hours; readonly told?: Hours } {
  const aheadMs = at === undefined ? Infinity : at - now;
  const reached = thresholds.findLast((hours) => aheadMs <= hours * HOUR_MS);
  if (reached !== undefined && (told === undefined || reached < told)) return { due: reached, told: reached };
  if (told === undefined || aheadMs <= told * HOUR_MS * AGAIN_BEYOND) return told === undefined ? {} : { told };
  // The end is far off again: the thresholds that lie before it may be told of anew.
  const passed = thresholds.findLast((hours) => hours > told && aheadMs <= hours * HOUR_MS * AGAIN_BEYOND);
  return passed === undefined ? {} : { told: passed };
}
