/** Does something again and again, each time so long after it ended; not while the page is hidden. */
export class Refreshing {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** @param hiddenPause Milliseconds after which a hidden page is looked at again. */
  constructor(
    private readonly load: () => Promise<void>,
    private readonly hiddenPause: number,
  ) {}

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** In the place of what was planned before. @param pause Milliseconds. */
  again(pause: number): void {
    this.pause();
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      if (document.hidden) this.again(this.hiddenPause);
      else void this.load();
    }, pause);
  }

  /** Until `again`. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  stop(): void {
    this.#stopped = true;
    this.pause();
  }
}
