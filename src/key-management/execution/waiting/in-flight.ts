import type { Clock } from '../../common/clock';
import { within } from '../../common/settles-within';

/** Counts calls under way, so that the app can wait for them before it ends. */
export class InFlight {
  #count = 0;
  readonly #onIdle = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0 && this.#onIdle.size > 0) for (const resolve of [...this.#onIdle]) resolve();
  }

  /** Resolves with true once no call is under way, or with false if calls still are after this time (milliseconds). */
  async idle(timeoutMs: number): Promise<boolean> {
    if (this.#count === 0) return true;
    let whenIdle = (): void => undefined;
    const idle = new Promise<void>((resolve) => this.#onIdle.add((whenIdle = resolve)));
    const isIdle = await within(timeoutMs, idle, this.clock);
    this.#onIdle.delete(whenIdle);
    return isIdle;
  }
}
