import type { KnownDocument } from './document-owner';
import type { FieldChange, StoreChange, StoredDocument } from './key-store';
import { replaces } from './merge';
import type { RegisterVersions } from './register-versions';

/** Sums given back to a store that lost them stand apart, so that others do not take them for news. */
export const RESTORED = '~restored';

export const isRestoredSum = (change: StoreChange): boolean => change.kind === 'add' && change.field.endsWith(RESTORED);

/** The sums of a document with what was given back. */
export function totalsOf(sums: Readonly<Record<string, number>>): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const [field, sum] of Object.entries(sums)) {
    const name = field.endsWith(RESTORED) ? field.slice(0, -RESTORED.length) : field;
    totals[name] = (totals[name] ?? 0) + sum;
  }
  return totals;
}

/**
 * What the stored document lacks of the known one: a store may have lost its data, or an earlier state may have come back.
 * @param onTheWay Sums that the store may not have had yet, by document and field.
 */
export function missingChanges(
  known: KnownDocument,
  stored: StoredDocument | undefined,
  versions: RegisterVersions,
  onTheWay: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map(),
): FieldChange[] {
  const { doc } = known;
  const changes: FieldChange[] = [];
  for (const [field, value] of Object.entries(known.registers)) {
    const version = versions.get(doc, field);
    if (!version) continue;
    const register = { ...version, value };
    if (replaces(register, stored?.registers[field])) changes.push({ kind: 'set', doc, field, register });
  }
  for (const [field, value] of Object.entries(known.maxima)) {
    if (value > (stored?.maxima[field] ?? 0)) changes.push({ kind: 'max', doc, field, value });
  }
  const sums = stored?.sums ?? {};
  const notYet = onTheWay.get(doc);
  for (const [field, total] of Object.entries(known.sums)) {
    const by = total - (notYet?.get(field) ?? 0) - (sums[field] ?? 0) - (sums[field + RESTORED] ?? 0);
    if (by > 0) changes.push({ kind: 'add', doc, field: field + RESTORED, by });
  }
  return changes;
}
