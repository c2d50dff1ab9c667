import type { Clock } from './clock';

/** Runs one piece of work after a while, once however often it is started meanwhile. The timer does not keep the process alive. */
export class Timer {
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ms: number | (() => number),
    private readonly work: () => void,
  ) {}

  start(): void {
    this.#cancel ??= this.clock.after(
      typeof this.ms === 'number' ? this.ms : this.ms(),
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
