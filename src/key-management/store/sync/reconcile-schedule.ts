import type { Clock } from '../../common/clock';
import { Timer } from '../../common/coalescing-timer';

/** One that failed is repeated after this long, while the store is there; milliseconds. */
const RETRY_MS = 1_000;

export interface ReconcileHost {
  /** Reading and writing go one after the other. */
  inTurn(step: () => Promise<void>): Promise<void>;
  run(): Promise<void>;
  isUp(): boolean;
  /** It was run, or could not be. */
  ended(error: unknown): void;
}

/** When to reconcile: as soon as changes may have been missed, until it succeeds, and never twice at once. */
export class ReconcileSchedule {
  readonly #again: Timer;
  #isDue = false;
  #isQueued = false;
  #isStopped = false;

  constructor(
    clock: Clock,
    private readonly host: ReconcileHost,
  ) {
    this.#again = new Timer(clock, RETRY_MS, () => {
      this.soon();
    });
  }

  soon(): void {
    if (this.#isQueued || this.#isStopped) return;
    this.#isQueued = true;
    this.#isDue = true;
    void this.host.inTurn(() => this.#run());
  }

  /** The store is there again: what failed without it is due now. */
  cameUp(): void {
    if (this.#isDue) this.soon();
  }

  stop(): void {
    this.#isStopped = true;
    this.#again.stop();
  }

  async #run(): Promise<void> {
    this.#isQueued = false;
    if (this.#isStopped) return;
    try {
      await this.host.run();
      // Asked for again meanwhile, it is still due.
      this.#isDue = this.#queued();
      this.host.ended(undefined);
    } catch (error) {
      if (this.#stopped()) return;
      this.host.ended(error);
      if (this.host.isUp()) this.#again.start();
    }
  }

  #queued(): boolean {
    return this.#isQueued;
  }

  #stopped(): boolean {
    return this.#isStopped;
  }
}
