import type { Clock } from '../clock';
import { Timer } from './timer';

/** One that failed is repeated after this long, while the store is there; milliseconds. */
const RETRY_MS = 1_000;
/** After so many vain ones in a row changes are written all the same. */
const PATIENCE = 20;

export interface ReconcileHost {
  /** Reading and writing go one after the other. */
  inTurn(step: () => Promise<void>): Promise<void>;
  /** False if it is to be run again soon. */
  run(): Promise<boolean>;
  isUp(): boolean;
}

/** When to reconcile: as soon as changes may have been missed, until it succeeds, and never twice at once. */
export class ReconcileSchedule {
  readonly #again: Timer;
  /** How often it failed since it became due; undefined when it is not. */
  #vain: number | undefined;
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

  /** Writes wait: one that is due writes all itself, and changes that met lost data could not be told from what was lost. */
  get holdsBack(): boolean {
    return this.#vain !== undefined && this.#vain < PATIENCE;
  }

  soon(): void {
    if (this.#isQueued || this.#isStopped) return;
    this.#isQueued = true;
    this.#vain ??= 0;
    void this.host.inTurn(() => this.#run());
  }

  /** The store is there again: what failed without it is due now. */
  cameUp(): void {
    if (this.#vain === undefined) return;
    this.#vain = 0;
    this.soon();
  }

  stop(): void {
    this.#isStopped = true;
    this.#again.stop();
  }

  async #run(): Promise<void> {
    this.#isQueued = false;
    if (this.#isStopped) return;
    const done = await this.host.run().catch(() => false);
    if (done) {
      // Asked for again meanwhile, it is still due.
      this.#vain = this.#queued() ? 0 : undefined;
      return;
    }
    this.#vain = (this.#vain ?? 0) + 1;
    if (this.host.isUp() && !this.#stopped()) this.#again.start();
  }

  #queued(): boolean {
    return this.#isQueued;
  }

  #stopped(): boolean {
    return this.#isStopped;
  }
}
