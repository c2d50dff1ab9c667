import type { LogEntry } from '../../events/event-log';
import { eventView } from '../key-views';

/** Milliseconds after which a browser that lost the connection comes back. */
const RETRY_MS = 2_000;

export const GREETING = `retry: ${RETRY_MS}\n\n`;

/** Ids hold for the life of this instance: after a restart, or on another instance, a reader begins anew. */
const sseId = (id: number, log: string): string => `${id}.${log}`;

/** One entry of the log, as `GET /admin/events` shows it. */
export function entryText(entry: LogEntry, log: string): string {
  const event = 'event' in entry ? 'key' : 'action';
  return message(event, eventView(entry), sseId(entry.id, log));
}

/** Entries were missed: load `GET /admin/events`, and go on from here. */
export const resetText = (lastId: number, log: string): string =>
  message('reset', { last_id: lastId }, sseId(lastId, log));

/** Without an id, so that a reader's last one stays. */
export const heartbeatText = (at: number): string => message('heartbeat', { at: new Date(at).toISOString() });

const message = (event: string, data: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * After which entry a reader goes on: the newest where it names none, undefined where what it names is none of this log's any more.
 * A bare number is taken for one of this log's.
 */
export function resumeAfter(
  lastEventId: string | undefined,
  log: { readonly id: string; readonly firstId: number; readonly lastId: number },
): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return log.lastId;
  const [, number, name = log.id] = /^(\d{1,15})(?:\.([\w-]{1,64}))?$/.exec(lastEventId) ?? [];
  const id = Number(number);
  return name === log.id && id >= log.firstId - 1 && id <= log.lastId ? id : undefined;
}
