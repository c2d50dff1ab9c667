import type { Clock, Random } from '../../common/clock';
import { equalJitterMs } from '../../common/equal-jitter';

const PAUSE = { initialMs: 50, maxMs: 2_000 };
/** A connection that served for at least this long was good: after it, the first attempt comes soon. Milliseconds. */
const SERVED_MS = 2_000;

/**
 * How long to wait before the next attempt to reach a store: exponential backoff with equal jitter, so that instances do not all ask a server that
 * refuses them at the same moment, and each asks about once a second. Milliseconds.
 * @param failures Consecutive attempts that failed; with 0 or 1 the pause is the shortest.
 */
export const reconnectPauseMs = (failures: number, random: Random): number =>
  equalJitterMs(PAUSE, Math.max(0, failures - 1), random);

/** Schedules the attempts to reach a store that is away, with the pauses of {@link reconnectPauseMs}. Keeps no process alive. */
export class Reconnect {
  #failures = 0;
  #isStopped = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly random: Random,
    private readonly attempt: () => void,
  ) {}

  /**
   * Schedules the next attempt.
   * @param servedMs For how long the last connection served; 0 for an attempt that failed. Milliseconds.
   */
  schedule(servedMs = 0): void {
    if (this.#isStopped) return;
    this.#failures = servedMs >= SERVED_MS ? 0 : this.#failures + 1;
    this.#cancel = this.clock.after(reconnectPauseMs(this.#failures, this.random), this.attempt, false);
  }

  /** No further attempt is made. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
