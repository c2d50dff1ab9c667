import type { AttemptContext } from './call-context';
import type { ExecuteOptions, ManagedCall } from './execution.types';
import type { TimeLimits } from './time-limits';

/** How the caller's function ended where it did not give an answer. */
export type AttemptEnd =
  /** A fetch `Response` that is none. */
  | { readonly kind: 'value'; readonly value: Response }
  | { readonly kind: 'thrown'; readonly error: unknown }
  /** A time limit of ours passed: of the attempt, or of the whole call. */
  | { readonly kind: 'timed_out'; readonly limit: 'attempt' | 'call' }
  | { readonly kind: 'cancelled' };

/** What an attempt is rejected with that did not end within its bounds. Made once, and never seen by a caller. */
class OutOfBounds extends Error {
  constructor(readonly end: AttemptEnd) {
    super();
  }
}

const CANCELLED = new OutOfBounds({ kind: 'cancelled' });
const ATTEMPT_TIMED_OUT = new OutOfBounds({ kind: 'timed_out', limit: 'attempt' });
const CALL_TIMED_OUT = new OutOfBounds({ kind: 'timed_out', limit: 'call' });

/** What the failed attempt was rejected with → how it ended. */
export const endOf = (error: unknown): AttemptEnd =>
  error instanceof OutOfBounds ? error.end : { kind: 'thrown', error };

export const isBounded = ({ signal, timeoutMs, attemptTimeoutMs }: ExecuteOptions): boolean =>
  timeoutMs !== undefined || signal !== undefined || attemptTimeoutMs !== undefined;

/**
 * Runs the caller's function until it ends, the caller aborts, or a time limit passes: then it is told by its signal and left behind.
 * @param callEndsAt Milliseconds since the epoch.
 */
export function runBounded<T>(
  call: ManagedCall<T>,
  context: AttemptContext,
  { signal, attemptTimeoutMs = Infinity }: ExecuteOptions,
  callEndsAt: number,
  limits: TimeLimits,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { startedAt } = context.lease;
    const attemptEndsAt = startedAt + attemptTimeoutMs;
    const cancel = (): void => {
      limit?.cancel();
      context.abort(signal?.reason ?? new DOMException('The call was cancelled.', 'AbortError'));
      reject(CANCELLED);
    };
    const timedOut = (): void => {
      signal?.removeEventListener('abort', cancel);
      context.abort(new DOMException('The time limit has passed.', 'TimeoutError'));
      reject(attemptEndsAt < callEndsAt ? ATTEMPT_TIMED_OUT : CALL_TIMED_OUT);
    };
    const endsAt = Math.min(attemptEndsAt, callEndsAt);
    const limit = endsAt === Infinity ? undefined : limits.at(endsAt, timedOut, startedAt);
    signal?.addEventListener('abort', cancel, { once: true });
    const ended = (): void => {
      limit?.cancel();
      signal?.removeEventListener('abort', cancel);
    };
    try {
      // Not awaited: this function costs every call with a deadline.
      Promise.resolve(call(context)).then(
        (value) => {
          ended();
          resolve(value);
        },
        (error: unknown) => {
          ended();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's function throws what it likes
          reject(error);
        },
      );
    } catch (error) {
      // A function that throws before its first await fails like one that throws after.
      ended();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as above
      reject(error);
    }
  });
}
