const LEARNING = 0.2;
const LEAST_TELLING_RESET_MS = 5_000;
const LEAST_TELLING_CALLS = 1;

/** Learns from the headers of several answers how fast a token bucket refills, per millisecond. */
export class Refill {
  /** What two readings show; 0 until known. */
  #measured = 0;
  #fullest = { remaining: -1, resetMs: 0 };

  /** The most that was ever left. */
  get fullest(): number {
    return this.#fullest.remaining;
  }

  /**
   * Measures against the fullest reading: what is missing beyond that takes the difference of the two resets to refill.
   * @param perWindow The limit by its window, per millisecond: what holds where no readings tell.
   */
  read(remaining: number, resetMs: number, full: number, perWindow: number): number {
    this.#measure(remaining, resetMs);
    return this.#measured || statedRefill(full - remaining, resetMs, perWindow);
  }

  #measure(remaining: number, resetMs: number): void {
    if (remaining >= this.#fullest.remaining) {
      this.#fullest = { remaining, resetMs };
      return;
    }
    // Vendors state whole calls, so one call less is certain.
    const more = this.#fullest.remaining - remaining - 1;
    const longerMs = resetMs - this.#fullest.resetMs;
    const telling = more >= LEAST_TELLING_CALLS && longerMs > 0 && isExact(longerMs);
    if (!telling) return;
    const measured = more / longerMs;
    this.#measured = this.#measured === 0 ? measured : this.#measured + (measured - this.#measured) * LEARNING;
  }
}

/** A reset of a few whole seconds is rounded, and says little of a nearly full bucket. */
const isExact = (resetMs: number): boolean => resetMs >= LEAST_TELLING_RESET_MS || resetMs % 1_000 !== 0;

/** The refill that one reading states; at most a limit a minute, since the bucket may be smaller than the limit. */
function statedRefill(missing: number, resetMs: number, perWindow: number): number {
  return missing > 0 && resetMs > 0 && isExact(resetMs) ? Math.min(perWindow, missing / resetMs) : perWindow;
}
