import type { Json } from '../store/key-store';
import type { AdminActionRecord, LogEntry, UnnumberedEntry } from './event-log';
import { KEY_EVENT_TYPES, type KeyEvent, type KeyEventType } from '../pool/key-events';

/** An entry as the store holds it: JSON, times in milliseconds since the epoch. */
export function recordOf(entry: LogEntry): Json {
  const subject = 'event' in entry ? { event: entry.event } : { action: entry.action };
  const text = JSON.stringify({ id: entry.id, at: entry.at.getTime(), type: entry.type, ...subject });
  return JSON.parse(text) as Json;
}

export interface StoredEntry {
  /** Its number in the log of the instance that wrote it. */
  readonly id: number;
  readonly entry: UnnumberedEntry;
}

const KEY_EVENTS: ReadonlySet<string> = new Set<KeyEventType>(KEY_EVENT_TYPES);

/** Undefined for what cannot be read: another version of the package may have written it. */
export function readRecord(value: Json): StoredEntry | undefined {
  if (!isObject(value) || typeof value.id !== 'number' || typeof value.at !== 'number') return undefined;
  const { id, type, event, action } = value;
  const at = new Date(value.at);
  if (Number.isNaN(at.getTime()) || typeof type !== 'string') return undefined;
  if (type === 'admin_action') {
    if (!isObject(action) || typeof action.action !== 'string') return undefined;
    return { id, entry: { type, at, action: action as unknown as AdminActionRecord } };
  }
  if (!KEY_EVENTS.has(type) || !isObject(event) || typeof event.provider !== 'string') return undefined;
  const until = typeof event.until === 'string' ? { until: new Date(event.until) } : {};
  const since = typeof event.since === 'string' ? { since: new Date(event.since) } : {};
  const read = { ...event, at, ...until, ...since } as unknown as KeyEvent;
  return { id, entry: { type: type as KeyEventType, at, event: read } };
}

const isObject = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
