const LEAST_TELLING_RESET_MS = 5_000;
const LEAST_TELLING_CALLS = 2;
/** A limit a minute is what readings show where it lies within what they leave open, give or take this. */
const TOLERANCE = 0.01;

/**
 * Learns from the headers of several answers how fast a token bucket refills, per millisecond: what is missing more than in the fullest reading takes
 * the difference of the two resets to refill. Vendors state whole calls, so each pair of readings leaves a range open.
 */
export class Refill {
  #fullest = { remaining: -1, resetMs: 0 };
  #least = 0;
  #most = Infinity;
  #isSure = false;

  /** The most that was ever left. */
  get fullest(): number {
    return this.#fullest.remaining;
  }

  /** The latest reading is of a bucket that refills by its limit, as earlier ones show: the refill is exact. */
  get isSure(): boolean {
    return this.#isSure;
  }

  /** @param perWindow The limit by its window, per millisecond: what holds where readings do not tell otherwise. */
  read(remaining: number, resetMs: number, full: number, perWindow: number): number {
    this.#measure(remaining, resetMs);
    this.#isSure = false;
    if (this.#least === 0) return statedRefill(full - remaining, resetMs, perWindow);
    this.#isSure = perWindow >= this.#least * (1 - TOLERANCE) && perWindow <= this.#most * (1 + TOLERANCE);
    return this.#isSure ? perWindow : this.#least;
  }

  #measure(remaining: number, resetMs: number): void {
    if (remaining >= this.#fullest.remaining) {
      this.#fullest = { remaining, resetMs };
      return;
    }
    const more = this.#fullest.remaining - remaining;
    const longerMs = resetMs - this.#fullest.resetMs;
    if (more < LEAST_TELLING_CALLS || longerMs <= 0 || !isExact(longerMs)) return;
    const least = (more - 1) / longerMs;
    const most = (more + 1) / longerMs;
    // What contradicts the earlier readings is new: the limit was changed.
    const isNew = least > this.#most || most < this.#least;
    this.#least = isNew ? least : Math.max(this.#least, least);
    this.#most = isNew ? most : Math.min(this.#most, most);
  }
}

/** A reset of a few whole seconds is rounded, and says little of a nearly full bucket. */
const isExact = (resetMs: number): boolean => resetMs >= LEAST_TELLING_RESET_MS || resetMs % 1_000 !== 0;

/** The refill that one reading states; at most a limit a minute, since the bucket may be smaller than the limit. */
function statedRefill(missing: number, resetMs: number, perWindow: number): number {
  return missing > 0 && resetMs > 0 && isExact(resetMs) ? Math.min(perWindow, missing / resetMs) : perWindow;
}
