/** Time and chance, injected so that tests are exact. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls back once, after `ms`; returns what takes the timer back.
   * @param keepAlive Whether the process stays alive for it. Default true: a call that waits is work to be done.
   */
  after(ms: number, callback: () => void, keepAlive?: boolean): () => void;
}

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;

/** setTimeout fires at once above this, so longer waits are cut into pieces. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback, keepAlive = true) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
    if (!keepAlive) timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
