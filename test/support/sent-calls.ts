import type { HeaderPace } from '../../src/key-management/pool/limits/header-pace';
import type { SentCall } from '../../src/key-management/pool/limits/sent-call';

/** A call under a rate limit of which nothing is known but when it was sent. @param at Milliseconds since the epoch. */
export const sentCall = (at: number, more: Partial<SentCall> = {}): SentCall => ({
  at,
  key: undefined,
  tokens: undefined,
  pace: undefined,
  isAnswered: false,
  isCounted: false,
  isOpen: false,
  asked: -1,
  calls: 1,
  requestsSoFar: 0,
  tokensSoFar: 0,
  ...more,
});

/** So many calls are sent of which nothing is known but what calls take lately. */
export function send(pace: HeaderPace, count: number, at: number): void {
  for (let call = 0; call < count; call += 1) pace.started(sentCall(at), at);
}
