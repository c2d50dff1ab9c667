import { createHash, createHmac } from 'node:crypto';
import { snakeCased } from '../common/snake-case';
import { isRemoval } from '../events/on-key-event';
import type { HeardKeyEvent, KeyEvent } from '../pool/key-events';

/** An event that is told again within this time is not sent again. Milliseconds. */
export const REPEAT_MS = 10 * 60_000;

/** What of an event differs from one instance to the next, or from one time to the next, though the event is the same. */
const PASSING: ReadonlySet<string> = new Set([
  ...['at', 'by', 'from', 'outcome', 'reason', 'since', 'until', 'maskedKey', 'state', 'status'],
  ...['left', 'spent', 'runsOutAt', 'usableKeys'],
]);

/** What makes an event the same as another: its type and what it is about. Holds no key. */
export const identityOf = (event: KeyEvent): string =>
  JSON.stringify(
    Object.entries(event)
      .filter(([name, value]) => value !== undefined && !PASSING.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/**
 * Of the events of one group only the latest holds: a provider that fails, recovers and fails again is told of three times, however soon, and one that is
 * only said to fail again is not.
 */
export function groupOf(event: KeyEvent, identity: string): string {
  if (event.type === 'provider_failing' || event.type === 'provider_recovered') return `provider ${event.provider}`;
  return event.type === 'status_changed' ? `key ${event.provider} ${event.keyId}` : identity;
}

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, length);

/** The name of the lock that the instance takes which sends the event. */
export const lockOf = (identity: string): string => `webhook-${digest(identity, 24)}`;

/**
 * The id of a message: all instances of an app give the same event the same one, so that a receiver can leave out what two of them sent.
 * @param app Names the app: what its instances have in common, and no other app.
 */
export const messageId = (app: string, identity: string, at: number): string =>
  `msg_${digest(`${app}\n${identity}\n${Math.floor(at / REPEAT_MS)}`, 27)}`;

/** The name that an event is sent under: that of a removal where it was asked for. */
export const nameIn = (event: KeyEvent, wanted: readonly HeardKeyEvent[]): HeardKeyEvent =>
  isRemoval(event) && wanted.includes('key_removed') ? 'key_removed' : event.type;

/** The JSON body: type, time, and what the event says, in snake_case. No event carries a key. */
export function bodyOf(event: KeyEvent, name: HeardKeyEvent): string {
  const { type: _, at, ...said } = event;
  return JSON.stringify({ type: name, timestamp: at.toISOString(), data: snakeCased(said) });
}

/** The headers of Standard Webhooks: id, time in seconds, and the signature of both with the body. */
export function signedHeaders(id: string, body: string, key: Buffer, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
