import type { Clock } from '../../common/clock';
import type { DocumentOwner, KnownDocument } from './document-owner';
import type { FieldChange, KeyStore, StoredDocument } from '../port/key-store';
import type { Outbox } from './outbox';
import { isPartOf, type RaisedPart, type SumLedger } from './sum-ledger';

const PREFIX = 'writers/';
const DOC = `${PREFIX}counts`;
/** The only writer of a store that no other process shares. */
const ONLY_WRITER = 'only';
/** What is taken over. Writers of earlier versions hold no lock, and may be alive. */
const SLOT = /^w[\w.:-]{1,40}$/;
/** This many characters of an instance's id distinguish it from the others. */
const ID_LENGTH = 13;
/** The writer of an instance that says nothing for so long is taken over by the next that starts; milliseconds. */
const LOCK_MS = 60_000;
/** A lock that was seen within this is not looked at again; less than the pause between two writes of statistics. Milliseconds. */
const SEEN_MS = 900;
/** After this many consecutive failures of locks, though the store is read, this instance writes under a name that nobody ever takes over. */
const MAX_FAILED_CLAIMS = 3;

/**
 * Decides under which writer id this instance counts (the node id of the grow-only counters). A new id with each start would add fields to
 * every document without end; so an instance takes over the id of an instance that is gone. A lock with a time to live shows which ids
 * those are, and the document `writers/counts` lists all ids. There are as many as instances were alive at the same time (or died within
 * the last minute).
 *
 * Of two processes that write as one, the store keeps the greater number, and counts of the other are lost. Hence:
 * - The lock is taken before the parts are read, and looked at before every write of statistics. What is not in the store when it turns
 *   out to be lost is counted for the next writer, and nothing else is.
 * - A lock that was not renewed in time (a frozen process, a store that was away) counts for nothing until everything was read again.
 * - A new writer has a name that never was, not the first free number: when a store has lost its data and with it the locks and
 *   `writers/counts`, an instance that starts does not collide with those that still know and restore what was there.
 * - A part of this writer that another process raised is taken for where this one goes on, and the lock is looked at at once.
 *
 * What remains possible: a write that the network delivers after the lock ran out and the next holder has read, or that is under way
 * while a store loses the lock to one that starts in the same moment, is absorbed by the next holder's greater number (lost, one second
 * of counts). An answer that was lost, if the writer was taken over as well before the write could be repeated, counts that write twice.
 */
export class WriterSlots implements DocumentOwner {
  readonly prefix = PREFIX;
  /** Writers that counted anything. */
  readonly #known = new Set<string>();
  /** Whose parts this instance goes on with once they were read. */
  #current: string | undefined;
  /** When the lock was last asked for and given. */
  #heldAt = -Infinity;
  #made = 0;
  #failures = 0;
  #isUnlocked: boolean;

  constructor(
    private readonly store: KeyStore,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly ledger: SumLedger,
    private readonly outbox: Outbox,
  ) {
    this.#isUnlocked = !store.shared;
    if (!store.shared) this.#current = ONLY_WRITER;
  }

  merge({ doc, maxima }: StoredDocument): void {
    if (doc === DOC) for (const id of Object.keys(maxima)) this.#record(id);
  }

  changed({ doc, field }: FieldChange): void {
    if (doc === DOC) this.#record(field);
  }

  *known(): Iterable<KnownDocument> {
    if (this.#known.size > 0)
      yield { doc: DOC, registers: {}, maxima: Object.fromEntries(Array.from(this.#known, (id) => [id, 1])) };
  }

  /** All writers are known: one is chosen before its parts are read. @throws StoreError */
  async merged(): Promise<void> {
    if (this.#isUnlocked) return;
    try {
      await this.#claim();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures < MAX_FAILED_CLAIMS) throw error;
      this.#leave();
      this.#isUnlocked = true;
      this.#current = this.instanceId.slice(0, ID_LENGTH);
    }
  }

  /** All that is stored was read: goes on as the writer that was chosen, if it is still held. @throws StoreError */
  async wasRead(): Promise<void> {
    if (await this.#renew()) this.#take(this.#current!);
  }

  /** Goes on as a writer that never was, of which there is nothing to read. */
  begin(): void {
    this.#take(this.#newWriter());
  }

  /** Puts what was counted as this writer into the outbox, and the first time that there is such a writer. */
  raise(doc: string, { name, value }: RaisedPart): void {
    this.outbox.raise(doc, name, value);
    const id = this.#current;
    if (id === undefined || this.#isUnlocked || this.#known.has(id)) return;
    this.#known.add(id);
    this.outbox.raise(DOC, id, 1);
  }

  /** Whether what was counted may be written now. If not, all is to be read again. */
  async mayWrite(): Promise<boolean> {
    if (this.ledger.writer === undefined) return false;
    if (this.#isUnlocked) return true;
    const age = this.clock.now() - this.#heldAt;
    if (age < SEEN_MS && !this.ledger.hasRival) return true;
    if (age >= LOCK_MS) return false;
    try {
      return await this.#renew();
    } catch {
      // The write itself will fail with the reason.
      return age < LOCK_MS / 2;
    }
  }

  /** Looks at the lock once more, as reading may take longer than it lasts. @throws StoreError */
  async #renew(): Promise<boolean> {
    if (this.#isUnlocked) return true;
    if (this.#current === undefined) return false;
    if (!(await this.#lock(this.#current))) {
      this.#leave();
      return false;
    }
    this.ledger.hasRival = false;
    return this.clock.now() - this.#heldAt < LOCK_MS;
  }

  #newWriter(): string {
    this.#leave();
    this.#current = `w${this.instanceId.slice(0, ID_LENGTH)}${this.#made > 0 ? `.${this.#made}` : ''}`;
    this.#made += 1;
    this.#heldAt = this.clock.now();
    return this.#current;
  }

  /** The next instance that starts need not wait for the lock to run out. */
  async release(): Promise<void> {
    if (!this.#isUnlocked && this.#current !== undefined)
      await this.store.unlock(lockOf(this.#current), this.instanceId).catch(() => undefined);
  }

  async #claim(): Promise<void> {
    if (this.#current !== undefined) {
      if (await this.#lock(this.#current)) return;
      this.#leave();
    }
    for (const id of [...this.#known].sort()) {
      if (!(await this.#lock(id))) continue;
      this.#current = id;
      return;
    }
    while (!(await this.#lock(this.#newWriter())));
  }

  async #lock(id: string): Promise<boolean> {
    const askedAt = this.clock.now();
    const isHeld = await this.store.lock(lockOf(id), this.instanceId, LOCK_MS);
    if (isHeld) this.#heldAt = askedAt;
    return isHeld;
  }

  #take(writer: string): void {
    this.ledger.take(writer, (doc, part) => this.raise(doc, part));
  }

  /** The parts of the writer belong to another instance. */
  #leave(): void {
    const left = this.#current;
    this.#current = undefined;
    if (left === undefined) return;
    this.ledger.leave();
    this.outbox.withdraw((name) => isPartOf(left, name));
  }

  #record(id: string): void {
    if (SLOT.test(id)) this.#known.add(id);
  }
}

const lockOf = (id: string): string => `writer-${id}`;
