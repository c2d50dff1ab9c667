import type { HeaderPace } from '../../src/key-management/pool/limits/header-pace';
import { newSentCall, type SentCall } from '../../src/key-management/pool/limits/sent-call';

/** A call under a rate limit of which nothing is known but when it was sent. @param at Milliseconds since the epoch. */
export const sentCall = (at: number, more: Partial<SentCall> = {}): SentCall =>
  Object.assign(newSentCall(), { at, ...more });

/** So many calls are sent of which nothing is known but what calls take lately. */
export function send(pace: HeaderPace, count: number, at: number): void {
  for (let call = 0; call < count; call += 1) pace.started(sentCall(at), at);
}
