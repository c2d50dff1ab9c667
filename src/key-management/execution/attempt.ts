import { followAbort, unfollowAbort, type AbortFollower } from '../common/abort-followers';
import type { VendorError } from '../classification/evidence/vendor-error';
import type { AttemptContext, CallBounds } from './attempt-context';
import type { ExecutionSettings } from './execution-settings';
import type { ExecuteOptions, ManagedCall } from './execution.types';
import { tieToStream } from './stream-tie';
import type { TimeLimit, TimeLimits } from './waiting/time-limits';

/** How the caller's function ended where it did not give an answer. */
export type AttemptEnd =
  /** A fetch `Response` that is none, a body that reports a failure, or whatever was made of an answer that failed: then with its evidence. */
  | { readonly kind: 'value'; readonly value: unknown; readonly evidence?: VendorError }
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

/** What bounds one attempt that is under way, and the stream that its function may return. */
class Bounds implements CallBounds, AbortFollower {
  private limit: TimeLimit | undefined = undefined;

  constructor(
    private readonly context: AttemptContext,
    readonly signal: AbortSignal | undefined,
    readonly callEndsAt: number,
    private readonly reject: (reason: OutOfBounds) => void,
  ) {}

  /** @param attemptEndsAt Milliseconds since the epoch. */
  set(attemptEndsAt: number, limits: TimeLimits): void {
    if (this.signal) followAbort(this.signal, this);
    const endsAt = Math.min(attemptEndsAt, this.callEndsAt);
    if (endsAt === Infinity) return;
    const over = attemptEndsAt < this.callEndsAt ? ATTEMPT_TIMED_OUT : CALL_TIMED_OUT;
    this.limit = limits.at(endsAt, () => this.timedOut(over), this.context.startedAt);
  }

  /** The attempt has ended within them. */
  lift(): void {
    this.limit?.cancel();
    if (this.signal) unfollowAbort(this.signal, this);
  }

  /** The function has returned. A stream that runs on the context's signal goes on within what bounds the call. */
  returned(value: unknown, limits: TimeLimits): void {
    this.lift();
    const { aborting, answers } = this.context;
    // Answers of the context's own fetch see to themselves.
    if (aborting && !answers) tieToStream(value, aborting, this, limits);
  }

  /** The caller aborts. */
  aborted(reason: unknown): void {
    this.lift();
    this.context.abort(reason);
    this.reject(CANCELLED);
  }

  private timedOut(over: OutOfBounds): void {
    this.lift();
    this.context.abort(new DOMException('The time limit has passed.', 'TimeoutError'));
    this.reject(over);
  }
}

/** As `await` does it: not by a `then` of the promise's own, which may do anything. */
export const awaited = <T, R>(
  promise: Promise<T>,
  fulfilled: (value: T) => R | Promise<R>,
  rejected: (error: unknown) => R | Promise<R>,
): Promise<R> => PROMISE_THEN.call(promise, fulfilled as (value: unknown) => R, rejected) as Promise<R>;

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its promise
const PROMISE_THEN = Promise.prototype.then;

const isBounded = ({ signal, timeoutMs, attemptTimeoutMs }: ExecuteOptions): boolean =>
  timeoutMs !== undefined || signal !== undefined || attemptTimeoutMs !== undefined;

/**
 * Runs the caller's function until it ends, the caller aborts, or a time limit passes: then it is told by its signal and left behind.
 * @param callEndsAt Milliseconds since the epoch.
 */
export function runAttempt<T>(
  call: ManagedCall<T>,
  context: AttemptContext,
  options: ExecuteOptions,
  callEndsAt: number,
  settings: ExecutionSettings,
): Promise<T> {
  context.settings = settings;
  return isBounded(options) ? runBounded(call, context, options, callEndsAt, settings) : begun(call, context);
}

/** A function that throws before its first await fails like one that throws after. */
function begun<T>(call: ManagedCall<T>, context: AttemptContext): Promise<T> {
  try {
    return Promise.resolve(call(context));
  } catch (error) {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's function throws what it likes
    return Promise.reject(error);
  }
}

function runBounded<T>(
  call: ManagedCall<T>,
  context: AttemptContext,
  { signal, attemptTimeoutMs = Infinity }: ExecuteOptions,
  callEndsAt: number,
  { limits }: ExecutionSettings,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const bounds = new Bounds(context, signal, callEndsAt, reject);
    context.bounds = bounds;
    bounds.set(context.startedAt + attemptTimeoutMs, limits);
    // Not awaited: this function costs every call with a deadline.
    void awaited(
      begun(call, context),
      (value) => {
        bounds.returned(value, limits);
        resolve(value);
      },
      (error) => {
        bounds.lift();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's function throws what it likes
        reject(error);
      },
    );
  });
}
