import type { ExpectedTokens } from './expected-tokens';

/** What counts a call against what headers state. */
interface CallBook {
  used(call: SentCall, tokens: ExpectedTokens, now: number): void;
  /** True if nothing here knows of the call any more. */
  ended(call: SentCall, wasBooked: boolean, now: number): boolean;
}

/** One call under a rate limit, as the limiter books it from its sending to its end. */
export interface SentCall {
  /** Milliseconds since the epoch. */
  at: number;
  /** The key that it was sent with. */
  key: object | undefined;
  /** What it is expected to take, or turned out to have taken; undefined while nobody said. */
  tokens: ExpectedTokens | undefined;
  /** Where it is counted against what headers state; undefined where it is counted nowhere, or no more. */
  pace: CallBook | undefined;
  /** Its own answer has come. */
  isAnswered: boolean;
  /** An answer has counted it: what is left is without it. */
  isCounted: boolean;
  /** It has output to write that is reserved. */
  isOpen: boolean;
  /** The number of the row where what it asked for is remembered; −1 where it is not. */
  asked: number;
  /** The number of calls that it stands for. */
  calls: number;
  /** What all calls of the limiter had taken when this one was sent, itself included. */
  requestsSoFar: number;
  tokensSoFar: number;
}

export const newSentCall = (): SentCall => ({
  at: 0,
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
});

/** A booking that nobody knows any more, for another call. */
export function cleared(call: SentCall): SentCall {
  call.isAnswered = call.isCounted = false;
  call.asked = -1;
  return call;
}
