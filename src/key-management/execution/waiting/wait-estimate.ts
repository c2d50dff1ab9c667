/** This many waits must have ended with a key before the next waits are predicted. */
const MIN_SERVED = 20;
/** The weight of the latest interval in the exponentially weighted moving average. */
const SMOOTHING = 0.05;

/** Estimates how fast a queue moves while there is one, so that a call that would wait too long is refused at once. */
export class WaitEstimate {
  #intervalMs = 0;
  #served = 0;
  #lastAt = -1;

  /** A wait ended with a key. */
  served(now: number): void {
    if (this.#lastAt >= 0) {
      this.#served += 1;
      // The mean of the first few, then a moving average.
      this.#intervalMs += (now - this.#lastAt - this.#intervalMs) * Math.max(SMOOTHING, 1 / this.#served);
    }
    this.#lastAt = now;
  }

  /** Nobody waits any more: what comes next is another queue. */
  idle(): void {
    this.#lastAt = -1;
    this.#served = 0;
    this.#intervalMs = 0;
  }

  /** When the call at this place of the queue may expect a key; 0 where nothing is known. Milliseconds since the epoch. */
  expectedAt(place: number, now: number): number {
    return this.#served < MIN_SERVED ? 0 : now + place * this.#intervalMs;
  }
}
