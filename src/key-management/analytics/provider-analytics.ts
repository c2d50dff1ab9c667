import type { Outcome } from '../vendors/contract/outcome';
import type { ProviderState } from '../pool/key-events';
import { percentage } from '../pool/key/key-snapshot';
import { seconds, type ComprehensiveStatus, type KeyStatusEntry } from './comprehensive-status';
import type { LogEntry } from '../events/event-log';
import type { SeriesEntry } from './series/measures';
import type { SeriesService } from './series/series.service';

/** Analytics of one provider, as `GET /analytics/:provider` answers it. Rates in per cent, times in seconds. */
export interface ProviderAnalytics {
  provider: string;
  summary: {
    total_keys: number;
    healthy_keys: number;
    health_percentage: number;
    /** Per cent of the calls; null before the first. */
    success_rate: number | null;
    /** Of the last 24 hours, as the quantiles; null where no attempt went well in them. */
    average_response_time: number | null;
    response_time_p50: number | null;
    response_time_p95: number | null;
    requests: number;
    failures: number;
    retries: number;
    keys_removed: number;
  };
  outcomes: Partial<Record<Outcome, number>>;
  timeline: TimelineEntry[];
  keys: KeyStatusEntry[];
  recent_events: RecentEvent[];
}

/** One minute or hour of a provider: calls, and the attempts that met a rate limit. Of a key, all figures are of attempts. */
export interface TimelineEntry {
  /** When it begins. */
  at: string;
  requests: number;
  failures: number;
  rate_limited: number;
  keys_removed: number;
  average_response_time: number | null;
}

export const timelineEntry = (entry: SeriesEntry): TimelineEntry => ({
  at: new Date(entry.at).toISOString(),
  requests: entry.requests,
  failures: entry.failures,
  rate_limited: entry.rateLimited,
  keys_removed: entry.keysRemoved,
  average_response_time: entry.responses === 0 ? null : seconds(entry.responseMs / entry.responses),
});

export interface RecentEvent {
  at: string;
  type: string;
  /** Missing where the event is of the provider as a whole. */
  key_id?: string;
  masked_key?: string;
  by: string;
  from?: string;
  to?: string;
  outcome?: Outcome;
  reason?: string;
  state?: ProviderState;
}

/** None for what an administrator asked for: what it changed has entries of its own. */
export function recentEvent(entry: LogEntry): RecentEvent[] {
  if (!('event' in entry)) return [];
  const { event } = entry;
  const { type, keyId: key_id, maskedKey: masked_key, by } = event;
  const change = event.type === 'status_changed' ? { from: event.from, to: event.to } : {};
  const why = 'outcome' in event ? { outcome: event.outcome, reason: event.reason } : {};
  const state = 'state' in event ? { state: event.state, reason: event.reason } : {};
  return [{ at: event.at.toISOString(), type, key_id, masked_key, by, ...change, ...why, ...state }];
}

/** The part of a provider's summary that calls make, whatever keys there are. */
export type CallSummary = Omit<ProviderAnalytics['summary'], 'total_keys' | 'healthy_keys' | 'health_percentage'>;

export function callSummary(series: SeriesService, provider: string): CallSummary {
  const { requests, failures, retries, keysRemoved } = series.totals(provider);
  const times = series.responseTimes(provider);
  return {
    success_rate: requests === 0 ? null : percentage(requests - failures, requests),
    average_response_time: seconds(times?.averageMs),
    response_time_p50: seconds(times?.p50Ms),
    response_time_p95: seconds(times?.p95Ms),
    requests,
    failures,
    retries,
    keys_removed: keysRemoved,
  };
}

/** Of all providers together. */
export function globalStats(series: SeriesService): ComprehensiveStatus['global_stats'] {
  const totals = series.allTotals();
  return {
    total_requests: totals.reduce((sum, { requests }) => sum + requests, 0),
    total_failures: totals.reduce((sum, { failures }) => sum + failures, 0),
    keys_removed: totals.reduce((sum, { keysRemoved }) => sum + keysRemoved, 0),
  };
}
