import type { Register, StoreChange, StoredDocument } from '../port/key-store';
import { applyChange } from '../port/merge';
import { type KnownValues } from './known-values';
import { maximumKey, paths, registerKey } from './layout';
import { encodeJson, encodeKey } from './names';

/** A multi-location update, relative to the store's root. */
export type Update = Record<string, unknown>;

/** How the database is told to add; given from outside because the SDK is loaded only when a store opens. */
export type Increment = (by: number) => unknown;

/**
 * The changes as one update, which the database applies as a whole or not at all. Nothing in it depends on what stands there
 * now: registers and maxima write under keys of their own, sums are added by the server.
 */
export function toUpdate(changes: readonly StoreChange[], known: KnownValues, increment: Increment): Update {
  const update: Update = {};
  const merged = new Map<string, StoredDocument>();
  const dropped = new Set<string>();
  for (const change of changes) {
    if (change.kind === 'drop') dropped.add(change.doc);
    applyChange(merged, change);
  }
  for (const doc of dropped) {
    const document = merged.get(doc);
    update[paths.document(doc)] = document === undefined ? null : wholeDocument(document);
    merged.delete(doc);
  }
  for (const document of merged.values()) addFields(update, document, known, increment);
  return update;
}

function addFields(update: Update, document: StoredDocument, known: KnownValues, increment: Increment): void {
  const { doc, registers, maxima, sums } = document;
  const put = (fieldPath: string, key: string, stored: unknown, value: Register | number): void => {
    for (const beaten of known.beatenBy(doc, fieldPath, value)) update[beaten] = null;
    update[`${fieldPath}/${key}`] = stored;
  };
  for (const [field, register] of Object.entries(registers)) {
    put(paths.registerField(doc, field), registerKey(register), encodeJson(register.value), register);
  }
  for (const [field, value] of Object.entries(maxima)) {
    put(paths.maximumField(doc, field), maximumKey(value), true, value);
  }
  for (const [field, by] of Object.entries(sums)) update[paths.sum(doc, field)] = increment(by);
}

/** A dropped document that starts anew in the same batch: nothing of before may remain, so the sums are plain numbers. */
function wholeDocument({ registers, maxima, sums }: StoredDocument): unknown {
  const fields = <T>(record: Record<string, T>, toValue: (value: T) => unknown): unknown =>
    Object.fromEntries(Object.entries(record).map(([field, value]) => [encodeKey(field), toValue(value)]));
  return {
    r: fields(registers, (register) => ({ [registerKey(register)]: encodeJson(register.value) })),
    m: fields(maxima, (value) => ({ [maximumKey(value)]: true })),
    s: fields(sums, (sum) => sum),
  };
}
