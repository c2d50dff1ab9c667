import { systemClock, type Clock } from '../../common/clock';
import type { Session } from './session';
import { paths, withoutLosers } from './layout';
import type { Update } from './write-queue';

/** How long a batch stays in the log: only as long as the slowest connected instance may take to be sent it. */
const LOG_KEEP_MS = 30_000;
/** How long a batch's id is remembered: the port promises 10 minutes. */
const BATCH_KEEP_MS = 11 * 60_000;
/** A log entry of another writer that is this old was left behind by a writer that crashed. */
const STRAY_MS = 5 * 60_000;
/** Milliseconds between two rounds, and between two sweeps for what others left. */
const TICK_MS = 5_000;
const SWEEP_MS = 10 * 60_000;
/** Most paths that one update removes, and most fields that one round clears. */
const AT_ONCE = 2_000;
const FIELDS_AT_ONCE = 50;

/** Removes what is no longer needed: own log entries and batch ids, values that lost, and what crashed writers left. */
export class Housekeeping {
  readonly #due: { path: string; at: number }[] = [];
  readonly #fields = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #nextSweep = 0;

  /**
   * @param session Returns the present session, if it is up.
   * @param remove Sends one update, within the store's time limit.
   */
  constructor(
    private readonly session: () => Session | undefined,
    private readonly remove: (update: Update) => Promise<void>,
    private readonly clock: Pick<Clock, 'now'> = systemClock,
  ) {
    // What fails here is tried again later, by this instance or another.
    this.#timer = setInterval(() => void this.tick().catch(() => undefined), TICK_MS).unref();
  }

  /** An own batch left a log entry and ids, to be removed when their time is over. */
  batchWritten(logPath: string, batchPaths: readonly string[]): void {
    const now = this.clock.now();
    this.#due.push({ path: logPath, at: now + LOG_KEEP_MS });
    this.#due.push(...batchPaths.map((path) => ({ path, at: now + BATCH_KEEP_MS })));
  }

  /** These fields hold values that lost. */
  crowded(fieldPaths: readonly string[]): void {
    for (const path of fieldPaths) this.#fields.add(path);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One round; public for tests. */
  async tick(): Promise<void> {
    const session = this.session();
    if (session === undefined) return;
    const now = this.clock.now();
    const ready = this.#due.filter(({ at }) => at <= now).slice(0, AT_ONCE);
    if (ready.length > 0) {
      const taken = new Set(ready);
      this.#due.splice(0, this.#due.length, ...this.#due.filter((item) => !taken.has(item)));
      await this.remove(nulls(ready.map(({ path }) => path)));
    }
    await this.#clear(session);
    if (now >= this.#nextSweep) {
      this.#nextSweep = now + SWEEP_MS;
      await this.#sweep(session);
    }
  }

  /** By transaction, because the document may have been dropped and begun anew since it was read. */
  async #clear(session: Session): Promise<void> {
    for (const path of [...this.#fields].slice(0, FIELDS_AT_ONCE)) {
      this.#fields.delete(path);
      await session.root.child(path).transaction((values) => withoutLosers(path, values), undefined, false);
    }
  }

  async #sweep(session: Session): Promise<void> {
    const stray = session.feed.strayBefore(session.serverNow() - STRAY_MS).slice(0, AT_ONCE);
    const old = session.root
      .child(paths.batches)
      .orderByValue()
      .endAt(session.serverNow() - BATCH_KEEP_MS);
    const batches = Object.keys(((await old.limitToFirst(AT_ONCE).once('value')).val() ?? {}) as object);
    const dead = [...stray.map((key) => `${paths.log}/${key}`), ...batches.map((key) => `${paths.batches}/${key}`)];
    if (dead.length > 0) await this.remove(nulls(dead));
  }
}

const nulls = (dead: readonly string[]): Update => Object.fromEntries(dead.map((path) => [path, null]));
