import type { Random } from '../../common/clock';

export interface Backoff {
  /** Milliseconds. */
  readonly initialMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before a retry, full jitter: anything from 0 to a bound that doubles with each retry (0 for the first).
 * A stated wait is a lower bound; what comes on top of it stays within the room that the call's time leaves.
 */
export function backoffMs(
  backoff: Backoff,
  retry: number,
  statedMs: number,
  random: Random,
  roomMs = Infinity,
): number {
  const bound = Math.min(backoff.maxMs, backoff.initialMs * 2 ** Math.min(retry, 30), Math.max(0, roomMs - statedMs));
  return statedMs + random() * bound;
}
