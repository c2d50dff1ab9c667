/** A limit per minute is full again after this long; milliseconds. */
const REFILL_MS = 60_000;

/**
 * What instances left behind that ended without a word: they had used some of their part, and the vendor or a limit per minute remembers it
 * for up to a minute, though nobody has the part. Fractions of an account's limits.
 */
export class EmptyCapacity {
  #amount = 0;
  #asOf = 0;

  add(amount: number, now: number): void {
    this.#amount = Math.min(1, this.#left(now) + amount);
    this.#asOf = now;
  }

  /** Of what is free, `gained` is given: answers how much of it is full, 0..1. */
  take(gained: number, free: number, now: number): number {
    const left = this.#left(now);
    if (!(gained > 0) || left === 0) return 1;
    const share = Math.min(1, gained / Math.max(free, gained));
    this.#amount = left * (1 - share);
    this.#asOf = now;
    return 1 - Math.min(1, (left * share) / gained);
  }

  #left(now: number): number {
    return this.#amount * Math.max(0, 1 - (now - this.#asOf) / REFILL_MS);
  }
}
