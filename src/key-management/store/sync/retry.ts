import type { Clock } from '../../common/clock';

const FIRST_MS = 250;
const LONGEST_MS = 2_000;

/** Tries something again until it succeeds, with pauses that double up to two seconds. Keeps no process alive. */
export class Retry {
  #pauseMs = FIRST_MS;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  /** @param attempt Whether it succeeded; must not reject. */
  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly attempt: () => Promise<boolean>,
  ) {}

  start(): void {
    if (this.#isStopped) return;
    this.#cancel = this.clock.after(
      this.#pauseMs,
      () => {
        this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_MS);
        void this.attempt().then((isDone) => {
          if (!isDone) this.start();
        });
      },
      false,
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
