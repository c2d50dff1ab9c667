import { followAbort, unfollowAbort } from '../../common/abort-followers';
import type { Clock } from '../../common/clock';

export type PauseEnd = 'over' | 'cancelled' | 'closed';

/** The calls that back off. All end when the app does. */
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
        if (signal) unfollowAbort(signal, follower);
        this.#ends.delete(end);
        resolve(how);
      };
      const follower = {
        aborted: (): void => {
          end('cancelled');
        },
      };
      const cancelTimer = this.clock.after(ms, () => {
        end('over');
      });
      if (signal) followAbort(signal, follower);
      this.#ends.add(end);
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of [...this.#ends]) end('closed');
  }
}
