import type { ExpectedTokens } from './expected-tokens';
import type { HeaderPace } from './header-pace';

/** One call under a rate limit, as the limiter books it from its sending to its end. */
export interface SentCall {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The key that it was sent with. */
  readonly key: object | undefined;
  /** What it is expected to take, or turned out to have taken; undefined while nobody said. */
  tokens: ExpectedTokens | undefined;
  /** Where it is counted against what headers state; undefined where it is counted nowhere, or no more. */
  pace: HeaderPace | undefined;
  /** An answer has counted it: what is left is without it. */
  isCounted: boolean;
  /** It has output to write that is reserved. */
  isOpen: boolean;
  /** What all calls of the limiter had taken when this one was sent, itself included. */
  readonly requestsSoFar: number;
  readonly tokensSoFar: number;
}
