import type { StoredDocument } from '../../src/key-management/store/port/key-store';

/** The counts of a stored document by field, summed over all writers. */
export function countsOf(document: StoredDocument | undefined): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, value] of Object.entries(document?.maxima ?? {})) {
    const [, field] = /^\+[^~]*~(.+)$/s.exec(name) ?? [];
    if (field !== undefined) counts[field] = (counts[field] ?? 0) + value;
  }
  return counts;
}
