import type { StoredDocument } from './key-store';
import { RESTORED } from './missing-changes';

/** Fields of one part; a document of a key has about five. */
const PART = 50;

/** Documents of many sums in parts, which can be merged one by one. What was given back of a sum stays with it. */
export function* inParts(documents: Iterable<StoredDocument>): Iterable<StoredDocument> {
  for (const document of documents) {
    const fields = Object.keys(document.sums);
    if (fields.length <= PART) yield document;
    else yield* partsOf(document, fields);
  }
}

function* partsOf(
  { doc, registers, maxima, sums }: StoredDocument,
  fields: readonly string[],
): Iterable<StoredDocument> {
  yield { doc, registers, maxima, sums: {} };
  let part: Record<string, number> = {};
  let size = 0;
  for (const field of fields) {
    const restored = field + RESTORED;
    // Goes with the one above it.
    if (field.endsWith(RESTORED) && field.slice(0, -RESTORED.length) in sums) continue;
    part[field] = sums[field]!;
    if (restored in sums) part[restored] = sums[restored]!;
    size += 1;
    if (size < PART) continue;
    yield { doc, registers: {}, maxima: {}, sums: part };
    part = {};
    size = 0;
  }
  if (size > 0) yield { doc, registers: {}, maxima: {}, sums: part };
}
