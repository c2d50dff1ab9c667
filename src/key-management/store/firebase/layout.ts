import { parseJson } from '../../common/text';
import type { Json, Register, StoredDocument } from '../port/key-store';
import { emptyDocument, mergeMax, replaces } from '../port/merge';

// What the Realtime Database forbids in a key; what this layout uses itself, `%` to escape and `|` for `/`; and surrogates,
// because the SDK splits long messages within a pair and so spoils the character.
// eslint-disable-next-line no-control-regex -- control characters are among what it forbids
const RESERVED = /[.#$[\]/%|\u0000-\u001f\u007f\ud800-\udfff]/g;

function escape(character: string): string {
  const hex = character.charCodeAt(0).toString(16).toUpperCase();
  return hex.length > 2 ? `%u${hex}` : `%${hex.padStart(2, '0')}`;
}

/**
 * Any text as a key of the database, reversibly. Keys that look like integers are escaped too, because the database would give
 * an object of them back as an array, and names that plain objects have (`__proto__`, `hasOwnProperty`), on which the SDK fails.
 */
export function encodeKey(name: string): string {
  const key = name.replace(RESERVED, escape);
  if (key === '') return '%';
  return /^-?\d+$/.test(key) || key in Object.prototype ? escape(key) + key.slice(1) : key;
}

export function decodeKey(key: string): string {
  if (key === '%') return '';
  return key.replace(/%u([0-9A-F]{4})|%([0-9A-F]{2})/g, (_, four?: string, two?: string) =>
    String.fromCharCode(parseInt(four ?? two ?? '', 16)),
  );
}

/** `keys/openai/abc` → `|keys|openai|abc`: flat, so that a prefix of names is a range of keys; works for a prefix as well. */
export const encodeDocument = (name: string): string =>
  `|${name
    .split('/')
    .map((segment) => segment.replace(RESERVED, escape))
    .join('|')}`;

export const decodeDocument = (key: string): string => key.slice(1).split('|').map(decodeKey).join('/');

/** JSON without surrogates, for the same reason as in keys. */
export const encodeJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16)}`);

/** Paths below the store's root; `README.md` beside this file shows the tree. */
export const paths = {
  documents: 'docs',
  document: (doc: string) => `docs/${encodeDocument(doc)}`,
  registerField: (doc: string, field: string) => `docs/${encodeDocument(doc)}/r/${encodeKey(field)}`,
  maximumField: (doc: string, field: string) => `docs/${encodeDocument(doc)}/m/${encodeKey(field)}`,
  sum: (doc: string, field: string) => `docs/${encodeDocument(doc)}/s/${encodeKey(field)}`,
  log: 'log',
  batches: 'batches',
  batch: (id: string) => `batches/${encodeKey(id)}`,
  locks: 'locks',
  lock: (name: string) => `locks/${encodeKey(name)}`,
};

/** The key of one written value of a register: version and tie, so that writers never overwrite each other. */
export const registerKey = ({ version, tie }: Register): string => `v${version}~${encodeKey(tie)}`;
/** The key of one written value of a maximum. */
export const maximumKey = (value: number): string => encodeKey(`n${value}`);

export interface ReadDocument {
  document: StoredDocument;
  /** Paths of fields that still hold values which lost against another. */
  crowded: string[];
}

type Raw = Record<string, Record<string, Record<string, unknown>> | undefined>;

/** Reads one child of `docs`; what others wrote there and cannot be read is left out. */
export function readDocument(key: string, raw: unknown): ReadDocument {
  const document = emptyDocument(decodeDocument(key));
  const crowded: string[] = [];
  const { r = {}, m = {}, s = {} } = (raw ?? {}) as Raw;
  const read = <T>(
    part: 'r' | 'm',
    fields: Record<string, Record<string, unknown>>,
    into: Record<string, T>,
    greatestOf: (values: unknown) => { value: T } | undefined,
  ): void => {
    for (const [field, values] of Object.entries(fields)) {
      const found = greatestOf(values);
      if (found !== undefined) into[decodeKey(field)] = found.value;
      if (Object.keys(values).length > 1) crowded.push(`${paths.documents}/${key}/${part}/${field}`);
    }
  };
  read('r', r, document.registers, greatestRegister);
  read('m', m, document.maxima, greatestMaximum);
  for (const [field, value] of Object.entries(s)) {
    if (typeof value === 'number') document.sums[decodeKey(field)] = value;
  }
  return { document, crowded };
}

/** What stays of a crowded field: the value that won. For a transaction, so `null` for nothing. */
export function withoutLosers(fieldPath: string, values: unknown): unknown {
  const found = fieldPath.split('/')[2] === 'r' ? greatestRegister(values) : greatestMaximum(values);
  return found === undefined ? values : { [found.key]: (values as Record<string, unknown>)[found.key] };
}

const greatestRegister = (values: unknown) => greatest(values, readRegister, replaces);
const greatestMaximum = (values: unknown) => greatest(values, readMaximum, (a, b) => mergeMax(b, a) !== b);

function greatest<T>(
  values: unknown,
  read: (key: string, value: unknown) => T | undefined,
  greater: (a: T, b: T) => boolean,
): { key: string; value: T } | undefined {
  let best: { key: string; value: T } | undefined;
  for (const [key, raw] of Object.entries((values ?? {}) as Record<string, unknown>)) {
    const value = read(key, raw);
    if (value !== undefined && (best === undefined || greater(value, best.value))) best = { key, value };
  }
  return best;
}

function readRegister(key: string, value: unknown): Register | undefined {
  const match = /^v(-?\d+)~(.*)$/s.exec(key);
  const json = parseJson(String(value)) as Json | undefined;
  return match && json !== undefined
    ? { value: json, version: Number(match[1]), tie: decodeKey(match[2] ?? '') }
    : undefined;
}

function readMaximum(key: string): number | undefined {
  const value = Number(decodeKey(key).slice(1));
  return key.startsWith('n') && Number.isFinite(value) ? value : undefined;
}
