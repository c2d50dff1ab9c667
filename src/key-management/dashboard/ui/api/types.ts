/** The documents of the API, as far as the page reads them. Times are ISO 8601, rates per cent, durations seconds. */
export type KeyStatus =
  'unchecked' | 'healthy' | 'rate_limited' | 'resting' | 'invalid_key' | 'quota_exceeded' | 'disabled';

export type Role = 'admin' | 'viewer';

export interface Session {
  role: Role;
  providers: string[];
}

export interface KeyEntry {
  id: string;
  provider: string;
  masked_key: string;
  label: string | null;
  status: KeyStatus;
  enabled: boolean;
  reason: string | null;
  rests_until: string | null;
  rests: { model?: string; endpoint?: string; until: string; outcome?: string }[];
  recheck_at: string | null;
  success_rate: number;
  success_count: number;
  error_count: number;
  response_time: number | null;
  in_flight: number;
  last_used_at: string | null;
  last_checked_at: string | null;
  persistence?: string;
}

export interface KeyPage {
  keys: KeyEntry[];
  total_keys: number;
  next_cursor: string | null;
}

export interface KeyVerdict {
  masked_key: string;
  verdict: 'added' | 'present' | 'refused';
  status: KeyStatus | null;
  outcome: string;
  reason: string | null;
}

export interface AddedKeys {
  keys: KeyVerdict[];
  notice: string | null;
}

export interface CheckedKey {
  outcome: string;
  reason: string | null;
  key: KeyEntry;
}

export interface HealthCheckReport {
  checked_keys: number;
  healthy_keys: number;
  removed_keys: number;
  duration: number;
}

export interface Configuration {
  max_retries: number;
  health_check_interval_minutes: number;
}

export interface TimelineEntry {
  at: string;
  requests: number;
  failures: number;
  rate_limited: number;
  keys_removed: number;
  average_response_time: number | null;
}

export interface ProviderSummary {
  total_keys: number;
  success_rate: number;
  average_response_time: number | null;
  response_time_p50: number | null;
  response_time_p95: number | null;
  requests: number;
  failures: number;
  retries: number;
  keys_removed: number;
}

export interface ProviderFigures {
  summary: ProviderSummary;
  timeline: TimelineEntry[];
}

/** `minute`: the last 3 hours; `hour`: the last 30 days. */
export type Resolution = 'minute' | 'hour';

export interface Figures {
  at: string;
  system_info: Configuration & { store: string };
  global_stats: { total_requests: number; total_failures: number; keys_removed: number };
  providers: Record<string, ProviderFigures>;
}

export interface LogEvent {
  id: number;
  at: string;
  type: string;
  provider?: string;
  key_id?: string;
  masked_key?: string;
  by?: string;
  status?: KeyStatus;
  from?: KeyStatus;
  to?: KeyStatus;
  outcome?: string;
  reason?: string;
  until?: string;
  model?: string;
  endpoint?: string;
  fields?: string[];
  action?: string;
  role?: Role;
  address?: string;
  actor?: { role?: Role; address?: string };
  result?: string;
  http_status?: number;
}

export interface EventPage {
  events: LogEvent[];
  next_cursor: string | null;
}
