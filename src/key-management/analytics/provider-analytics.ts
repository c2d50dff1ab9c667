import type { LogEntry } from '../events/event-log';
import { seconds } from './comprehensive-status';
import type { RecentEvent, TimelineEntry } from './documents';
import type { SeriesEntry } from './series/measures';

export const timelineEntry = (entry: SeriesEntry): TimelineEntry => ({
  at: new Date(entry.at).toISOString(),
  requests: entry.requests,
  failures: entry.failures,
  rate_limited: entry.rateLimited,
  keys_removed: entry.keysRemoved,
  average_response_time: entry.responses === 0 ? null : seconds(entry.responseMs / entry.responses),
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
