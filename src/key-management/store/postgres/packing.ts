import { parseJson } from '../../common/text';
import type { Json, StoreChange, StoredDocument } from '../port/key-store';
import { applyChange, emptyDocument } from '../port/merge';
import { StoreError } from '../port/store-error';
import { unpackChanges as unpack, type PackedChange } from '../server/packed-changes';

/**
 * JSON in ASCII: it fits into a database of any encoding, has no NUL, and is as many bytes as characters.
 */
const asciiJson = (value: Json): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Free text (a field's name, a lock's) as the database holds it: one text has one such form. */
export const asciiText = (text: string): string => asciiJson(text).slice(1, -1);

const textOf = (ascii: string): string => JSON.parse(`"${ascii}"`) as string;

/**
 * The batch as one text: first the documents to drop, then at most one change of each field. In one statement a row cannot be changed
 * twice, and what came before a drop of the same document is gone with it.
 * @throws StoreError `invalid` for a sum beyond all numbers
 */
export function packChanges(changes: readonly StoreChange[]): string {
  const dropped = new Set<string>();
  const documents = new Map<string, StoredDocument>();
  for (const change of changes) {
    if (change.kind === 'drop') dropped.add(change.doc);
    applyChange(documents, change);
  }
  const packed: PackedChange[] = [...dropped].map((doc) => ['d', doc]);
  for (const { doc, registers, maxima, sums } of documents.values()) {
    for (const [field, { version, tie, value }] of Object.entries(registers))
      packed.push(['r', doc, asciiText(field), String(version), tie, asciiJson(value)]);
    for (const [field, value] of Object.entries(maxima)) packed.push(['m', doc, asciiText(field), String(value)]);
    for (const [field, value] of Object.entries(sums)) {
      if (!Number.isFinite(value))
        throw new StoreError('invalid', `The sum ${JSON.stringify(field)} of ${doc} is too great.`);
      packed.push(['s', doc, asciiText(field), String(value)]);
    }
  }
  return JSON.stringify(packed);
}

/** The changes that `packChanges` packed; undefined for any other text. */
export const unpackChanges = (packed: string): StoreChange[] | undefined => unpack(packed, textOf);

/** A row as `LOAD` answers it; `seq` is the number of the last batch that is in it. */
export type FieldRow = [
  seq: string | null,
  doc: string,
  kind: string,
  field: string,
  number: string | null,
  version: string | null,
  tie: string | null,
  value: string | null,
];

/** Adds the field of a row to its document, which is made if need be. What makes no sense is left out. */
export function readRow(documents: Map<string, StoredDocument>, row: FieldRow): void {
  const [, doc, kind, ascii, number, version, tie, json] = row;
  let document = documents.get(doc);
  if (!document) documents.set(doc, (document = emptyDocument(doc)));
  const field = parseJson(`"${ascii}"`);
  if (typeof field !== 'string') return;
  if (kind === 'r') {
    const value = json === null ? undefined : (parseJson(json) as Json | undefined);
    if (value !== undefined && version !== null && tie !== null)
      document.registers[field] = { version: Number(version), tie, value };
    return;
  }
  const read = number === null ? NaN : Number(number);
  if (Number.isFinite(read)) (kind === 'm' ? document.maxima : document.sums)[field] = read;
}
