import type { Clock } from '../clock';
import type { DocumentOwner, StoreListener } from './document-owner';
import type { Json, KeyStore, StoreChange } from './key-store';
import { Outbox } from './outbox';
import { ReconcileSchedule } from './reconcile-schedule';
import { Reconciler } from './reconciler';
import { RegisterVersions } from './register-versions';
import { SavedWaiters } from './saved-waiters';
import { StoreError } from './store-error';
import { StoreWriter } from './store-writer';
import { Timer } from './timer';
import { within } from './within';

/** Statistics go out this often; milliseconds. */
const STATISTICS_MS = 1_000;
/** A store that is away is tried again after this long, if it does not say itself that it is back. */
const RETRY_MS = 1_000;

/** Between the pools and a store: writes behind, takes in what others wrote, and mends a store that lost its data. */
export class StoreLink {
  readonly #outbox: Outbox;
  readonly #versions = new RegisterVersions();
  readonly #owners: DocumentOwner[] = [];
  readonly #writer: StoreWriter;
  readonly #reconciler: Reconciler;
  readonly #waiters: SavedWaiters;
  readonly #statistics: Timer;
  readonly #flushAgain: Timer;
  readonly #reconciling: ReconcileSchedule;
  /** Reading and writing go one after the other, so that no load meets an `add` on its way. */
  #queue: Promise<void> = Promise.resolve();
  #flushing = false;
  #closing = false;
  #up = false;
  /** When the store last came or went; at first, when it was first asked for. */
  #changedAt: number;
  #closed = false;
  /** The store can never be used: what can never be written is not kept. */
  #isVain = false;
  /** Failed writes so far. */
  failures = 0;

  constructor(
    private readonly store: KeyStore,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly listener: StoreListener,
  ) {
    this.#changedAt = clock.now();
    this.#outbox = new Outbox(instanceId, () => clock.now());
    this.#waiters = new SavedWaiters(store.kind, clock);
    this.#writer = new StoreWriter(store, this.#owners, this.#outbox, clock, () => {
      this.#waiters.written((doc) => this.#outbox.holds(doc));
    });
    this.#statistics = new Timer(clock, STATISTICS_MS, () => {
      this.#writer.collectAll();
      this.#flushSoon();
    });
    this.#flushAgain = new Timer(clock, RETRY_MS, () => this.#flushSoon());
    this.#reconciling = new ReconcileSchedule(clock, {
      inTurn: (step) => this.#inTurn(step),
      run: () => this.#reconciler.run(),
      isUp: () => this.#up,
    });
    this.#reconciler = new Reconciler(store, this.#owners, this.#versions, this.#outbox, {
      writeAll: () => this.#writer.writeAll(),
      lock: async (name, ttlMs) => !store.shared || store.lock(name, instanceId, ttlMs),
      unlock: (name) => this.unlock(name),
      again: () => this.#reconciling.soon(),
    });
  }

  get kind(): string {
    return this.store.kind;
  }

  get shared(): boolean {
    return this.store.shared;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Since when the store is away, milliseconds since the epoch; undefined while it is there. */
  get awaySince(): number | undefined {
    return this.#up ? undefined : this.#changedAt;
  }

  /** Of the last good write. */
  get lastWriteMs(): number {
    return this.#writer.lastWriteMs;
  }

  /** Documents with changes that the store does not have yet. */
  get backlog(): number {
    return this.#outbox.size;
  }

  /** For how long the oldest of them has been waiting; milliseconds. */
  get lagMs(): number {
    return this.#outbox.waitingSince === undefined ? 0 : this.clock.now() - this.#outbox.waitingSince;
  }

  own(owner: DocumentOwner): void {
    this.#owners.push(owner);
  }

  /** Connects and reads everything. @throws StoreError; with code `unavailable` the link goes on and reconciles later. */
  async open(): Promise<void> {
    const reset = (): void => this.#reconciling.soon();
    const changed = (changes: readonly StoreChange[]): void => {
      if (!this.#reconciler.takeIn(changes)) reset();
    };
    await this.store.open({ changed, reset, connection: (up) => this.#connection(up) }).catch((error: unknown) => {
      this.#isVain = !(error instanceof StoreError && error.code === 'unavailable');
      throw error;
    });
    // Before the flush that begins with the connection, so that what is written meets data that is whole.
    this.#reconciling.soon();
    this.#connection(true);
    await this.#queue;
  }

  /**
   * Sets a field, at once. Among simultaneous changes of several instances the greatest `rank` wins.
   * @param atLeast The least version it gets: one by the clock wins over an earlier change that is not known here yet.
   */
  put(doc: string, field: string, value: Json, rank = 0, atLeast = 0): void {
    const register = this.#versions.next(doc, field, value, `${rank}:${this.instanceId}`, atLeast);
    if (this.#isVain) return;
    this.#outbox.set(doc, field, register);
    this.#flushSoon();
  }

  /** Raises a field to at least `value`. Goes out with the next statistics. */
  raise(doc: string, field: string, value: number): void {
    if (this.#isVain) return;
    this.#outbox.raise(doc, field, value);
    this.statisticsPending();
  }

  /** Adds to a field. Goes out with the next statistics. */
  add(doc: string, field: string, by: number): void {
    if (by === 0 || this.#isVain) return;
    this.#outbox.add(doc, field, by);
    this.statisticsPending();
  }

  /** Removes a document that nobody writes to any more. Goes out with the next statistics. */
  drop(doc: string): void {
    this.#versions.forget(doc);
    if (this.#isVain) return;
    this.#outbox.drop(doc);
    this.statisticsPending();
  }

  /** Something is to be collected within the second. */
  statisticsPending(): void {
    if (!this.#closed) this.#statistics.start();
  }

  /** Resolves when all changes of the document are in the store. @throws StoreError `unavailable` after 5 s. */
  saved(doc: string): Promise<void> {
    if (!this.#outbox.holds(doc)) return Promise.resolve();
    this.#flushSoon();
    return this.#waiters.wait(doc);
  }

  /** Takes or renews a lock. Without the store every instance works for itself, and so has it. */
  async lock(name: string, ttlMs: number): Promise<boolean> {
    if (!this.shared || !this.#up) return true;
    try {
      return await this.store.lock(name, this.instanceId, ttlMs);
    } catch {
      return true;
    }
  }

  async unlock(name: string): Promise<void> {
    if (this.shared && this.#up) await this.store.unlock(name, this.instanceId).catch(() => undefined);
  }

  /** Writes what is left, within the limit, and closes the store. */
  async close(limitMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closing = true;
    this.#writer.collectAll();
    if (this.#up) await within(limitMs, this.#flushed(), this.clock);
    this.#closed = true;
    for (const each of [this.#statistics, this.#flushAgain, this.#reconciling, this.#writer]) each.stop();
    this.#waiters.close();
    if (this.#outbox.size > 0)
      this.listener.warn(`the ${this.kind} store was away: changes of ${this.#outbox.size} documents were not written`);
    await this.store.close();
  }

  #connection(up: boolean): void {
    if (this.#up === up || this.#closed) return;
    this.#up = up;
    this.#changedAt = this.clock.now();
    if (up) {
      this.listener.info(`the ${this.kind} store is there`);
      this.#reconciling.cameUp();
      this.#flushSoon();
    } else {
      this.listener.warn(`the ${this.kind} store is away; the pools work on, and changes are written when it is back`);
    }
  }

  #flushSoon(): void {
    if (this.#closed || this.#flushing || !this.#up) return;
    void this.#flushed();
  }

  #flushed(): Promise<void> {
    this.#flushing = true;
    return this.#inTurn(async () => {
      if (this.#reconciling.holdsBack && !this.#closing) {
        this.#flushing = false;
        return;
      }
      try {
        await this.#writer.writeAll();
        this.#flushing = false;
        // What came between the last write and here.
        if (this.#writer.isBehind) this.#flushSoon();
      } catch (error) {
        this.#flushing = false;
        this.#writeFailed(error);
      }
    });
  }

  #writeFailed(error: unknown): void {
    this.failures += 1;
    if (error instanceof StoreError && error.code === 'invalid') {
      this.#outbox.done();
      this.listener.warn(error.message);
    }
    if (!this.#closed) this.#flushAgain.start();
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(step);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
