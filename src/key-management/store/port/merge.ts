import type { Register, StoreChange, StoredDocument } from './key-store';

/** A document without fields. Its records have no prototype, so that a field named `__proto__` is a field. */
export function emptyDocument(doc: string): StoredDocument {
  return { doc, registers: emptyRecord(), maxima: emptyRecord(), sums: emptyRecord() };
}

/** No register has changed this often. A stored version that is greater is damage, and gives way to any other. */
const GREATEST_VERSION = 2 ** 32;

export const isSaneVersion = (version: number): boolean =>
  Number.isInteger(version) && version >= 0 && version <= GREATEST_VERSION;

const rankOf = ({ version }: Register): number => (isSaneVersion(version) ? version : -1);

/** Whether `candidate` replaces `current`: the greater version, then the greater tie. An equal one does not. */
export function replaces(candidate: Register, current: Register | undefined): boolean {
  if (!current) return true;
  const [ours, theirs] = [rankOf(candidate), rankOf(current)];
  return ours === theirs ? candidate.tie > current.tie : ours > theirs;
}

/**
 * Applies one change to the documents, in place.
 *
 * `set` and `max` are commutative, associative and idempotent; `add` is commutative and associative. `drop` is none of these: it
 * removes what came before it.
 */
export function applyChange(documents: Map<string, StoredDocument>, change: StoreChange): void {
  if (change.kind === 'drop') {
    documents.delete(change.doc);
    return;
  }
  let document = documents.get(change.doc);
  if (!document) documents.set(change.doc, (document = emptyDocument(change.doc)));
  switch (change.kind) {
    case 'set':
      if (replaces(change.register, document.registers[change.field]))
        document.registers[change.field] = change.register;
      break;
    case 'max':
      document.maxima[change.field] = mergeMax(document.maxima[change.field], change.value);
      break;
    case 'add':
      document.sums[change.field] = mergeSum(document.sums[change.field], change.by);
      break;
  }
}

/** The document after the change, or undefined when it is dropped. The one given stays as it is. */
export function mergeChange(document: StoredDocument | undefined, change: StoreChange): StoredDocument | undefined {
  const documents = new Map<string, StoredDocument>();
  if (document) documents.set(change.doc, shallowCopy(document));
  applyChange(documents, change);
  return documents.get(change.doc);
}

export function mergeMax(current: number | undefined, value: number): number {
  return current === undefined || value > current ? value : current;
}

export function mergeSum(current: number | undefined, by: number): number {
  return (current ?? 0) + by;
}

/** A document with the stored one, whose registers are news. Counts are kept elsewhere. */
export const joined = (known: StoredDocument, stored: StoredDocument): StoredDocument => ({
  doc: known.doc,
  registers: Object.assign(emptyRecord<Register>(), known.registers, stored.registers),
  maxima: greater(known.maxima, stored.maxima),
  sums: emptyRecord<number>(),
});

function greater(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const all = Object.assign(emptyRecord<number>(), one);
  for (const [field, value] of Object.entries(other)) all[field] = mergeMax(all[field], value);
  return all;
}

/** A copy that shares nothing with the original. */
export function copyDocument(document: StoredDocument): StoredDocument {
  const copy = shallowCopy(document);
  for (const [field, register] of Object.entries(copy.registers)) copy.registers[field] = structuredClone(register);
  return copy;
}

const shallowCopy = ({ doc, registers, maxima, sums }: StoredDocument): StoredDocument => ({
  doc,
  registers: Object.assign(emptyRecord<Register>(), registers),
  maxima: Object.assign(emptyRecord<number>(), maxima),
  sums: Object.assign(emptyRecord<number>(), sums),
});

const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>;
