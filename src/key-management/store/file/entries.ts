import { flatCopy } from '../../common/text';
import type { FieldChange, Register, StoredDocument } from '../port/key-store';
import { emptyDocument } from '../port/merge';

/**
 * One entry per field: `<document>\0<kind><field>` → JSON, a register as `[version, tie, value]`, the others as a number.
 * A document name has no \0, so the entries of a document stand together and none of another's between them.
 */
const KINDS = { set: 'r', max: 'm', add: 's' } as const;

export function entryKey({ kind, doc, field }: FieldChange): string {
  return `${doc}\0${KINDS[kind]}${field}`;
}

/** The keys of all entries of one document. */
export function rangeOf(doc: string): { gte: string; lt: string } {
  return { gte: `${doc}\0`, lt: `${doc}\u0001` };
}

/** The keys of all documents that start with the prefix; after it comes only what a document name has, or \0. */
export function rangeOfPrefix(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix}\u007f` };
}

/** Puts the entry's value into its document. False when it cannot be read; then it is left out. */
export function readEntry(documents: Map<string, StoredDocument>, key: string, text: string): boolean {
  const end = key.indexOf('\0');
  const value = parse(text);
  if (end < 1 || value === undefined) return false;
  const doc = key.slice(0, end);
  const field = key.slice(end + 2);
  const document = documents.get(doc) ?? emptyDocument(flatCopy(doc));
  switch (key[end + 1]) {
    case 'r': {
      if (!isRegisterEntry(value)) return false;
      document.registers[field] = { version: value[0], tie: value[1], value: value[2] };
      break;
    }
    case 'm':
      if (typeof value !== 'number') return false;
      document.maxima[field] = value;
      break;
    case 's':
      if (typeof value !== 'number') return false;
      document.sums[field] = value;
      break;
    default:
      return false;
  }
  documents.set(document.doc, document);
  return true;
}

/** The text of the field that the change is about, or undefined if the documents no longer have it. */
export function entryText(documents: ReadonlyMap<string, StoredDocument>, change: FieldChange): string | undefined {
  const document = documents.get(change.doc);
  if (!document) return undefined;
  if (change.kind === 'set') {
    const register = document.registers[change.field];
    return register && JSON.stringify([register.version, register.tie, register.value]);
  }
  const number = (change.kind === 'max' ? document.maxima : document.sums)[change.field];
  return number === undefined ? undefined : JSON.stringify(number);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRegisterEntry(value: unknown): value is [number, string, Register['value']] {
  return Array.isArray(value) && value.length === 3 && Number.isSafeInteger(value[0]) && typeof value[1] === 'string';
}
