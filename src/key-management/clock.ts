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

/** So often the clock is compared with the machine's; milliseconds. */
const LOOK_MS = 1_000;
/** It goes this much faster or slower to meet the machine's: a rest changes by 1 % at the most. */
const DRAWN = 0.01;

/**
 * The machine's time, but steady. A machine's clock may be set by an hour from one moment to the next; all that waits for a time would end
 * at once, or an hour late. This one goes by elapsed time, and is drawn to the machine's clock by and by.
 */
export class SteadyClock implements Clock {
  /** From elapsed time to time of day; milliseconds. */
  #offset: number;
  #lookedAt: number;
  #latest = 0;

  constructor(
    private readonly machine: () => number = () => Date.now(),
    private readonly elapsed: () => number = () => performance.now(),
  ) {
    this.#lookedAt = elapsed();
    // A machine shows whole milliseconds: half of one more is nearer the truth.
    this.#offset = machine() + 0.5 - this.#lookedAt;
  }

  now(): number {
    const elapsed = this.elapsed();
    if (elapsed - this.#lookedAt >= LOOK_MS) this.#look(elapsed);
    const now = Math.floor(elapsed + this.#offset);
    // While it is drawn back it stands still rather than going back.
    if (now > this.#latest) this.#latest = now;
    return this.#latest;
  }

  after(ms: number, callback: () => void, keepAlive = true): () => void {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_TIMER_MS));
    if (!keepAlive) timer.unref();
    return () => {
      clearTimeout(timer);
    };
  }

  #look(elapsed: number): void {
    const ahead = this.machine() + 0.5 - (elapsed + this.#offset);
    const most = (elapsed - this.#lookedAt) * DRAWN;
    this.#offset += Math.min(most, Math.max(-most, ahead));
    this.#lookedAt = elapsed;
  }
}

export const systemClock: Clock = new SteadyClock();
