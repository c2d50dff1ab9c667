/** A JSON value without `undefined`, as every store can hold it. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A last-writer-wins value. The greater `version` wins; between equals the greater `tie` (compared as text). */
export interface Register {
  value: Json;
  /**
   * A Lamport counter per field: one more than the greatest its writer had seen, from 0 to 2^32. A stored one beyond that is damage: any
   * other replaces it.
   */
  version: number;
  /** Breaks ties the same way everywhere; unique per writer. Letters, digits and `_.:-` only, so that every store orders it alike. */
  tie: string;
}

/**
 * One change of one field of one document. These three kinds merge in any order to the same result:
 * `set` by version, `max` by size, `add` by sum (so `add` alone must not be applied twice).
 * `drop` removes the document with all its fields, at its place in the order of writes; a change after it starts the document anew.
 * What must stay gone is said by a `set`, not by a `drop`.
 *
 * A field is free text (well-formed, 1 to 176 bytes of UTF-8; any adapter escapes what its store cannot hold). Numbers are finite, versions
 * whole. A sum of whole numbers is exact up to 2^53, one of fractions up to rounding.
 */
export type StoreChange =
  | { kind: 'set'; doc: string; field: string; register: Register }
  | { kind: 'max'; doc: string; field: string; value: number }
  | { kind: 'add'; doc: string; field: string; by: number }
  | { kind: 'drop'; doc: string };

export type FieldChange = Exclude<StoreChange, { kind: 'drop' }>;

/** A document as the store holds it: each field of one kind. */
export interface StoredDocument {
  doc: string;
  registers: Record<string, Register>;
  maxima: Record<string, number>;
  sums: Record<string, number>;
}

/**
 * Who has to hear of a batch at once: every instance, one of them (by the id that its watcher names), or nobody. What is for nobody is
 * only added up, and read by whoever wants to know.
 */
export type Audience = 'all' | 'nobody' | { readonly instance: string };

/** Batches that were written for nobody, and where to go on. */
export interface ReadChanges {
  readonly changes: readonly StoreChange[];
  readonly cursor: string;
  /** There is more to read, from the cursor on. */
  readonly more: boolean;
}

export interface StoreWatcher {
  /** The id of the instance that watches: batches for it alone name it. */
  readonly instance?: string;
  /** How many instances share the store, as far as is known: what each does regularly it does less often where there are many. */
  instances?(): number;
  /**
   * Changes by other writers, in an order that keeps each document's own order. Own writes are not echoed.
   * A `set` or `max` may have lost already, or come twice: merge it. An `add` counts exactly once together with the latest `load`:
   * what a load's answer contains is not delivered again after it.
   */
  changed(changes: readonly StoreChange[]): void;
  /** Changes may have been missed, or the store lost its data: load again, and write again what it no longer has. */
  reset(): void;
  /** The connection was lost, for this reason where there is one (for the log; no secrets), or came back. */
  connection(up: boolean, reason?: string): void;
}

/**
 * Where key state outlives the process: a small set of documents whose fields merge without conflict.
 * Document names are paths (`keys/openai/0123456789abcdef`); their segments match `[A-Za-z0-9_.:-]+`.
 */
export interface KeyStore {
  readonly kind: string;
  /** Whether other instances may write the same store. */
  readonly shared: boolean;
  /**
   * Connects, within its own time limit. `watcher` is called from then on until `close`. Called once.
   * @throws StoreError that names the setting and the mend. The store keeps trying in the background, and calls `connection(true)` and
   * then `reset()` when it is there; until then the other methods reject. Only settings that can never work are final: a shared store
   * says so by the code `not_usable`, which stops the app's start.
   */
  open(watcher: StoreWatcher): Promise<void>;
  /**
   * All documents whose name starts with `prefix`, taken literally, in no order. The caller owns what it gets. Own writes that
   * resolved before are in it; one under way may be or not, so do not load while an `add` is on its way.
   */
  load(prefix: string): Promise<StoredDocument[]>;
  /**
   * Applies all changes or none, in their order; what it resolved survives the death of this process. Leave the changes as they are
   * until then. A store on several servers may apply a part of a write that it then rejects, if each document's changes are in one part.
   * @param id Names the batch (letters, digits and `_.:-`, unique). A write that failed may have been applied all the same (the answer
   * was lost): repeat it with the same id within 10 minutes, and a shared store applies it once.
   * @param audience Who has to hear of it at once; all by default. A store may tell it to others, too; one that has `changesSince` should not.
   * @throws StoreError `unavailable`, within the store's own time limit, when it is away or refuses to write; `invalid`, at once, for
   * changes that it can never hold: then the batch is written again in parts, until the change to blame stands alone.
   */
  write(changes: readonly StoreChange[], id?: string, audience?: Audience): Promise<void>;
  /**
   * What others wrote for nobody since an earlier call, in an order that keeps each document's own, with the drops of all batches among it; nothing without a cursor,
   * which says from where on. Undefined where the store does not remember as far back, or lost its data: load. A store without this method
   * tells every batch to all.
   */
  changesSince?(cursor?: string): Promise<ReadChanges | undefined>;
  /**
   * Takes the named lock, or renews it if `holder` has it already: true if `holder` now has it for `ttlMs`.
   * Another holder gets it when the time has run out.
   */
  lock(name: string, holder: string, ttlMs: number): Promise<boolean>;
  unlock(name: string, holder: string): Promise<void>;
  /**
   * The time of the store's server, as far as it is known: milliseconds since the epoch. Where the machines' clocks differ, all times are
   * stored by this one. Without it, or before it is known, each instance's own clock counts.
   */
  now?(): number | undefined;
  /** Looks now whether the store lost data of itself (evicted, flushed), and says so by `reset`. Asked before `close`, and where `changesSince` does not know. */
  look?(): Promise<void>;
  /** Closes what `open` opened, and nothing else. May be called twice, and before or while `open`. Other calls then reject (`closed`). */
  close(): Promise<void>;
}
