import type { ProviderHealth } from '../health/provider-health.service';
import type { ProviderState } from '../pool/key-events';
import type { KeySnapshot } from '../pool/key/key-snapshot';
import type { KeyStatus } from '../pool/key/key-state';
import { removedOf, totalOf, type StatusCounts } from '../pool/key/status-counts';

/** The specification's status document, as `GET /health/keys` answers it: snake_case, times in ISO 8601, seconds and per cent. */
export interface ComprehensiveStatus {
  system_info: SystemInfo;
  key_pools: { providers: Record<string, ProviderStatus> };
  global_stats: { total_requests: number; total_failures: number; keys_removed: number };
}

export interface SystemInfo {
  max_retries: number;
  initialized_providers: string[];
  /** Firebase keeps the state, and can be reached. */
  firebase_available: boolean;
  health_check_interval_minutes: number;
  store: string;
  /** Of the store: apps in one namespace of one store share their pools. */
  namespace: string;
  instance_id: string;
}

/** How a provider stands, as this instance sees it. */
export interface ProviderStateFields {
  state: ProviderState;
  /** One sentence. */
  state_reason: string;
  state_since: string;
  /** When the state may end, where that is known. */
  state_until: string | null;
}

export interface ProviderStatus extends ProviderStateFields {
  total_keys: number;
  healthy_keys: number;
  removed_keys: number;
  status_breakdown: StatusCounts;
  keys: KeyStatusEntry[];
}

export interface KeyStatusEntry {
  id: string;
  masked_key: string;
  status: KeyStatus;
  /** Per cent of the calls that speak of the key; 100 before the first. */
  success_rate: number;
  /** Seconds; null before the first success. */
  response_time: number | null;
  error_count: number;
  success_count: number;
  in_flight: number;
  reason: string | null;
  cooldown_until: string | null;
  recheck_at: string | null;
  last_used_at: string | null;
  last_checked_at: string | null;
}

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

export const providerHead = (counts: StatusCounts, health: ProviderHealth): ProviderHead => ({
  ...stateFields(health),
  total_keys: totalOf(counts),
  healthy_keys: counts.healthy ?? 0,
  removed_keys: removedOf(counts),
  status_breakdown: counts,
});
