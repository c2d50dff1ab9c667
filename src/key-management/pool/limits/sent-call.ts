import type { ExpectedTokens } from './expected-tokens';

/** What counts a call against what headers state. */
interface CallBook {
  used(call: SentCall, tokens: ExpectedTokens, now: number): void;
  ended(call: SentCall, wasBooked: boolean, now: number): void;
}

/** One call under a rate limit, as the limiter books it from its sending to its end. */
export interface SentCall {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The key that it was sent with. */
  readonly key: object | undefined;
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
  /** What all calls of the limiter had taken when this one was sent, itself included. */
  readonly requestsSoFar: number;
  readonly tokensSoFar: number;
}
