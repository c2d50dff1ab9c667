import type { AttemptContext } from './call-context';
import type { ManagedCall } from './execution.types';
import type { TimeLimits } from './time-limits';

/** How the caller's function ended. */
export type AttemptEnd<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'thrown'; readonly error: unknown }
  /** A time limit of ours passed: of the attempt, or of the whole call. */
  | { readonly kind: 'timed_out'; readonly limit: 'attempt' | 'call' }
  | { readonly kind: 'cancelled' };

/** What bounds one attempt. Times are milliseconds since the epoch. */
export interface AttemptBounds {
  readonly attemptEndsAt: number;
  readonly callEndsAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Runs the caller's function within its bounds. Never rejects; a call that overruns is told by its signal and left behind. */
export function runBounded<T>(
  call: ManagedCall<T>,
  context: AttemptContext,
  { attemptEndsAt, callEndsAt, signal }: AttemptBounds,
  limits: TimeLimits,
): Promise<AttemptEnd<T>> {
  return new Promise((resolve) => {
    const end = (result: AttemptEnd<T>): void => {
      limit?.cancel();
      signal?.removeEventListener('abort', cancel);
      resolve(result);
    };
    const cancel = (): void => {
      context.abort(signal?.reason ?? new DOMException('The call was cancelled.', 'AbortError'));
      end({ kind: 'cancelled' });
    };
    const endsAt = Math.min(attemptEndsAt, callEndsAt);
    const limit =
      endsAt === Infinity
        ? undefined
        : limits.at(
            endsAt,
            () => {
              context.abort(new DOMException('The time limit has passed.', 'TimeoutError'));
              end({ kind: 'timed_out', limit: attemptEndsAt < callEndsAt ? 'attempt' : 'call' });
            },
            context.lease.startedAt,
          );
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      // Not awaited: this function costs every call with a deadline.
      Promise.resolve(call(context)).then(
        (value) => {
          end({ kind: 'value', value });
        },
        (error: unknown) => {
          end({ kind: 'thrown', error });
        },
      );
    } catch (error) {
      // A function that throws before its first await fails like one that throws after.
      end({ kind: 'thrown', error });
    }
  });
}
