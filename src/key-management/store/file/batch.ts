import type { ClassicLevel } from 'classic-level';
import type { FieldChange, StoreChange, StoredDocument } from '../port/key-store';
import { applyChange } from '../port/merge';
import { entryKey, entryText, rangeOf, readEntry } from './entries';

/** Merges the changes into what the database holds, in one atomic step. Steps must not overlap. */
export async function applyBatch(database: ClassicLevel, changes: readonly StoreChange[]): Promise<void> {
  const fields = new Map<string, FieldChange>();
  for (const change of changes) if (change.kind !== 'drop') fields.set(entryKey(change), change);

  const keys = [...fields.keys()];
  const before = new Map<string, string | undefined>();
  (await database.getMany(keys)).forEach((text, i) => before.set(keys[i]!, text));
  for (const change of changes) {
    if (change.kind !== 'drop') continue;
    for await (const [key, text] of database.iterator(rangeOf(change.doc))) before.set(key, text);
  }

  const documents = new Map<string, StoredDocument>();
  for (const [key, text] of before) if (text !== undefined && fields.has(key)) readEntry(documents, key, text);
  for (const change of changes) applyChange(documents, change);

  const operations = [...before].flatMap(([key, was]) => operation(key, was, textOf(documents, fields.get(key))));
  // Statistics may be lost with the machine's power, a status never; either survives the process.
  const sync = changes.some(({ kind }) => kind === 'set' || kind === 'drop');
  if (operations.length > 0) await database.batch(operations, { sync });
}

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

function operation(key: string, was: string | undefined, is: string | undefined): Operation[] {
  if (is === was) return [];
  return is === undefined ? [{ type: 'del', key }] : [{ type: 'put', key, value: is }];
}

function textOf(documents: ReadonlyMap<string, StoredDocument>, change: FieldChange | undefined): string | undefined {
  return change && entryText(documents, change);
}
