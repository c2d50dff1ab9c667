/** A value that hardly ever changes, but may at any time. It is looked up once per time of the clock, not for every call. */
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
