import type { StoredDocument } from '../port/key-store';
import { readDocument } from './packing';
import { LOAD } from './scripts';

/** Documents, and fields, of one script call: the server does nothing else meanwhile, nor do we while we read it. */
const PAGE = 500;
const PAGE_FIELDS = 5_000;

export interface Loaded {
  documents: StoredDocument[];
  /** The number of the last batch that is in each. */
  seqs: Map<string, number>;
}

type Page = [seq: string, last: string, ...namesAndHashes: (string | string[])[]];

/** Loads page by page; each page is of one moment. */
export async function loadDocuments(
  prefix: string,
  run: (script: string, args: (string | number)[]) => Promise<unknown>,
): Promise<Loaded> {
  const loaded: Loaded = { documents: [], seqs: new Map() };
  const ask = async (after: string): Promise<Page> =>
    JSON.parse(String(await run(LOAD, [prefix, after, PAGE, PAGE_FIELDS]))) as Page;
  for (let next: Promise<Page> | undefined = ask(''); next;) {
    const [seq, last, ...rest]: Page = await next;
    // The server makes the next page while this one is read.
    next = last === '' ? undefined : ask(last);
    for (let i = 0; i + 1 < rest.length; i += 2) {
      const doc = rest[i] as string;
      loaded.documents.push(readDocument(doc, rest[i + 1] as string[]));
      loaded.seqs.set(doc, Number(seq));
    }
  }
  return loaded;
}
