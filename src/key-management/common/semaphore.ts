/** A counting semaphore: lets `width` pieces of work run at once; the others wait, first come, first served. */
export class Semaphore {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly width: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.width) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // The place goes to the first that waits, so that no newcomer can take it first.
      if (next === undefined) this.#running -= 1;
      else {
        this.#waiting.delete(next);
        next();
      }
    }
  }
}
