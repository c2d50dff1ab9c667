import type { FieldChange, Register, StoreChange } from './key-store';
import { mergeMax, mergeSum, replaces } from './merge';

/** What waits to be written of one document: one entry per field, however often it changed. */
interface PendingDocument {
  readonly registers: Map<string, Register>;
  readonly maxima: Map<string, number>;
  readonly sums: Map<string, number>;
}

/** Changes on their way. One that failed is repeated as it was, under the same id. */
export interface OutboxBatch {
  readonly id: string;
  readonly changes: readonly StoreChange[];
  readonly docs: ReadonlySet<string>;
}

/** Changes per batch: one write takes a store a few milliseconds, and stays below every store's limits. */
const BATCH_CHANGES = 1_000;

/** Changes not yet in the store, coalesced per document and field, and so bounded by the number of keys. */
export class Outbox {
  readonly #pending = new Map<string, PendingDocument>();
  /** Those of them in which something was set: a removal does not wait behind the counts of ten thousand keys. */
  readonly #urgent = new Set<string>();
  readonly #dropped = new Set<string>();
  #batch: OutboxBatch | undefined;
  #batches = 0;

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
    return this.#pending.size + this.#dropped.size + (this.#batch?.docs.size ?? 0);
  }

  holds(doc: string): boolean {
    return this.#pending.has(doc) || (this.#batch?.docs.has(doc) ?? false);
  }

  set(doc: string, field: string, register: Register): void {
    const { registers } = this.#document(doc);
    if (replaces(register, registers.get(field))) registers.set(field, register);
    this.#urgent.add(doc);
  }

  raise(doc: string, field: string, value: number): void {
    const { maxima } = this.#document(doc);
    maxima.set(field, mergeMax(maxima.get(field), value));
  }

  add(doc: string, field: string, by: number): void {
    const { sums } = this.#document(doc);
    sums.set(field, mergeSum(sums.get(field), by));
  }

  /** Removes the document, and what waited to be written of it. Only for one that nobody writes to any more. */
  drop(doc: string): void {
    this.#pendingSince ??= this.now();
    this.#sent(doc);
    this.#dropped.add(doc);
  }

  put(change: FieldChange): void {
    if (change.kind === 'set') this.set(change.doc, change.field, change.register);
    else if (change.kind === 'max') this.raise(change.doc, change.field, change.value);
    else this.add(change.doc, change.field, change.by);
  }

  /** What is not in the store yet, as far as is known, of sums: by document and field. */
  sums(): Map<string, Map<string, number>> {
    const all = new Map<string, Map<string, number>>();
    const count = (doc: string, field: string, by: number): void => {
      let sums = all.get(doc);
      if (!sums) all.set(doc, (sums = new Map<string, number>()));
      sums.set(field, mergeSum(sums.get(field), by));
    };
    for (const change of this.#batch?.changes ?? []) {
      if (change.kind === 'add') count(change.doc, change.field, change.by);
    }
    for (const [doc, { sums }] of this.#pending) for (const [field, by] of sums) count(doc, field, by);
    return all;
  }

  /** The batch under way, or the next one; undefined when all is written. */
  next(): OutboxBatch | undefined {
    if (this.#batch || this.#pending.size + this.#dropped.size === 0) return this.#batch;
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
    this.#batches += 1;
    this.#batch = { id: `${this.writer}:${this.#batches}`, changes, docs };
    return this.#batch;
  }

  /** The batch under way is in the store, or can never be. */
  done(): void {
    this.#batch = undefined;
    this.#batchSince = undefined;
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
      pending = { registers: new Map(), maxima: new Map(), sums: new Map() };
      this.#pending.set(doc, pending);
    }
    return pending;
  }
}

/** Moves fields into the batch until it is full; true when none is left. */
function takeFields(doc: string, { registers, maxima, sums }: PendingDocument, into: StoreChange[]): boolean {
  const take = <Value>(fields: Map<string, Value>, change: (field: string, value: Value) => StoreChange): void => {
    for (const [field, value] of fields) {
      if (into.length >= BATCH_CHANGES) return;
      fields.delete(field);
      into.push(change(field, value));
    }
  };
  take(registers, (field, register) => ({ kind: 'set', doc, field, register }));
  take(maxima, (field, value) => ({ kind: 'max', doc, field, value }));
  take(sums, (field, by) => ({ kind: 'add', doc, field, by }));
  return registers.size + maxima.size + sums.size === 0;
}
