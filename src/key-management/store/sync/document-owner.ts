import type { FieldChange, Json, StoredDocument } from '../port/key-store';

/** A document as this instance knows it, without its counts, to be written again to a store that lost it. */
export interface KnownDocument {
  readonly doc: string;
  readonly registers: Readonly<Record<string, Json>>;
  readonly maxima: Readonly<Record<string, number>>;
}

/** Owns the documents under one prefix: reads what the store holds of them, and gives what is known here. */
export interface DocumentOwner {
  /** As `keys/`. */
  readonly prefix: string;
  /**
   * A document was loaded, or a part of a large one. Its registers are those that are newer than what was known; its sums what others
   * counted that was not known.
   */
  merge(document: StoredDocument): void;
  /** All documents were merged. Those of the next owner are read when it is done. */
  merged?(): void | Promise<void>;
  /** Another instance changed something; a `set` only comes when it is newer than what was known, an `add` once. */
  changed(change: FieldChange): void;
  /** Another instance dropped the document. True if it is wanted here: then it is written again. */
  dropped?(doc: string): boolean;
  /** All registers and maxima that are known here, to restore them in a store that lost them. Without it nothing is restored. */
  known?(): Iterable<KnownDocument>;
  /**
   * The provider that the document is of; undefined where every instance keeps it. What is of a provider that this instance does not serve stays
   * in the store until it does. Without this method all is kept.
   */
  providerOf?(doc: string): string | undefined;
  /** What the names of the documents of one provider begin with. Default: the prefix and the name of the provider. */
  placesOf?(provider: string): readonly string[];
  /** A document of a provider was loaded that is not served here: it is dropped from the store if nobody will want it any more. */
  passedBy?(document: StoredDocument): void;
  /** The provider is not served any more, and all of it is in the store: nothing of it is kept in memory. */
  forget?(provider: string): void;
  /** Puts statistics into the outbox, those of some hundred keys at once. Returns true if more are to be collected now. */
  collect?(): boolean;
}

/** Receives in words what happens to the store, for the log. */
export interface StoreListener {
  warn(message: string): void;
  info(message: string): void;
}
