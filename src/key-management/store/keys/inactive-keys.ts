import { adminOf, documentOf, isTime, readIdentity } from './key-documents';
import type { FieldChange, StoredDocument } from '../port/key-store';
import { applyChange, emptyDocument, joined } from '../port/merge';

const HOUR_MS = 60 * 60_000;
/** A key without any trace is remembered for this long, and a deleted key at the least for the second, for instances that are away. Milliseconds. */
export const REMEMBERED_MS = 30 * 24 * HOUR_MS;
export const LEAST_REMEMBERED_MS = 24 * HOUR_MS;
/** At most this many deleted keys older than that are remembered, the latest ones: each takes about 1 kB. */
export const MOST_DELETED = 2_000;
/** Interval of pruning; not at the start, when the configuration has not yet named its keys. Milliseconds. */
const PRUNE_INTERVAL_MS = HOUR_MS;

/**
 * Stored keys that are in no pool here: gone from the environment, deleted, or locked. Their history is taken up again. A deletion is
 * remembered so that nothing brings the key back: not an instance that was away, nor its mention in the environment.
 */
export class InactiveKeys {
  readonly #documents = new Map<string, StoredDocument>();
  /** When keys were deleted that were in a pool here; milliseconds since the epoch. */
  readonly #retiredAt = new Map<string, number>();
  /** Deleted ones that the configuration here names, or that were: forgotten, they would be back with the next start. */
  readonly #configuredIds = new Set<string>();
  #lastPrunedAt: number;

  constructor(private readonly now: () => number) {
    this.#lastPrunedAt = now();
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

  /** The names of the documents of one provider. */
  ofProvider(provider: string): string[] {
    const prefix = documentOf(provider, '');
    return [...this.#documents.keys()].filter((doc) => doc.startsWith(prefix));
  }

  /** The key was deleted while it was in its pool. */
  retire(document: StoredDocument): void {
    this.#documents.set(document.doc, document);
    this.#retiredAt.set(document.doc, this.now());
  }

  /** A document from the store, or a part of one. Its counts are kept elsewhere. */
  join(document: StoredDocument): void {
    const known = this.#documents.get(document.doc) ?? emptyDocument(document.doc);
    this.#documents.set(document.doc, joined(known, document));
  }

  apply(change: FieldChange): void {
    if (change.kind !== 'add') applyChange(this.#documents, change);
  }

  /** It is in its pool again, or forgotten. */
  delete(doc: string): void {
    this.#documents.delete(doc);
    this.#retiredAt.delete(doc);
  }

  /** Nothing of it is remembered here. */
  forget(doc: string): void {
    this.delete(doc);
    this.#configuredIds.delete(doc);
  }

  /** The configuration here names the key. For good: it may be added again, and deleted again. */
  markConfigured(doc: string): void {
    this.#configuredIds.add(doc);
  }

  isConfigured(doc: string): boolean {
    return this.#configuredIds.has(doc);
  }

  /** Whether the document may be dropped for its age alone. */
  isOutdated(document: StoredDocument): boolean {
    return isOld({ document, at: this.#lastTraceOf(document) }, this.now());
  }

  /** Takes out what may be forgotten by now, and answers the names; mostly none, for it looks only from time to time. */
  takeOutdated(): string[] {
    const now = this.now();
    if (now - this.#lastPrunedAt < PRUNE_INTERVAL_MS) return [];
    this.#lastPrunedAt = now;
    const candidates = [...this.#documents.values()].filter(({ doc }) => !this.#configuredIds.has(doc));
    const dated = candidates.map((document) => ({ document, at: this.#lastTraceOf(document) }));
    const outdated = outdatedAmong(dated, now).map(({ document }) => document.doc);
    for (const doc of outdated) this.delete(doc);
    return outdated;
  }

  /** When the key was last used or checked, by any instance, or an administrator decided on it; milliseconds since the epoch. */
  #lastTraceOf(document: StoredDocument): number {
    const { lastUsedAt, lastCheckedAt, lastSuccessAt } = document.maxima;
    // A change by an administrator has the minute for its version.
    const saidAt = (document.registers.admin?.version ?? 0) * 60_000;
    const traces = [lastUsedAt, lastCheckedAt, lastSuccessAt, saidAt, this.#retiredAt.get(document.doc)];
    return Math.max(0, ...traces.filter((at) => isTime(at)));
  }
}

interface Dated {
  readonly document: StoredDocument;
  /** Of its last trace; milliseconds since the epoch. */
  readonly at: number;
}

const isOld = ({ document, at }: Dated, now: number): boolean =>
  at > 0 && at < now - REMEMBERED_MS && mayFade(document);

function outdatedAmong(all: readonly Dated[], now: number): Dated[] {
  const tooMany = all
    .filter((dated) => isDeleted(dated.document) && !isOld(dated, now))
    .sort((a, b) => b.at - a.at)
    .slice(MOST_DELETED)
    .filter(({ at }) => at < now - LEAST_REMEMBERED_MS);
  return [...all.filter((dated) => isOld(dated, now)), ...tooMany];
}

const isDeleted = (document: StoredDocument): boolean => adminOf(document) === 'deleted';

/** Whether the key may be forgotten: it was deleted, or neither its encrypted secret is stored nor was it disabled on purpose. */
function mayFade(document: StoredDocument): boolean {
  if (isDeleted(document)) return true;
  const identity = readIdentity(document.registers.identity?.value ?? null);
  return adminOf(document) !== 'disabled' && identity?.secret === undefined;
}
