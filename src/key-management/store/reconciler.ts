import { inSlices } from '../slices';
import type { DocumentOwner } from './document-owner';
import type { KeyStore, StoreChange, StoredDocument } from './key-store';
import { inParts } from './large-documents';
import { isRestoredSum, missingChanges, totalsOf } from './missing-changes';
import type { Outbox } from './outbox';
import type { RegisterVersions } from './register-versions';

const RESTORE_LOCK = 'restore';
/** For how long one instance at a time writes again what a store lost; milliseconds. */
const RESTORE_LOCK_MS = 15_000;
/** Changes per batch. */
const AT_ONCE = 1_000;

export interface ReconcilerHost {
  /** Writes all that waits in the outbox. */
  writeAll(): Promise<void>;
  /** Rejects when the store does not answer. */
  lock(name: string, ttlMs: number): Promise<boolean>;
  unlock(name: string): Promise<void>;
  /** To be run again soon. */
  again(): void;
}

/** Brings what this instance knows and what the store holds together: at the start, and whenever changes may have been missed. */
export class Reconciler {
  /** What others wrote since a load that is yet being taken in: after it, or sums would count twice or not at all. */
  #held: StoreChange[] | undefined;

  constructor(
    private readonly store: KeyStore,
    private readonly owners: readonly DocumentOwner[],
    private readonly versions: RegisterVersions,
    private readonly outbox: Outbox,
    private readonly host: ReconcilerHost,
  ) {}

  /** False if another instance is at it: to be run again soon. Must not run while anything else is written. */
  async run(): Promise<boolean> {
    // Before what is on its way: added to lost data, that could not be told from what is left.
    if (!(await this.#restoreSums())) return false;
    await this.host.writeAll();
    for (const owner of this.owners) {
      const documents = await this.store.load(owner.prefix);
      await this.#holding(() =>
        inSlices(inParts(documents), (document) => {
          owner.merge(this.#news(document));
        }),
      );
      owner.merged?.();
    }
    return true;
  }

  /** Takes in what others wrote; false if that takes a new look at all. */
  takeIn(changes: readonly StoreChange[]): boolean {
    if (this.#held) {
      for (const change of changes) this.#held.push(change);
      return true;
    }
    let whole = true;
    for (const change of changes) {
      const owner = this.owners.find(({ prefix }) => change.doc.startsWith(prefix));
      if (change.kind === 'drop') {
        // What is wanted is written again with the versions that it had.
        if (owner?.dropped?.(change.doc)) whole = false;
        else this.versions.forget(change.doc);
        continue;
      }
      if (change.kind === 'set' && !this.versions.see(change.doc, change.field, change.register)) continue;
      // Another instance gave back what the store had lost: totals can only be read as a whole.
      if (isRestoredSum(change)) whole = false;
      else owner?.changed(change);
    }
    return whole;
  }

  async #restoreSums(): Promise<boolean> {
    if ((await this.#lost()).length === 0) return true;
    // One instance after the other, so that lost sums are not made good twice.
    if (!(await this.host.lock(RESTORE_LOCK, RESTORE_LOCK_MS))) return false;
    try {
      const lost = await this.#lost();
      for (let i = 0; i < lost.length; i += AT_ONCE) await this.store.write(lost.slice(i, i + AT_ONCE));
    } finally {
      await this.host.unlock(RESTORE_LOCK);
    }
    return true;
  }

  /** The sums that the store lacks. What else it lacks merges in any order, and goes into the outbox. */
  async #lost(): Promise<StoreChange[]> {
    const sums: StoreChange[] = [];
    for (const owner of this.owners) {
      if (owner.known()[Symbol.iterator]().next().done) continue;
      const stored = new Map((await this.store.load(owner.prefix)).map((document) => [document.doc, document]));
      const onTheWay = this.outbox.sums();
      await this.#holding(() =>
        inSlices(owner.known(), (known) => {
          for (const change of missingChanges(known, stored.get(known.doc), this.versions, onTheWay)) {
            if (isRestoredSum(change)) sums.push(change);
            else this.outbox.put(change);
          }
        }),
      );
    }
    return sums;
  }

  /** Works on what a load gave; begins in the moment in which it came. */
  async #holding(work: () => Promise<void>): Promise<void> {
    this.#held = [];
    try {
      await work();
    } finally {
      const held = this.#held;
      this.#held = undefined;
      if (!this.takeIn(held)) this.host.again();
    }
  }

  #news(document: StoredDocument): StoredDocument {
    const newer = Object.entries(document.registers).filter(([field, register]) =>
      this.versions.see(document.doc, field, register),
    );
    return { ...document, registers: Object.fromEntries(newer), sums: totalsOf(document.sums) };
  }
}
