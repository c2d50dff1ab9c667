import type { Random } from '../../common/clock';

const SHORTEST_MS = 50;
const LONGEST_MS = 2_000;
/** A connection that served for this long was a good one: when it breaks, the first attempt comes soon. Milliseconds. */
export const SERVED_MS = 2_000;

/**
 * How long to wait before a store is dialled again: exponential backoff with equal jitter (half fixed, half random), so that a server
 * that refuses whoever comes is asked about once a second by each instance, and not by all of them at once. Milliseconds.
 * @param failures Attempts in turn whose connection did not serve; with none or one the pause is the shortest.
 */
export function reconnectPauseMs(failures: number, random: Random): number {
  const most = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.max(0, Math.min(failures, 16) - 1));
  return most / 2 + (random() * most) / 2;
}
