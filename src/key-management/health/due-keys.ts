import { SOON_MS } from '../pool/durations';
import { isRemoved, isResting } from '../pool/key-state';
import type { KeyRecord } from '../pool/key-record';

/** When the key is to be probed next, milliseconds since the epoch; Infinity for never. A key proven by traffic needs no probe. */
export function nextProbeAt(record: KeyRecord, intervalMs: number): number {
  const { state } = record;
  if (!record.enabled || record.probing) return Infinity;
  if (state.status === 'unchecked') return record.addedAt;
  if (isRemoved(state)) return state.recheckAt;
  if (state.status === 'healthy' && state.unproven) return record.lastCheckedAt + SOON_MS;
  const provenAt = Math.max(record.lastCheckedAt, record.lastSuccessAt);
  const due = provenAt + intervalMs;
  // A light probe of a resting key would tell nothing new.
  return isResting(state) ? Math.max(due, state.until) : due;
}

export function* dueKeys(records: Iterable<KeyRecord>, intervalMs: number, now: number): Iterable<KeyRecord> {
  for (const record of records) if (nextProbeAt(record, intervalMs) <= now) yield record;
}
