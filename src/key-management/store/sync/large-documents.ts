import type { StoredDocument } from '../port/key-store';
import { isPart } from './sum-ledger';

/** Fields of one part; a document of a key has about five. */
const PART_FIELDS = 50;

/** Documents of many counts in parts, which can be merged one by one; all that is no count comes with the first. */
export function* inParts(documents: Iterable<StoredDocument>): Iterable<StoredDocument> {
  for (const document of documents) {
    const { doc, registers, maxima, sums } = document;
    const counts = Object.entries(maxima).filter(([name]) => isPart(name));
    if (counts.length + Object.keys(sums).length <= PART_FIELDS) {
      yield document;
      continue;
    }
    yield {
      doc,
      registers,
      maxima: Object.fromEntries(Object.entries(maxima).filter(([name]) => !isPart(name))),
      sums,
    };
    for (let at = 0; at < counts.length; at += PART_FIELDS)
      yield { doc, registers: {}, maxima: Object.fromEntries(counts.slice(at, at + PART_FIELDS)), sums: {} };
  }
}
