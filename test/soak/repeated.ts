import { setTimeout as pause } from 'node:timers/promises';

/** Repeats some work with a pause in between, during each burst of the soak. */
export class Repeated {
  #stopping = false;
  #run: Promise<void> | undefined;

  /** @param everyMs Milliseconds from the end of one to the next. */
  constructor(
    private readonly everyMs: number,
    private readonly act: () => Promise<void>,
  ) {}

  start(): void {
    this.#stopping = false;
    this.#run = this.#repeat();
  }

  /** Resolves when the last one has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#run;
  }

  async #repeat(): Promise<void> {
    while (!this.#stopping) {
      await this.act();
      await pause(this.everyMs);
    }
  }
}
