/** What hardly ever changes, and may at any time: looked up when the clock has moved since it was last asked for, not for every call. */
export class OncePerTick<T> {
  #value: T | undefined;
  #lookedAt = NaN;

  constructor(private readonly look: () => T) {}

  at(now: number): T {
    if (now !== this.#lookedAt) {
      this.#lookedAt = now;
      this.#value = this.look();
    }
    return this.#value as T;
  }
}
