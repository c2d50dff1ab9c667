import { percentage } from '../pool/key/key-snapshot';
import type { LogEntry } from '../events/event-log';
import { seconds, usageEntry } from './comprehensive-status';
import type { CallSummary, ComprehensiveStatus, RecentEvent, TimelineEntry } from './documents';
import type { SeriesEntry } from './series/measures';
import type { SeriesService } from './series/series.service';

export const timelineEntry = (entry: SeriesEntry): TimelineEntry => ({
  at: new Date(entry.at).toISOString(),
  requests: entry.requests,
  failures: entry.failures,
  rate_limited: entry.rateLimited,
  keys_removed: entry.keysRemoved,
  average_response_time: entry.responses === 0 ? null : seconds(entry.responseMs / entry.responses),
  ...(entry.usage && { usage: usageEntry(entry.usage) }),
});

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

export function callSummary(series: SeriesService, provider: string): CallSummary {
  const { requests, failures, retries, keysRemoved, usage } = series.totals(provider);
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
    usage: usageEntry(usage),
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
