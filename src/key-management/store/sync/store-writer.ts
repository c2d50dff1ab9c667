import type { Clock } from '../../common/clock';
import { yieldToEventLoop } from '../../common/event-loop';
import type { DocumentOwner } from './document-owner';
import type { KeyStore } from '../port/key-store';
import type { Outbox } from './outbox';
import type { StoreState, UnusableDocuments } from './store-state';
import type { SumLedger } from './sum-ledger';
import type { WriterSlots } from './writer-slots';
import { StoreError } from '../port/store-error';

/** What those that write and read the store for a `StoreLink` share. */
export interface LinkParts {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly owners: readonly DocumentOwner[];
  readonly outbox: Outbox;
  readonly ledger: SumLedger;
  readonly slots: WriterSlots;
  readonly state: StoreState;
  readonly unusable: UnusableDocuments;
}

/** Writes what waits in the outbox, and brings statistics into it some at a time, so that those of many keys hold up nothing else. */
export class StoreWriter {
  /** Milliseconds. */
  lastWriteMs = 0;
  /** The owners whose statistics are not all collected yet. */
  #uncollected: readonly DocumentOwner[] = [];
  /** What is only added up is due; otherwise it waits for the next statistics. */
  #isAllDue = true;
  #stopped = false;
  /** How many documents the statistics of last time and of this time are of. */
  #documentsBefore = 0;
  #documentsNow = 0;

  constructor(
    private readonly parts: LinkParts,
    private readonly waiters: SavedWaiters,
  ) {}

  /** Statistics of all owners are due, once. */
  collectAll(): void {
    this.#uncollected = [...this.parts.owners];
    this.#documentsBefore = this.#documentsNow;
    this.#documentsNow = 0;
    this.allDue();
  }

  /** How many documents statistics are of. */
  get documentsOfStatistics(): number {
    return Math.max(this.#documentsBefore, this.#documentsNow);
  }

  /** What is only added up and waits by now is written, too. */
  allDue(): void {
    this.#isAllDue = true;
  }

  /** Whether changes are due, or statistics. */
  get isBehind(): boolean {
    return this.#isWaiting || this.#uncollected.length > 0;
  }

  get #isWaiting(): boolean {
    const { outbox } = this.parts;
    return (this.#isAllDue ? outbox.size : outbox.tellingSize) > 0;
  }

  /** Writes until nothing is due. Returns false if it may not be written now. @throws StoreError `unavailable`; what was not written waits on */
  async writeAll(): Promise<boolean> {
    // Statistics are not collected before what is stored was read again.
    if (this.isBehind && !(await this.parts.slots.mayWrite())) return false;
    do {
      this.#uncollected = this.#uncollected.filter((owner) => owner.collect?.());
      if (!(await this.#writeWaiting())) return false;
      if (this.#uncollected.length > 0) await yieldToEventLoop();
    } while (this.#uncollected.length > 0 && !this.#stopped);
    if (this.parts.outbox.size === 0) this.#isAllDue = false;
    return true;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #writeWaiting(): Promise<boolean> {
    const { store, clock, outbox, ledger, slots, state, unusable } = this.parts;
    while (this.#isWaiting && !this.#stopped) {
      if (!(await slots.mayWrite())) return false;
      const batch = outbox.next(this.#isAllDue);
      if (!batch) break;
      const startedAt = clock.now();
      try {
        await store.write(batch.changes, batch.id, batch.audience);
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'invalid')) throw error;
        // What it can never hold is set aside, and the others are written.
        const refused = outbox.refused();
        if (!refused) continue;
        unusable.unwritable(refused.doc, error.message);
        this.waiters.refused(refused.doc);
        continue;
      }
      this.lastWriteMs = clock.now() - startedAt;
      outbox.done();
      if (batch.audience === 'nobody') this.#documentsNow += batch.docs.size;
      state.worked();
      for (const change of batch.changes)
        if (change.kind === 'max') ledger.written(change.doc, change.field, change.value);
      this.waiters.written((doc) => outbox.holds(doc));
    }
    return true;
  }
}

interface Waiter {
  readonly doc: string;
  readonly done: (error?: Error) => void;
}

/** `saved` gives up after this long; milliseconds. */
const SAVED_TIMEOUT_MS = 5_000;

/** The calls that wait until all changes of a document are in the store. */
export class SavedWaiters {
  readonly #waiters = new Set<Waiter>();

  constructor(
    private readonly kind: string,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreError `unavailable` after 5 s: the change holds here, and is written later. */
  wait(doc: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.clock.after(SAVED_TIMEOUT_MS, () => {
        const message = `The ${this.kind} store is away or refuses to write: the change holds here, and is written when the store is back.`;
        waiter.done(new StoreError('unavailable', message));
      });
      const waiter: Waiter = {
        doc,
        done: (error) => {
          cancelTimer();
          this.#waiters.delete(waiter);
          if (error) reject(error);
          else resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Ends the waits for documents that have nothing left to be written. */
  written(holds: (doc: string) => boolean): void {
    for (const waiter of [...this.#waiters]) if (!holds(waiter.doc)) waiter.done();
  }

  /** Ends the waits for a document that the store can never hold. */
  refused(doc: string): void {
    const message = `The ${this.kind} store can never hold this change: it holds here, until the app ends.`;
    for (const waiter of [...this.#waiters]) if (waiter.doc === doc) waiter.done(new StoreError('invalid', message));
  }

  close(): void {
    for (const waiter of [...this.#waiters])
      waiter.done(new StoreError('closed', `The ${this.kind} store was closed.`));
  }
}
