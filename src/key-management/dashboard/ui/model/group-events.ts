import type { LogEvent } from '../api/types';
import { causesOf, describeEvent, type EventText } from './describe-event';
import { wholeNumber } from './format';
import { STATUSES } from './status';
import { sameWords } from './vendor-words';

/** One line of the feed: what happened once, or to many keys in a short time. */
export interface EventGroup extends EventText {
  /** Newest first; never empty. */
  readonly events: readonly LogEvent[];
  /** Different keys that are named. */
  readonly keys: number;
}

/** What happened to keys within this time for the same reason is one line, whatever else happened between. Milliseconds. */
const TOGETHER_MS = 5 * 60_000;

interface OpenGroup {
  readonly name: string;
  readonly events: LogEvent[];
}

/**
 * Events that read the same are one line, where the newest of them stands: a hundred keys that become invalid are no wall.
 * @param knownSince Of what happened before, nothing is among the events; left out: nothing did. What may have begun before says `300+ keys`.
 */
export function groupEvents(events: readonly LogEvent[], knownSince?: string): EventGroup[] {
  const groups: OpenGroup[] = [];
  const open = new Map<string, OpenGroup>();
  for (const event of events) {
    const name = nameOf(event);
    const known = event.key_id === undefined || event.type === 'admin_action' ? lastOf(groups, name) : open.get(name);
    if (known && Date.parse(known.events[0]!.at) - Date.parse(event.at) <= TOGETHER_MS) {
      known.events.push(event);
      continue;
    }
    const group = { name, events: [event] };
    groups.push(group);
    open.set(name, group);
  }
  const wholeFrom = knownSince === undefined ? -Infinity : Date.parse(knownSince) + TOGETHER_MS;
  return groups.map(({ events: each }) => lineOf(each, Date.parse(each[0]!.at) > wholeFrom));
}

function lastOf(groups: readonly OpenGroup[], name: string): OpenGroup | undefined {
  const last = groups.at(-1);
  return last?.name === name ? last : undefined;
}

/**
 * What reads the same has the same name: of changes of state, whatever the key was before, which mask of it the vendor repeats, and whether this
 * instance found out or another; of acts on many keys, however many there were.
 */
function nameOf(event: LogEvent): string {
  const { from: _from, count: _count, counts: _counts, ...rest } = event;
  const same = event.type === 'status_changed' ? { ...withSameWords(rest), from: event.to, by: undefined } : rest;
  const { text, detail, tone } = describeEvent(same);
  return [event.provider, event.type, text, detail, tone].join('\n');
}

function lineOf(events: readonly LogEvent[], isWhole: boolean): EventGroup {
  const keys = new Set(events.flatMap(({ key_id: id }) => id ?? [])).size;
  const newest = events[0]!;
  if (newest.type === 'status_changed' && newest.to && keys > 1) {
    const text = `${wholeNumber(keys)}${isWhole ? '' : '+'} keys → ${STATUSES[newest.to].label.toLowerCase()}`;
    return { ...describeEvent(withSameWords(newest), causesOf(events)), text, events, keys };
  }
  return { ...describeEvent(summed(events)), events, keys };
}

const withSameWords = (event: LogEvent): LogEvent =>
  event.reason === undefined ? event : { ...event, reason: sameWords(event.reason) };

/** Chunks of one act on many keys, as one. */
function summed(events: readonly LogEvent[]): LogEvent {
  const newest = events[0]!;
  if (events.length === 1) return newest;
  const counts: Record<string, number> = {};
  for (const each of events)
    for (const [name, count] of Object.entries(each.counts ?? {})) counts[name] = (counts[name] ?? 0) + count;
  const count = events.reduce((sum, each) => sum + (each.count ?? 0), 0);
  return {
    ...newest,
    ...(newest.count !== undefined && { count }),
    ...(newest.counts !== undefined && { counts }),
  };
}

/** Whether its line sums its events up, so that their number says nothing more. */
export const isSummedUp = ({ events, keys }: EventGroup): boolean => {
  const newest = events[0]!;
  return (newest.type === 'status_changed' && keys > 1) || newest.count !== undefined || newest.counts !== undefined;
};
