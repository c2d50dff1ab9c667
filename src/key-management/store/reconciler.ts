import type { DocumentOwner } from './document-owner';
import type { KeyStore, StoredDocument } from './key-store';
import { missingChanges, totalsOf } from './missing-changes';
import type { Outbox } from './outbox';
import type { RegisterVersions } from './register-versions';

const RESTORE_LOCK = 'restore';
/** For how long one instance at a time writes again what a store lost; milliseconds. */
const RESTORE_LOCK_MS = 15_000;

export interface ReconcilerHost {
  /** Writes all that waits in the outbox. */
  writeAll(): Promise<void>;
  lock(name: string, ttlMs: number): Promise<boolean>;
  unlock(name: string): Promise<void>;
}

/** Brings what this instance knows and what the store holds together: at the start, and whenever changes may have been missed. */
export class Reconciler {
  constructor(
    private readonly store: KeyStore,
    private readonly owners: readonly DocumentOwner[],
    private readonly versions: RegisterVersions,
    private readonly outbox: Outbox,
    private readonly host: ReconcilerHost,
  ) {}

  /** False if another instance is at it: to be run again soon. Must not run while anything else is written. */
  async run(): Promise<boolean> {
    // What is on its way goes first: the totals that are compared below hold it already.
    await this.host.writeAll();
    if (!this.#giveBack(await this.#takeIn(), false)) return true;
    // One instance after the other, so that lost sums are not made good twice.
    if (!(await this.host.lock(RESTORE_LOCK, RESTORE_LOCK_MS))) return false;
    try {
      this.#giveBack(await this.#takeIn(), true);
      await this.host.writeAll();
    } finally {
      await this.host.unlock(RESTORE_LOCK);
    }
    return true;
  }

  async #takeIn(): Promise<Map<string, StoredDocument>> {
    const stored = new Map<string, StoredDocument>();
    for (const owner of this.owners) {
      for (const document of await this.store.load(owner.prefix)) {
        stored.set(document.doc, document);
        const newer = Object.entries(document.registers).filter(([field, register]) =>
          this.versions.see(document.doc, field, register),
        );
        owner.merge({ ...document, registers: Object.fromEntries(newer), sums: totalsOf(document.sums) });
      }
    }
    return stored;
  }

  /** Puts into the outbox what the store lacks; only tells whether it lacks anything unless `really`. */
  #giveBack(stored: ReadonlyMap<string, StoredDocument>, really: boolean): boolean {
    let lacks = false;
    for (const owner of this.owners) {
      for (const known of owner.known()) {
        for (const change of missingChanges(known, stored.get(known.doc), this.versions)) {
          lacks = true;
          if (!really) return true;
          this.outbox.put(change);
        }
      }
    }
    return lacks;
  }
}
