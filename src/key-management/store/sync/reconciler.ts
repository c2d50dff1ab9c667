import { forEachInChunks } from '../../common/event-loop';
import type { DocumentOwner } from './document-owner';
import { earlierSums, isRestoredSum } from './earlier-sums';
import type { Json, KeyStore, StoreChange, StoredDocument } from '../port/key-store';
import { inParts } from './large-documents';
import { isSaneVersion } from '../port/merge';
import { missingChanges, missingParts } from './missing-changes';
import type { IdempotentChange, Outbox } from './outbox';
import type { RegisterVersions } from './register-versions';
import type { SetAside } from './set-aside';
import { isPart, type SumLedger } from './sum-ledger';

/** Nothing that this package stores is nested more deeply; what is may be more than the program's stack can follow. */
const DEEPEST = 16;

const isShallow = (value: Json, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1)));

/** What reconciling works on. */
export interface ReconcilerParts {
  readonly store: KeyStore;
  readonly owners: readonly DocumentOwner[];
  readonly versions: RegisterVersions;
  readonly ledger: SumLedger;
  readonly outbox: Outbox;
  readonly aside: SetAside;
  /** All that is stored was read. */
  wasRead(): Promise<void>;
  /** Writes all that waits in the outbox. */
  writeAll(): Promise<unknown>;
}

/**
 * Brings what this instance knows and what the store holds together: at the start, and whenever changes may have been missed or lost.
 * All that is stored merges in any order and any number of times, so it may run while others write.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** @throws StoreError when the store does not answer */
  async run(): Promise<void> {
    const { store, owners } = this.#parts;
    for (const owner of owners) {
      const documents = await store.load(owner.prefix);
      await forEachInChunks(inParts(documents), (document) => {
        this.#guarded(document.doc, () => {
          owner.merge(this.#news(document));
        });
      });
      await owner.merged?.();
      await this.#restore(owner, new Map(documents.map((document) => [document.doc, document])));
    }
    await this.#parts.wasRead();
    await this.#parts.writeAll();
  }

  /** Takes in what others wrote; false if that takes a new look at all. */
  takeIn(changes: readonly StoreChange[]): boolean {
    let whole = true;
    for (const change of changes) {
      this.#guarded(change.doc, () => {
        if (!this.#take(change)) whole = false;
      });
    }
    return whole;
  }

  #take(change: StoreChange): boolean {
    const { owners, versions, ledger } = this.#parts;
    const { doc } = change;
    const owner = owners.find(({ prefix }) => doc.startsWith(prefix));
    if (change.kind === 'drop') {
      // What is wanted is written again with the versions that it had.
      if (owner?.dropped?.(doc)) return false;
      versions.forget(doc);
      ledger.forget(doc);
      return true;
    }
    if (!owner) return true;
    if (change.kind === 'set') {
      if (this.#isNews(doc, change.field, change.register)) owner.changed(change);
      return true;
    }
    if (change.kind === 'max' && !isPart(change.field)) {
      owner.changed(change);
      return true;
    }
    // Another version of the package gave back what the store had lost: that can only be read as a whole.
    if (change.kind === 'add' && isRestoredSum(change.field)) return false;
    const news =
      change.kind === 'add'
        ? ledger.addToSum(doc, change.field, change.by)
        : ledger.see(doc, change.field, change.value);
    if (news) owner.changed({ kind: 'add', doc, field: news.field, by: news.by });
    return true;
  }

  /** Puts into the outbox what the store lacks of what is known here. */
  async #restore(owner: DocumentOwner, stored: ReadonlyMap<string, StoredDocument>): Promise<void> {
    const { versions, ledger, outbox } = this.#parts;
    const put = (changes: readonly IdempotentChange[]): void => {
      for (const change of changes) outbox.put(change);
    };
    await forEachInChunks(owner.known(), (known) => {
      put(missingChanges(known, stored.get(known.doc), versions));
    });
    await forEachInChunks(ledger.parts(owner.prefix), ([doc, parts]) => {
      const held = stored.get(doc);
      put(missingParts(doc, parts, held, earlierSums(held?.sums ?? {})));
    });
  }

  /** Of a stored document what was not known here. */
  #news({ doc, registers, maxima, sums }: StoredDocument): StoredDocument {
    const { ledger } = this.#parts;
    const newer = Object.entries(registers).filter(([field, register]) => this.#isNews(doc, field, register));
    const counted: Record<string, number> = {};
    const count = (news: { field: string; by: number } | undefined): void => {
      if (news) counted[news.field] = (counted[news.field] ?? 0) + news.by;
    };
    for (const [field, total] of Object.entries(earlierSums(sums))) count(ledger.seeSum(doc, field, total));
    for (const [field, value] of Object.entries(maxima)) if (isPart(field)) count(ledger.see(doc, field, value));
    return {
      doc,
      registers: Object.fromEntries(newer),
      maxima: Object.fromEntries(Object.entries(maxima).filter(([field]) => !isPart(field))),
      sums: counted,
    };
  }

  #isNews(doc: string, field: string, register: StoredDocument['registers'][string]): boolean {
    const { versions, aside } = this.#parts;
    if (!isSaneVersion(register.version)) {
      aside.unreadable(doc, `the version of ${JSON.stringify(field.slice(0, 40))} is out of all bounds`);
      return false;
    }
    if (!versions.see(doc, field, register)) return false;
    if (isShallow(register.value, DEEPEST)) return true;
    aside.unreadable(doc, `${JSON.stringify(field.slice(0, 40))} is nested too deeply`);
    return false;
  }

  /** Whatever is stored, and whoever wrote it: it must not stop this instance, nor keep it from the other documents. */
  #guarded(doc: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#parts.aside.unreadable(doc, error instanceof Error ? error.name : 'it cannot be read');
    }
  }
}
