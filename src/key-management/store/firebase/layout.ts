import type { Json, Register, StoredDocument } from '../port/key-store';
import { emptyDocument, mergeMax, replaces } from '../port/merge';
import { decodeDocument, decodeKey, encodeDocument, encodeKey } from './names';

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
  /** Paths of fields that hold values which lost, and can be cleared of them. */
  crowded: string[];
}

type Raw = Record<string, Record<string, Record<string, unknown>> | undefined>;

/** Reads one child of `docs`; what others wrote there and cannot be read is left out. */
export function readDocument(key: string, raw: unknown): ReadDocument {
  const document = emptyDocument(decodeDocument(key));
  const crowded: string[] = [];
  const parts = (raw ?? {}) as Raw;
  for (const [field, values] of Object.entries(parts.r ?? {})) {
    const found = greatestRegister(values);
    if (found !== undefined) document.registers[decodeKey(field)] = found.value;
    if (Object.keys(values).length > 1) crowded.push(`${paths.documents}/${key}/r/${field}`);
  }
  for (const [field, values] of Object.entries(parts.m ?? {})) {
    const found = greatestMaximum(values);
    if (found !== undefined) document.maxima[decodeKey(field)] = found.value;
    if (Object.keys(values).length > 1) crowded.push(`${paths.documents}/${key}/m/${field}`);
  }
  for (const [field, value] of Object.entries(parts.s ?? {})) {
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
  const json = parseJson(value);
  return match && json !== undefined
    ? { value: json, version: Number(match[1]), tie: decodeKey(match[2] ?? '') }
    : undefined;
}

function readMaximum(key: string): number | undefined {
  const value = Number(decodeKey(key).slice(1));
  return key.startsWith('n') && Number.isFinite(value) ? value : undefined;
}

function parseJson(text: unknown): Json | undefined {
  try {
    return JSON.parse(String(text)) as Json;
  } catch {
    return undefined;
  }
}
