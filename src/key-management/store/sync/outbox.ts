import type { FieldChange, Register, StoreChange } from '../port/key-store';
import { mergeMax, replaces } from '../port/merge';

/** A change that may be written any number of times. */
export type IdempotentChange = Exclude<FieldChange, { kind: 'add' }>;

/** What waits to be written of one document: one entry per field, however often it changed. */
interface PendingDocument {
  readonly registers: Map<string, Register>;
  readonly maxima: Map<string, number>;
}

/** Changes on their way. A batch that failed is repeated unchanged, under the same id, so that the store applies it once. */
export interface OutboxBatch {
  readonly id: string;
  readonly changes: readonly StoreChange[];
  readonly docs: ReadonlySet<string>;
}

/** Changes per batch: one write takes a store a few milliseconds, and stays below every store's limits. */
const BATCH_CHANGES = 1_000;

/** Changes not yet in the store (a transactional outbox), coalesced per document and field, and so bounded by the number of keys. */
export class Outbox {
  readonly #pending = new Map<string, PendingDocument>();
  /** Those of them in which something was set: a removal does not wait behind the counts of ten thousand keys. */
  readonly #urgent = new Set<string>();
  readonly #dropped = new Set<string>();
  /** What is on its way: one batch, or what it was split into. */
  #batches: OutboxBatch[] = [];
  #made = 0;

  #pendingSince: number | undefined;
  #batchSince: number | undefined;

  constructor(
    private readonly writer: string,
    private readonly now: () => number = () => 0,
  ) {}

  /** When the oldest change came that is not in the store yet. Milliseconds since the epoch. */
  get waitingSince(): number | undefined {
    return this.#batchSince ?? this.#pendingSince;
  }

  /** Documents with changes that are not in the store yet. */
  get size(): number {
    return this.#pending.size + this.#dropped.size + this.#batches.reduce((sum, { docs }) => sum + docs.size, 0);
  }

  holds(doc: string): boolean {
    return this.#pending.has(doc) || this.#batches.some(({ docs }) => docs.has(doc));
  }

  set(doc: string, field: string, register: Register): void {
    const { registers } = this.#document(doc);
    const waiting = registers.get(field);
    // Between equal versions the later one holds: its times may be by the store's clock, which was not known before.
    if (waiting === undefined || !replaces(waiting, register)) registers.set(field, register);
    this.#urgent.add(doc);
  }

  raise(doc: string, field: string, value: number): void {
    const { maxima } = this.#document(doc);
    maxima.set(field, mergeMax(maxima.get(field), value));
  }

  /** Removes the document, and what waited to be written of it. Only for one that nobody writes to any more. */
  drop(doc: string): void {
    this.#pendingSince ??= this.now();
    this.#sent(doc);
    this.#dropped.add(doc);
  }

  /** Takes out what raises maxima of these names, also of what was sent and not answered. Not while a batch is on its way. */
  withdraw(isWithdrawn: (name: string) => boolean): void {
    for (const [doc, { registers, maxima }] of this.#pending) {
      for (const name of maxima.keys()) if (isWithdrawn(name)) maxima.delete(name);
      if (registers.size + maxima.size === 0) this.#sent(doc);
    }
    this.#batches = this.#batches
      .map((batch) => ({
        ...batch,
        changes: batch.changes.filter((change) => change.kind !== 'max' || !isWithdrawn(change.field)),
      }))
      .filter(({ changes }) => changes.length > 0);
    if (this.#batches.length === 0) this.#batchSince = undefined;
    if (this.#pending.size + this.#dropped.size === 0) this.#pendingSince = undefined;
  }

  put(change: IdempotentChange): void {
    if (change.kind === 'set') this.set(change.doc, change.field, change.register);
    else this.raise(change.doc, change.field, change.value);
  }

  /** The batch under way, or the next one; undefined when all is written. */
  next(): OutboxBatch | undefined {
    if (this.#batches.length > 0 || this.#pending.size + this.#dropped.size === 0) return this.#batches[0];
    const dropped = [...this.#dropped].slice(0, BATCH_CHANGES);
    const changes: StoreChange[] = dropped.map((doc) => ({ kind: 'drop', doc }));
    for (const doc of dropped) this.#dropped.delete(doc);
    const docs = new Set(dropped);
    for (const doc of this.#inOrder()) {
      if (changes.length >= BATCH_CHANGES) break;
      docs.add(doc);
      if (takeFields(doc, this.#pending.get(doc)!, changes)) this.#sent(doc);
    }
    this.#batchSince = this.#pendingSince;
    if (this.#pending.size + this.#dropped.size === 0) this.#pendingSince = undefined;
    this.#made += 1;
    this.#batches = [{ id: `${this.writer}:${this.#made}`, changes, docs }];
    return this.#batches[0];
  }

  /** The batch under way is in the store. */
  done(): void {
    this.#batches.shift();
    if (this.#batches.length === 0) this.#batchSince = undefined;
  }

  /**
   * The store can never hold the batch under way as it is, and has applied nothing of it. It is halved again and again, until what is to
   * blame stands alone; a single change is taken out, and answered.
   */
  refused(): StoreChange | undefined {
    const [batch] = this.#batches;
    if (!batch) return undefined;
    const { id, changes } = batch;
    const [first, ...others] = changes;
    if (others.length === 0) {
      this.done();
      return first;
    }
    const middle = changes.length >> 1;
    this.#batches.splice(
      0,
      1,
      ...[changes.slice(0, middle), changes.slice(middle)].map((half, n) => ({
        id: `${id}.${n}`,
        changes: half,
        docs: new Set(half.map(({ doc }) => doc)),
      })),
    );
    return undefined;
  }

  *#inOrder(): Iterable<string> {
    yield* this.#urgent;
    yield* this.#pending.keys();
  }

  #sent(doc: string): void {
    this.#pending.delete(doc);
    this.#urgent.delete(doc);
  }

  #document(doc: string): PendingDocument {
    let pending = this.#pending.get(doc);
    if (!pending) {
      this.#pendingSince ??= this.now();
      pending = { registers: new Map(), maxima: new Map() };
      this.#pending.set(doc, pending);
    }
    return pending;
  }
}

/** Moves fields into the batch until it is full; true when none is left. */
function takeFields(doc: string, { registers, maxima }: PendingDocument, into: StoreChange[]): boolean {
  const take = <Value>(fields: Map<string, Value>, change: (field: string, value: Value) => StoreChange): void => {
    for (const [field, value] of fields) {
      if (into.length >= BATCH_CHANGES) return;
      fields.delete(field);
      into.push(change(field, value));
    }
  };
  take(registers, (field, register) => ({ kind: 'set', doc, field, register }));
  take(maxima, (field, value) => ({ kind: 'max', doc, field, value }));
  return registers.size + maxima.size === 0;
}
