import type { ClassicLevel } from 'classic-level';
import { flatCopy, parseJson } from '../../common/text';
import type { FieldChange, Register, StoreChange, StoredDocument } from '../port/key-store';
import { applyChange, emptyDocument } from '../port/merge';

/**
 * One entry per field: `<document>\0<kind><field>` → JSON, a register as `[version, tie, value]`, the others as a number.
 * A document name has no \0, so the entries of a document stand together and none of another's between them.
 */
const KINDS = { set: 'r', max: 'm', add: 's' } as const;

const entryKey = ({ kind, doc, field }: FieldChange): string => `${doc}\0${KINDS[kind]}${field}`;

/** The keys of all entries of one document. */
const rangeOf = (doc: string): { gte: string; lt: string } => ({ gte: `${doc}\0`, lt: `${doc}\u0001` });

/** The keys of all documents that start with the prefix; after it comes only what a document name has, or \0. */
export const rangeOfPrefix = (prefix: string): { gte: string; lt: string } => ({ gte: prefix, lt: `${prefix}\u007f` });

/** Puts the entry's value into its document. Returns false for an entry that cannot be read, and leaves it out. */
export function readEntry(documents: Map<string, StoredDocument>, key: string, text: string): boolean {
  const end = key.indexOf('\0');
  const value = parseJson(text);
  if (end < 1 || value === undefined) return false;
  const doc = key.slice(0, end);
  const field = key.slice(end + 2);
  const document = documents.get(doc) ?? emptyDocument(flatCopy(doc));
  const kind = key[end + 1];
  if (kind === KINDS.set && isRegisterEntry(value)) {
    document.registers[field] = { version: value[0], tie: value[1], value: value[2] };
  } else if ((kind === KINDS.max || kind === KINDS.add) && typeof value === 'number') {
    (kind === KINDS.max ? document.maxima : document.sums)[field] = value;
  } else {
    return false;
  }
  documents.set(document.doc, document);
  return true;
}

/** The text of the field that the change is about, or undefined if the documents no longer have it. */
function entryText(documents: ReadonlyMap<string, StoredDocument>, change: FieldChange): string | undefined {
  const document = documents.get(change.doc);
  if (!document) return undefined;
  if (change.kind === 'set') {
    const register = document.registers[change.field];
    return register && JSON.stringify([register.version, register.tie, register.value]);
  }
  const number = (change.kind === 'max' ? document.maxima : document.sums)[change.field];
  return number === undefined ? undefined : JSON.stringify(number);
}

const isRegisterEntry = (value: unknown): value is [number, string, Register['value']] =>
  Array.isArray(value) && value.length === 3 && Number.isSafeInteger(value[0]) && typeof value[1] === 'string';

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

/** Merges the changes into what the database holds, in one atomic batch. Calls must not overlap. */
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

  const operations = [...before].flatMap(([key, was]): Operation[] => {
    const change = fields.get(key);
    const text = change && entryText(documents, change);
    if (text === was) return [];
    return text === undefined ? [{ type: 'del', key }] : [{ type: 'put', key, value: text }];
  });
  // Statistics may be lost with the machine's power, a status never; either survives the process.
  const sync = changes.some(({ kind }) => kind === 'set' || kind === 'drop');
  if (operations.length > 0) await database.batch(operations, { sync });
}
