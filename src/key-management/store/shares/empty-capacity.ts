/**
 * What was given back or left behind used up: nobody has the part, but the vendor, or a limit per minute, remembers for a while what was used
 * of it. Fractions of an account's limits.
 */
export class EmptyCapacity {
  #amount = 0;
  #asOf = 0;
  #refillMs = 60_000;

  /** @param refillMs How long it takes until all is full again. */
  add(amount: number, refillMs: number, now: number): void {
    if (!(amount > 0)) return;
    this.#amount = Math.min(1, this.#left(now) + amount);
    this.#refillMs = Math.max(1, refillMs);
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
    return this.#amount * Math.max(0, 1 - (now - this.#asOf) / this.#refillMs);
  }
}
