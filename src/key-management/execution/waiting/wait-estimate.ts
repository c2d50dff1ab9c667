/** So many waits must have ended before the next are predicted. */
const LEAST_SERVED = 20;
const LEARNING = 0.05;

/** How fast a queue moves while there is one, so that a call that would wait too long is refused at once. */
export class WaitEstimate {
  #intervalMs = 0;
  #served = 0;
  #lastAt = -1;

  /** Someone's wait ended with a key. */
  served(now: number): void {
    if (this.#lastAt >= 0) {
      this.#served += 1;
      // The mean of the first few, then a moving one.
      this.#intervalMs += (now - this.#lastAt - this.#intervalMs) * Math.max(LEARNING, 1 / this.#served);
    }
    this.#lastAt = now;
  }

  /** Nobody waits any more: what comes next is another queue. */
  idle(): void {
    this.#lastAt = -1;
    this.#served = 0;
    this.#intervalMs = 0;
  }

  /** When the `place`-th in the queue may expect a key; 0 where nothing is known. Milliseconds since the epoch. */
  expectedAt(place: number, now: number): number {
    return this.#served < LEAST_SERVED ? 0 : now + place * this.#intervalMs;
  }
}
