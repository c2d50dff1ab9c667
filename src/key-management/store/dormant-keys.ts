import { adminOf, readIdentity } from './key-documents';
import type { StoreChange, StoredDocument } from './key-store';
import { applyChange, joined } from './merge';

const HOUR_MS = 60 * 60_000;
/** For so long without a trace of it a key is remembered, and a deleted one at the least, for instances that are away. Milliseconds. */
export const REMEMBERED_MS = 30 * 24 * HOUR_MS;
export const LEAST_REMEMBERED_MS = 24 * HOUR_MS;
/** Of deleted keys older than that only so many are remembered, the latest: each takes some 1 kB. */
export const MOST_DELETED = 2_000;
/** So often it is looked for what may be forgotten; not at the start, when the configuration has not yet named its keys. Milliseconds. */
const LOOK_MS = HOUR_MS;

/**
 * Stored keys that are in no pool here: gone from the environment, deleted, or locked. Their history is taken up again. A deletion is
 * remembered so that nothing brings the key back: not an instance that was away, nor its mention in the environment.
 */
export class DormantKeys {
  readonly #documents = new Map<string, StoredDocument>();
  /** Deleted ones that the configuration here names: forgotten, they would be back with the next start. */
  readonly #named = new Set<string>();
  #lookedAt: number;

  constructor(private readonly now: () => number) {
    this.#lookedAt = now();
  }

  get(doc: string): StoredDocument | undefined {
    return this.#documents.get(doc);
  }

  has(doc: string): boolean {
    return this.#documents.has(doc);
  }

  values(): Iterable<StoredDocument> {
    return this.#documents.values();
  }

  set(document: StoredDocument): void {
    this.#documents.set(document.doc, document);
  }

  /** A document from the store, or a part of one. */
  join(document: StoredDocument): void {
    const known = this.#documents.get(document.doc);
    this.set(known ? joined(known, document) : document);
  }

  apply(change: StoreChange): void {
    applyChange(this.#documents, change);
  }

  /** It is in its pool again, or forgotten. */
  delete(doc: string): void {
    this.#documents.delete(doc);
    this.#named.delete(doc);
  }

  /** The configuration here names the key, which is deleted. */
  name(doc: string): void {
    this.#named.add(doc);
  }

  isNamed(doc: string): boolean {
    return this.#named.has(doc);
  }

  /** Takes out what may be forgotten by now, and answers the names; mostly none, for it looks only from time to time. */
  takeOutdated(): string[] {
    const now = this.now();
    if (now - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = now;
    const outdated = outdatedAmong(
      [...this.#documents.values()].filter(({ doc }) => !this.#named.has(doc)),
      now,
    );
    for (const doc of outdated) this.#documents.delete(doc);
    return outdated;
  }
}

function outdatedAmong(documents: readonly StoredDocument[], now: number): string[] {
  const isOld = (document: StoredDocument): boolean => {
    const traceAt = lastTraceOf(document);
    return traceAt > 0 && traceAt < now - REMEMBERED_MS;
  };
  const old = documents.filter((document) => mayFade(document) && isOld(document));
  const gone = new Set(old);
  const tooMany = documents
    .filter((document) => adminOf(document) === 'deleted' && !gone.has(document))
    .map((document) => ({ doc: document.doc, at: lastTraceOf(document) }))
    .sort((a, b) => b.at - a.at)
    .slice(MOST_DELETED)
    .filter(({ at }) => at < now - LEAST_REMEMBERED_MS);
  return [...old, ...tooMany].map(({ doc }) => doc);
}

/** Not what somebody may yet want: a key that can be opened with the right secret, or one that was switched off on purpose. */
function mayFade(document: StoredDocument): boolean {
  const admin = adminOf(document);
  if (admin === 'deleted') return true;
  return admin !== 'disabled' && readIdentity(document.registers.identity?.value ?? null)?.secret === undefined;
}

/** When the key was last used or checked, by any instance, or deleted; milliseconds since the epoch. */
function lastTraceOf(document: StoredDocument): number {
  const { lastUsedAt = 0, lastCheckedAt = 0, lastSuccessAt = 0 } = document.maxima;
  // An administrator's word has the minute for its version.
  const deletedAt = adminOf(document) === 'deleted' ? (document.registers.admin?.version ?? 0) * 60_000 : 0;
  return Math.max(lastUsedAt, lastCheckedAt, lastSuccessAt, deletedAt);
}
