import type { KnownDocument } from './document-owner';
import type { StoredDocument } from '../port/key-store';
import { replaces } from '../port/merge';
import type { IdempotentChange } from './outbox';
import type { RegisterVersions } from './register-versions';

/** What the stored document lacks of the known one: a store may have lost its data, or an earlier state may have come back. */
export function missingChanges(
  { doc, registers, maxima }: KnownDocument,
  stored: StoredDocument | undefined,
  versions: RegisterVersions,
): IdempotentChange[] {
  const changes: IdempotentChange[] = [];
  for (const [field, value] of Object.entries(registers)) {
    const version = versions.get(doc, field);
    if (!version) continue;
    const register = { version: version.version, tie: version.tie, value };
    if (replaces(register, stored?.registers[field])) changes.push({ kind: 'set', doc, field, register });
  }
  for (const [field, value] of Object.entries(maxima)) {
    if (value > (stored?.maxima[field] ?? 0)) changes.push({ kind: 'max', doc, field, value });
  }
  return changes;
}

/** The parts of counts that the stored document lacks. */
export function missingParts(
  doc: string,
  parts: Iterable<[name: string, value: number]>,
  stored: StoredDocument | undefined,
  sums: Readonly<Record<string, number>>,
): IdempotentChange[] {
  const changes: IdempotentChange[] = [];
  for (const [field, value] of parts) {
    const held = Math.max(stored?.maxima[field] ?? 0, field.startsWith('+~') ? (sums[field.slice(2)] ?? 0) : 0);
    if (value > held) changes.push({ kind: 'max', doc, field, value });
  }
  return changes;
}
