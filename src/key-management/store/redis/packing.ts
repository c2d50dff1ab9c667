import { parseJson } from '../../common/text';
import type { Json, Register, StoreChange, StoredDocument } from '../port/key-store';
import { emptyDocument } from '../port/merge';
import type { PackedChange } from '../server/packed-changes';
import { LOAD } from './scripts';

/** Most documents, and most fields, per call of the script: meanwhile the server does nothing else, and neither do we while we read. */
export const PAGE = 500;
export const PAGE_FIELDS = 5_000;

/** All changes as one argument of a script: one command of a thousand changes costs a tenth of a thousand commands. */
export const packChanges = (changes: readonly StoreChange[]): string => JSON.stringify(changes.map(pack));

export function pack(change: StoreChange): PackedChange {
  const { doc } = change;
  switch (change.kind) {
    case 'set': {
      const { version, tie, value } = change.register;
      return ['r', doc, change.field, String(version), tie, JSON.stringify(value)];
    }
    case 'max':
      return ['m', doc, change.field, String(change.value)];
    case 'add':
      return ['s', doc, change.field, String(change.by)];
    case 'drop':
      return ['d', doc];
  }
}

export interface Loaded {
  documents: StoredDocument[];
  /** The number of the last batch that is in each document. */
  seqs: Map<string, number>;
}

/** Name and hash of each document in turn; `false` for the hash of one that was dropped. */
export type Page = [seq: string, last: string, ...namesAndHashes: (string | string[] | false)[]];

type Run = (script: string, args: (string | number)[]) => Promise<unknown>;

/**
 * Loads all documents of a prefix page by page; each page shows one moment.
 * @param noted Only those that were touched since changes are noted by this id.
 * @returns Whether they could be told.
 */
export async function loadPages(
  { prefix, noted = '' }: { prefix: string; noted?: string },
  run: Run,
  take: (page: Page, json: string) => void,
): Promise<boolean> {
  const ask = async (after: string): Promise<string | null> =>
    (await run(LOAD, [prefix, after, PAGE, PAGE_FIELDS, noted])) as string | null;
  for (let next: Promise<string | null> | undefined = ask(''); next;) {
    const json: string | null = await next;
    if (json === null) return false;
    const page = JSON.parse(json) as Page;
    // The server makes the next page while this one is read.
    next = page[1] === '' ? undefined : ask(page[1]);
    take(page, json);
  }
  return true;
}

/** Calls back for each document of a page. */
export function eachDocument([, , ...rest]: Page, take: (doc: string, hash: string[] | false) => void): void {
  for (let i = 0; i + 1 < rest.length; i += 2) take(rest[i] as string, rest[i + 1] as string[] | false);
}

/** Adds the documents of a page to those that are loaded. */
export function takePage({ documents, seqs }: Loaded, page: Page): void {
  eachDocument(page, (doc, hash) => {
    if (hash === false) return;
    documents.push(readDocument(doc, hash));
    seqs.set(doc, Number(page[0]));
  });
}

/** A document from its hash, whose fields and values alternate. What cannot be read is left out. */
export function readDocument(doc: string, hash: readonly string[]): StoredDocument {
  const document = emptyDocument(doc);
  for (let i = 0; i + 1 < hash.length; i += 2) {
    const name = hash[i]!;
    const field = name.slice(1);
    const text = hash[i + 1]!;
    if (name[0] === 'r') {
      const register = readRegister(text);
      if (register) document.registers[field] = register;
    } else {
      const number = Number(text);
      if (Number.isFinite(number)) (name[0] === 'm' ? document.maxima : document.sums)[field] = number;
    }
  }
  return document;
}

function readRegister(text: string): Register | undefined {
  const afterVersion = text.indexOf('|');
  const afterTie = text.indexOf('|', afterVersion + 1);
  const version = Number(text.slice(0, afterVersion));
  if (afterTie < 0 || !Number.isSafeInteger(version)) return undefined;
  const value = parseJson(text.slice(afterTie + 1)) as Json | undefined;
  return value === undefined ? undefined : { version, tie: text.slice(afterVersion + 1, afterTie), value };
}
