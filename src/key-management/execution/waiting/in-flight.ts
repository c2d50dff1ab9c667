import type { Clock } from '../../common/clock';

/** Counts calls under way, so that the app can wait for them before it ends. */
export class InFlight {
  #count = 0;
  readonly #idle = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0 && this.#idle.size > 0) for (const tell of [...this.#idle]) tell();
  }

  /** True once no call is under way; false if some still are after so many milliseconds. */
  idle(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (idle: boolean): void => {
        cancelTimer();
        this.#idle.delete(tell);
        resolve(idle);
      };
      const tell = (): void => {
        end(true);
      };
      const cancelTimer = this.clock.after(timeoutMs, () => {
        end(false);
      });
      this.#idle.add(tell);
    });
  }
}
