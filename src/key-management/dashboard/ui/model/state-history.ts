import type { KeyStatus, LogEvent } from '../api/types';

/** One state of a key, from when it began until the next. */
export interface StatePeriod {
  readonly status: KeyStatus;
  /** Milliseconds since the epoch; undefined where it began before what the log still has. */
  readonly from: number | undefined;
  /** Undefined of the present one. */
  readonly to: number | undefined;
  readonly reason: string | undefined;
}

/** The states of a key, newest first, as far as the log goes back. @param events Its events, newest first. */
export function stateHistory(
  events: readonly LogEvent[],
  now: { status: KeyStatus; reason: string | null },
): StatePeriod[] {
  const changes = events.filter(
    ({ type, to }) => (type === 'status_changed' && to !== undefined) || type === 'key_added',
  );
  const periods: StatePeriod[] = [];
  let end: number | undefined;
  for (const change of changes) {
    const status = change.type === 'key_added' ? change.status : change.to;
    const at = Date.parse(change.at);
    if (status !== undefined) periods.push({ status, from: at, to: end, reason: change.reason });
    end = at;
  }
  const first = changes.at(-1);
  if (first?.type === 'status_changed' && first.from !== undefined)
    periods.push({ status: first.from, from: undefined, to: Date.parse(first.at), reason: undefined });
  // A cooldown that ends changes the state without an event.
  const newest = periods[0];
  if (newest?.status !== now.status)
    periods.unshift({ status: now.status, from: undefined, to: undefined, reason: now.reason ?? undefined });
  return periods;
}
