/**
 * How fast the rate grows with the square of the successes since the last refusal: slowly at first, so that a limit is met again
 * only after some thirty calls; fast later, so that a limit that was raised, or measured too low, is found.
 */
const GROWTH = 6e-5;
/** The weight of a new measurement in the exponentially weighted mean. */
const LEARNING = 0.5;
/** Fewer successes measure nothing. */
const LEAST_SUCCESSES = 3;
/** A bucket that is not used for this time is full: a longer pause says nothing of how fast it fills. Milliseconds. */
const LONGEST_GAP_MS = 60_000;
/** The longest time between two calls, however low the rate that was learned of a seldom used key. Milliseconds. */
const LONGEST_SPACING_MS = 15_000;

/**
 * Learns a vendor's rate where no header tells: a refusal says that the bucket is empty, so what succeeded between two
 * refusals, over the time between them, is what refills it.
 */
export class LearnedRate {
  /** Calls per millisecond; Infinity until learned. */
  #rate = Infinity;
  /** Successes, and the refusal, that the present measurement began with. */
  #successes = 0;
  #since = -1;
  #refusedAt = -1;
  /** When the key was last used, and the idle time within the present measurement; milliseconds. */
  #activeAt = -1;
  #idleMs = 0;
  #successesSinceRefusal = 0;
  /** The end of the spacing that the calls so far have used up; milliseconds since the epoch. */
  #spacedUntil = 0;

  started(now: number): void {
    this.#active(now);
    if (this.#rate !== Infinity) this.#spacedUntil = Math.max(this.#spacedUntil, now) + this.#spacingMs;
  }

  succeeded(): void {
    this.#successes += 1;
    this.#successesSinceRefusal += 1;
  }

  /** A call begun at `startedAt` was refused. Refusals of one burst count once. */
  refused(startedAt: number, now: number): void {
    if (startedAt < this.#refusedAt) return;
    this.#refusedAt = now;
    this.#active(now);
    this.#successesSinceRefusal = 0;
    const first = this.#since < 0;
    if (!first && this.#successes < LEAST_SUCCESSES) return;
    if (!first) this.#learn(this.#successes / Math.max(1, now - this.#since - this.#idleMs));
    this.#since = now;
    this.#idleMs = 0;
    this.#successes = 0;
  }

  /** Until when the next call may not go, milliseconds since the epoch; 0 if it may go now. One call may always run ahead. */
  blockedUntil(now: number): number {
    if (this.#rate === Infinity) return 0;
    const blockedUntil = this.#spacedUntil - this.#spacingMs;
    return blockedUntil > now ? blockedUntil : 0;
  }

  get #spacingMs(): number {
    return Math.min(LONGEST_SPACING_MS, 1 / (this.#rate * (1 + GROWTH * this.#successesSinceRefusal ** 2)));
  }

  #active(now: number): void {
    if (this.#activeAt >= 0) this.#idleMs += Math.max(0, now - this.#activeAt - LONGEST_GAP_MS);
    this.#activeAt = now;
  }

  #learn(measured: number): void {
    this.#rate = this.#rate === Infinity ? measured : this.#rate + (measured - this.#rate) * LEARNING;
  }
}
