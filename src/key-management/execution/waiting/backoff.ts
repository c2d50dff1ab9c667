import { followAbort, unfollowAbort } from '../../common/abort-followers';
import type { Clock, Random } from '../../common/clock';

/** How long calls back off. Milliseconds. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** The pause before one retry. Milliseconds. */
export interface RetryPause {
  /** 0 for the first retry. */
  readonly retry: number;
  /** The wait that the vendor states: a lower bound. */
  readonly statedMs: number;
  /** The time that the call has left. Default Infinity. */
  readonly leftMs?: number;
}

/**
 * Milliseconds to wait before a retry: exponential backoff with full jitter, that is anything from 0 to a bound that doubles with each
 * retry. What comes on top of a stated wait stays within the time that the call has left.
 */
export function backoffMs(
  { initialMs, maxMs }: Backoff,
  { retry, statedMs, leftMs = Infinity }: RetryPause,
  random: Random,
): number {
  const bound = Math.min(maxMs, initialMs * 2 ** Math.min(retry, 30), Math.max(0, leftMs - statedMs));
  return statedMs + random() * bound;
}

export type PauseEnd = 'over' | 'cancelled' | 'closed';

/** The calls of one provider that back off. All of these pauses end when the app shuts down, or the provider's pool is closed. */
export class Pauses {
  readonly #ends = new Set<(end: PauseEnd) => void>();
  #closed = false;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#ends.size;
  }

  /** @param ms Milliseconds. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<PauseEnd> {
    if (this.#closed) return Promise.resolve('closed');
    if (signal?.aborted) return Promise.resolve('cancelled');
    return new Promise((resolve) => {
      const end = (how: PauseEnd): void => {
        cancelTimer();
        unfollowAbort(signal, follower);
        this.#ends.delete(end);
        resolve(how);
      };
      const follower = { aborted: () => end('cancelled') };
      const cancelTimer = this.clock.after(ms, () => end('over'));
      followAbort(signal, follower);
      this.#ends.add(end);
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of [...this.#ends]) end('closed');
  }
}
