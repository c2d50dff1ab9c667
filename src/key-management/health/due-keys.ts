import { SOON_MS } from '../pool/state/transition';
import { isRemoved, isCoolingDown } from '../pool/key/key-state';
import type { KeyRecord } from '../pool/key/key-record';

/** When the key is to be probed next (`isDeep`: by a whole generation, where that tells more), milliseconds since the epoch; Infinity for never. A key proven by traffic needs no probe. */
export function nextProbeAt(record: KeyRecord, intervalMs: number, isDeep = false): number {
  const { state } = record;
  if (!record.enabled || record.probing || record.deleted) return Infinity;
  if (state.status === 'unchecked') return record.addedAt;
  if (isRemoved(state)) return state.recheckAt;
  if (state.status === 'healthy' && state.unproven) return record.lastCheckedAt + SOON_MS;
  const provenAt = Math.max(record.lastCheckedAt, record.lastSuccessAt);
  const due = provenAt + intervalMs;
  // A light probe of a cooling-down key would tell nothing new, nor a deep one of a rate limit.
  const tellsNothingNew = isCoolingDown(state) && !(isDeep && state.status === 'cooling_down');
  return tellsNothingNew ? Math.max(due, state.until) : due;
}
