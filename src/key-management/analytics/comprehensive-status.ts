import type { ProviderHealth } from '../health/provider-health.service';
import type { KeySnapshot } from '../pool/key/key-snapshot';
import { isRemovedStatus, type KeyStatus } from '../pool/key/key-state';
import type { KeyStatusEntry, ProviderStateFields, ProviderStatus } from './documents';

const iso = (date: Date | undefined): string | null => date?.toISOString() ?? null;

/** Seconds with milliseconds. */
export const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms) / 1_000);

export const keyStatusEntry = (key: KeySnapshot): KeyStatusEntry => ({
  id: key.id,
  masked_key: key.maskedKey,
  status: key.status,
  success_rate: key.successRate,
  response_time: seconds(key.responseTimeMs),
  error_count: key.errorCount,
  success_count: key.successCount,
  in_flight: key.inFlight,
  reason: key.reason ?? null,
  cooldown_until: iso(key.cooldownUntil),
  recheck_at: iso(key.recheckAt),
  last_used_at: iso(key.lastUsedAt),
  last_checked_at: iso(key.lastCheckedAt),
});

export const stateFields = ({ state, reason, since, until }: ProviderHealth): ProviderStateFields => ({
  state,
  state_reason: reason,
  state_since: new Date(since).toISOString(),
  state_until: until === undefined ? null : new Date(until).toISOString(),
});

/** All of a provider's status but the keys themselves. */
export type ProviderHead = Omit<ProviderStatus, 'keys'>;

export function providerHead(statuses: Iterable<KeyStatus>, health: ProviderHealth): ProviderHead {
  const breakdown: Partial<Record<KeyStatus, number>> = {};
  let [total, removed] = [0, 0];
  for (const status of statuses) {
    breakdown[status] = (breakdown[status] ?? 0) + 1;
    total += 1;
    if (isRemovedStatus(status)) removed += 1;
  }
  return {
    ...stateFields(health),
    total_keys: total,
    healthy_keys: breakdown.healthy ?? 0,
    removed_keys: removed,
    status_breakdown: breakdown,
  };
}
