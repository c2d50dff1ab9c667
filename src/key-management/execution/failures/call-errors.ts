import {
  AttemptsExhaustedError,
  CallRejectedError,
  CancelledError,
  DeadlineExceededError,
  type AttemptReport,
  type KeyManagementError,
} from '../../errors';
import type { KeyPool } from '../../pool/key-pool';
import type { CallTarget } from '../attempt-context';
import { noHealthyKeys, type WhyNoKey } from './no-healthy-keys';

export type WhyEnded = 'rejected' | 'exhausted' | 'cancelled' | 'closed' | 'deadline' | WhyNoKey;

/** A call as it stands when it gives up. */
export interface FailedCall {
  readonly pool: KeyPool;
  readonly target: CallTarget;
  /** Milliseconds. */
  readonly timeoutMs: number | undefined;
  readonly attempts: readonly AttemptReport[];
  /** What the last attempt ended with. */
  readonly cause: unknown;
  readonly retryAfterMs: number | undefined;
  /** Calls that wait for a key of the provider. */
  readonly waiting: number;
  readonly now: number;
}

/** The error that a call ends with. */
export function callError(why: WhyEnded, call: FailedCall): KeyManagementError {
  const { pool, attempts, retryAfterMs, cause } = call;
  const { provider } = pool;
  const details = { provider, attempts, retryAfterMs, cause };
  const tries = `${attempts.length} attempt${attempts.length === 1 ? '' : 's'}`;
  const what = lastOf(attempts);
  switch (why) {
    case 'cancelled':
      return new CancelledError(`The ${provider} call was cancelled after ${tries}.`, details);
    case 'closed':
      return new CancelledError(`The ${provider} call was ended after ${tries}: the app shuts down.`, details);
    case 'deadline': {
      const wait = retryAfterMs === undefined ? 'ran out of time' : `has no time for a wait of ${retryAfterMs} ms`;
      const last = what && `; the last ended with ${what}`;
      return new DeadlineExceededError(
        `The ${provider} call ${wait} (timeoutMs ${call.timeoutMs}) after ${tries}${last}.`,
        details,
      );
    }
    case 'rejected':
      return new CallRejectedError(`The ${provider} call was rejected: ${what}. Another key would not help.`, details);
    case 'exhausted':
      return new AttemptsExhaustedError(
        `The ${provider} call failed after ${tries}; the last ended with ${what}.`,
        details,
      );
    case 'no_keys':
    case 'queue_full':
    case 'queue_slow':
      return noHealthyKeys(why, call, details);
  }
}

function lastOf(attempts: readonly AttemptReport[]): string {
  const last = attempts.at(-1);
  return last ? `${last.outcome}${last.reason ? ` (${last.reason})` : ''}` : '';
}
