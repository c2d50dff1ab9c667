import type { Clock } from '../clock';
import type { DocumentOwner, StoreListener } from './document-owner';
import type { Json, KeyStore, StoreChange } from './key-store';
import { Outbox } from './outbox';
import { isRestoredSum } from './missing-changes';
import { Reconciler } from './reconciler';
import { RegisterVersions } from './register-versions';
import { SavedWaiters } from './saved-waiters';
import { StoreError } from './store-error';
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
  readonly #reconciler: Reconciler;
  readonly #waiters: SavedWaiters;
  #cancelStatistics: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  /** Reading and writing go one after the other, so that no load meets an `add` on its way. */
  #queue: Promise<void> = Promise.resolve();
  #flushing = false;
  #collectDue = false;
  #resetting = false;
  #up = false;
  #closed = false;
  /** Failed writes so far. */
  failures = 0;
  /** Milliseconds. */
  lastWriteMs = 0;

  constructor(
    private readonly store: KeyStore,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly listener: StoreListener,
  ) {
    this.#outbox = new Outbox(instanceId, () => clock.now());
    this.#waiters = new SavedWaiters(store.kind, clock);
    this.#reconciler = new Reconciler(store, this.#owners, this.#versions, this.#outbox, {
      writeAll: () => this.#writeAll(),
      lock: (name, ttlMs) => this.lock(name, ttlMs),
      unlock: (name) => this.unlock(name),
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
    await this.store.open({
      changed: (changes) => {
        for (const change of changes) this.#takeIn(change);
      },
      reset: () => this.#reconcileSoon(),
      connection: (up) => this.#connection(up),
    });
    this.#connection(true);
    await this.#inTurn(async () => {
      if (!(await this.#reconciler.run())) this.#reconcileSoon();
    });
  }

  /** Sets a field, at once. Among simultaneous changes of several instances the greatest `rank` wins. */
  put(doc: string, field: string, value: Json, rank = 0): void {
    this.#outbox.set(doc, field, this.#versions.next(doc, field, value, `${rank}:${this.instanceId}`));
    this.#flushSoon();
  }

  /** Raises a field to at least `value`. Goes out with the next statistics. */
  raise(doc: string, field: string, value: number): void {
    this.#outbox.raise(doc, field, value);
    this.statisticsPending();
  }

  /** Adds to a field. Goes out with the next statistics. */
  add(doc: string, field: string, by: number): void {
    if (by === 0) return;
    this.#outbox.add(doc, field, by);
    this.statisticsPending();
  }

  /** Removes a document that nobody writes to any more. Goes out with the next statistics. */
  drop(doc: string): void {
    this.#versions.forget(doc);
    this.#outbox.drop(doc);
    this.statisticsPending();
  }

  /** Something is to be collected within the second. */
  statisticsPending(): void {
    if (this.#closed || this.#cancelStatistics) return;
    this.#cancelStatistics = this.clock.after(
      STATISTICS_MS,
      () => {
        this.#cancelStatistics = undefined;
        this.#collectDue = true;
        this.#flushSoon();
      },
      false,
    );
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
    this.#collectDue = true;
    if (this.#up) await within(limitMs, this.#flushed(), this.clock);
    this.#closed = true;
    this.#cancelStatistics?.();
    this.#cancelRetry?.();
    this.#waiters.close();
    if (this.#outbox.size > 0)
      this.listener.warn(`the ${this.kind} store was away: changes of ${this.#outbox.size} documents were not written`);
    await this.store.close();
  }

  #connection(up: boolean): void {
    if (this.#up === up || this.#closed) return;
    this.#up = up;
    if (up) {
      this.listener.info(`the ${this.kind} store is there`);
      this.#flushSoon();
    } else {
      this.listener.warn(`the ${this.kind} store is away; the pools work on, and changes are written when it is back`);
    }
  }

  #takeIn(change: StoreChange): void {
    if (change.kind === 'set' && !this.#versions.see(change.doc, change.field, change.register)) return;
    // Another instance gave back what the store had lost: totals can only be read as a whole.
    if (isRestoredSum(change)) this.#reconcileSoon();
    else this.#owners.find(({ prefix }) => change.doc.startsWith(prefix))?.changed(change);
  }

  #flushSoon(): void {
    if (this.#closed || this.#flushing || !this.#up) return;
    void this.#flushed();
  }

  #flushed(): Promise<void> {
    this.#flushing = true;
    return this.#inTurn(async () => {
      try {
        await this.#writeAll();
      } catch (error) {
        this.#writeFailed(error);
      } finally {
        this.#flushing = false;
      }
    });
  }

  async #writeAll(): Promise<void> {
    // Only here, so that nothing is collected while totals are compared.
    if (this.#collectDue) for (const owner of this.#owners) owner.collect();
    this.#collectDue = false;
    for (let batch = this.#outbox.next(); batch && !this.#closed; batch = this.#outbox.next()) {
      const startedAt = this.clock.now();
      await this.store.write(batch.changes, batch.id);
      this.lastWriteMs = this.clock.now() - startedAt;
      this.#outbox.done();
      this.#waiters.written((doc) => this.#outbox.holds(doc));
    }
  }

  #writeFailed(error: unknown): void {
    this.failures += 1;
    if (error instanceof StoreError && error.code === 'invalid') {
      this.#outbox.done();
      this.listener.warn(error.message);
    }
    if (this.#closed || this.#cancelRetry) return;
    this.#cancelRetry = this.clock.after(
      RETRY_MS,
      () => {
        this.#cancelRetry = undefined;
        this.#flushSoon();
      },
      false,
    );
  }

  #reconcileSoon(): void {
    if (this.#resetting || this.#closed) return;
    this.#resetting = true;
    void this.#inTurn(async () => {
      this.#resetting = false;
      const done = await this.#reconciler.run().catch(() => false);
      if (!done && !this.#closed) this.clock.after(RETRY_MS, () => this.#reconcileSoon(), false);
    });
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(step);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
