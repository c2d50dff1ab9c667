/** A refused key keeps a call in flight beside a slow one; how often it is called, the learned rate decides. */
const LEAST = 2;

/** Learns how many calls in flight a key bears where no header tells: halved on a refusal, one more per round of successes. */
export class AdaptiveConcurrency {
  #cap = Infinity;
  #halvedAt = 0;

  /** The most calls in flight; Infinity until the first refusal. */
  get value(): number {
    return Math.floor(this.#cap);
  }

  /**
   * A call begun at `startedAt` was refused with `inFlight` calls in flight, itself included. Refusals of one burst halve once. One that was
   * alone says nothing of how many the key bears.
   */
  refused(inFlight: number, startedAt: number, now: number): void {
    if (startedAt < this.#halvedAt || inFlight < LEAST) return;
    this.#cap = Math.max(LEAST, Math.min(this.#cap, inFlight) / 2);
    this.#halvedAt = now;
  }

  succeeded(): void {
    this.#cap += 1 / this.#cap;
  }
}
