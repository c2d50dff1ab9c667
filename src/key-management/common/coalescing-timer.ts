import type { Clock } from './clock';

/** One piece of work that is due after a while, however often it is asked for. Keeps no process alive. */
export class Timer {
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
    private readonly work: () => void,
  ) {}

  start(): void {
    this.#cancel ??= this.clock.after(
      this.ms,
      () => {
        this.#cancel = undefined;
        this.work();
      },
      false,
    );
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
