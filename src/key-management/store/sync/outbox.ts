import { getOrCreate } from '../../common/get-or-create';
import type { Audience, FieldChange, Register, StoreChange } from '../port/key-store';
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
  readonly audience: Audience;
}

/** Changes per batch: one write takes a store a few milliseconds, and stays below every store's limits. */
const BATCH_CHANGES = 1_000;

/** Changes not yet in the store (a transactional outbox), coalesced per document and field, and so bounded by the number of keys. */
export class Outbox {
  /** By audience: what all are to hear of first, what is only added up last, so that a removal does not wait behind the counts of ten thousand keys. */
  readonly #told = new Lane('all');
  readonly #letters = new Map<string, Lane>();
  readonly #quiet = new Lane('nobody');
  /** What is on its way: one batch, or what it was split into. */
  #batches: OutboxBatch[] = [];
  #made = 0;
  #batchSince: number | undefined;

  constructor(
    private readonly writer: string,
    private readonly now: () => number = () => 0,
  ) {}

  /** Since when somebody has waited to hear of a change, or a batch been on its way. Milliseconds since the epoch. */
  get waitingSince(): number | undefined {
    return this.#batchSince ?? this.#tellingLanes().find((lane) => lane.since !== undefined)?.since;
  }

  /** Documents with changes that are not in the store yet. */
  get size(): number {
    return this.#lanes().reduce((sum, lane) => sum + lane.size, 0) + this.#sizeUnderWay;
  }

  /** The same without those that are only added up, unless they are under way. */
  get tellingSize(): number {
    return this.#tellingLanes().reduce((sum, lane) => sum + lane.size, 0) + this.#sizeUnderWay;
  }

  get #sizeUnderWay(): number {
    return this.#batches.reduce((sum, { docs }) => sum + docs.size, 0);
  }

  /** Whether somebody is to hear of changes of the document that are not in the store yet. */
  holds(doc: string): boolean {
    return this.#tellingLanes().some((lane) => lane.has(doc)) || this.#batches.some(({ docs }) => docs.has(doc));
  }

  /** Whether any changes of the document are not in the store yet. */
  isWaiting(doc: string): boolean {
    return this.holds(doc) || this.#quiet.has(doc);
  }

  set(doc: string, field: string, register: Register, audience: Audience = 'all'): void {
    const { registers } = this.#lane(audience).document(doc, this.now);
    const waiting = registers.get(field);
    // Between equal versions the later one holds: its times may be by the store's clock, which was not known before.
    if (waiting === undefined || !replaces(waiting, register)) registers.set(field, register);
  }

  /** Is only added up, unless an audience is named. */
  raise(doc: string, field: string, value: number, audience: Audience = 'nobody'): void {
    const { maxima } = this.#lane(audience).document(doc, this.now);
    maxima.set(field, mergeMax(maxima.get(field), value));
  }

  /** Removes the document, and what waited to be written of it. Only for one that nobody writes to any more. */
  drop(doc: string, audience: Audience = 'all'): void {
    for (const lane of this.#lanes()) lane.forget(doc);
    this.#lane(audience).drop(doc, this.now);
  }

  /** Takes out what raises maxima of these names, also of what was sent and not answered. Not while a batch is on its way. */
  withdraw(isWithdrawn: (name: string) => boolean): void {
    this.#quiet.withdraw(isWithdrawn);
    this.#batches = this.#batches
      .map((batch) => ({
        ...batch,
        changes: batch.changes.filter((change) => change.kind !== 'max' || !isWithdrawn(change.field)),
      }))
      .filter(({ changes }) => changes.length > 0);
    if (this.#batches.length === 0) this.#batchSince = undefined;
  }

  put(change: IdempotentChange): void {
    if (change.kind === 'set') this.set(change.doc, change.field, change.register);
    else this.raise(change.doc, change.field, change.value);
  }

  /** The batch under way, or the next one; undefined when all is written. @param withQuiet What is only added up is due, too. */
  next(withQuiet = true): OutboxBatch | undefined {
    if (this.#batches.length > 0) return this.#batches[0];
    const lane = (withQuiet ? this.#lanes() : this.#tellingLanes()).find(({ size }) => size > 0);
    if (!lane) return undefined;
    this.#batchSince = lane.audience === 'nobody' ? this.now() : lane.since;
    const { changes, docs } = lane.take();
    if (typeof lane.audience === 'object' && lane.size === 0) this.#letters.delete(lane.audience.instance);
    this.#made += 1;
    this.#batches = [{ id: `${this.writer}:${this.#made}`, changes, docs, audience: lane.audience }];
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
    const { id, changes, audience } = batch;
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
        audience,
      })),
    );
    return undefined;
  }

  #lane(audience: Audience): Lane {
    if (audience === 'all') return this.#told;
    if (audience === 'nobody') return this.#quiet;
    return getOrCreate(this.#letters, audience.instance, () => new Lane(audience));
  }

  #tellingLanes(): Lane[] {
    return [this.#told, ...this.#letters.values()];
  }

  #lanes(): Lane[] {
    return [...this.#tellingLanes(), this.#quiet];
  }
}

/** What waits for one audience. */
class Lane {
  readonly #pending = new Map<string, PendingDocument>();
  readonly #dropped = new Set<string>();
  /** When the oldest of it came; milliseconds since the epoch. */
  since: number | undefined;

  constructor(readonly audience: Audience) {}

  get size(): number {
    return this.#pending.size + this.#dropped.size;
  }

  has(doc: string): boolean {
    return this.#pending.has(doc);
  }

  document(doc: string, now: () => number): PendingDocument {
    let pending = this.#pending.get(doc);
    if (!pending) {
      this.since ??= now();
      pending = { registers: new Map(), maxima: new Map() };
      this.#pending.set(doc, pending);
    }
    return pending;
  }

  drop(doc: string, now: () => number): void {
    this.since ??= now();
    this.#dropped.add(doc);
  }

  forget(doc: string): void {
    this.#pending.delete(doc);
    this.#settle();
  }

  withdraw(isWithdrawn: (name: string) => boolean): void {
    for (const [doc, { registers, maxima }] of this.#pending) {
      for (const name of maxima.keys()) if (isWithdrawn(name)) maxima.delete(name);
      if (registers.size + maxima.size === 0) this.#pending.delete(doc);
    }
    this.#settle();
  }

  /** Takes out what one batch holds. */
  take(): { changes: StoreChange[]; docs: Set<string> } {
    const dropped = [...this.#dropped].slice(0, BATCH_CHANGES);
    const changes: StoreChange[] = dropped.map((doc) => ({ kind: 'drop', doc }));
    for (const doc of dropped) this.#dropped.delete(doc);
    const docs = new Set(dropped);
    for (const [doc, pending] of this.#pending) {
      if (changes.length >= BATCH_CHANGES) break;
      docs.add(doc);
      if (takeFields(doc, pending, changes)) this.#pending.delete(doc);
    }
    this.#settle();
    return { changes, docs };
  }

  #settle(): void {
    if (this.size === 0) this.since = undefined;
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
