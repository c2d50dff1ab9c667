import type { AttemptContext } from './call-context';
import type { ExecuteOptions, ManagedCall } from './execution.types';
import type { TimeLimit, TimeLimits } from './time-limits';

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

/** What bounds one attempt that is under way. */
class Bounds {
  private limit: TimeLimit | undefined = undefined;

  constructor(
    private readonly context: AttemptContext,
    private readonly signal: AbortSignal | undefined,
    private readonly reject: (reason: OutOfBounds) => void,
  ) {}

  /** Times are milliseconds since the epoch. */
  set(attemptEndsAt: number, callEndsAt: number, limits: TimeLimits): void {
    this.signal?.addEventListener('abort', this, { once: true });
    const endsAt = Math.min(attemptEndsAt, callEndsAt);
    if (endsAt === Infinity) return;
    const over = attemptEndsAt < callEndsAt ? ATTEMPT_TIMED_OUT : CALL_TIMED_OUT;
    this.limit = limits.at(endsAt, () => this.timedOut(over), this.context.startedAt);
  }

  /** The attempt has ended within them. */
  lift(): void {
    this.limit?.cancel();
    this.signal?.removeEventListener('abort', this);
  }

  /** The caller aborts. */
  handleEvent(): void {
    this.lift();
    this.context.abort(this.signal?.reason ?? new DOMException('The call was cancelled.', 'AbortError'));
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
  limits: TimeLimits,
): Promise<T> {
  return isBounded(options) ? runBounded(call, context, options, callEndsAt, limits) : begun(call, context);
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
  limits: TimeLimits,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const bounds = new Bounds(context, signal, reject);
    bounds.set(context.startedAt + attemptTimeoutMs, callEndsAt, limits);
    // Not awaited: this function costs every call with a deadline.
    void awaited(
      begun(call, context),
      (value) => {
        bounds.lift();
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
