import { isObject, read } from '../classification/evidence/safe-read';
import type { VendorError } from '../classification/evidence/vendor-error';
import { followAbort, unfollowAbort, type AbortFollower } from '../common/abort-followers';
import type { AttemptContext, CallBounds } from './attempt-context';
import type { BodySettings } from './answers/answer-body';
import type { ExecuteOptions, ManagedCall } from './execution.types';
import { PlacedLimit, type TimeLimits } from './waiting/time-limits';

/** How an attempt ended that gave no good answer. */
export type AttemptEnd =
  /**
   * The caller's function returned a failed fetch `Response`, a body that reports a failure, or whatever it made of an answer that failed; in
   * the last case with the evidence of that answer.
   */
  | { readonly kind: 'value'; readonly value: unknown; readonly evidence?: VendorError }
  | { readonly kind: 'thrown'; readonly error: unknown }
  /** A time limit passed: of the attempt, or of the whole call. */
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

/** How the attempt ended that was rejected with this error. */
export const endOf = (error: unknown): AttemptEnd =>
  error instanceof OutOfBounds ? error.end : { kind: 'thrown', error };

/** A signal and a time limit, whichever comes first. */
abstract class Bounds extends PlacedLimit implements AbortFollower {
  constructor(readonly signal: AbortSignal | undefined) {
    super();
  }

  abstract aborted(reason: unknown): void;

  /** @param endsAt Milliseconds since the epoch. */
  protected begin(endsAt: number, limits: TimeLimits, now?: number): void {
    followAbort(this.signal, this);
    if (endsAt < Infinity) limits.begin(this, endsAt, now);
  }

  /** What was bounded has ended. */
  lift(): void {
    this.cancel();
    unfollowAbort(this.signal, this);
  }
}

/** What bounds one attempt that is under way, and the stream that its function may return. */
class AttemptBounds extends Bounds implements CallBounds {
  #over = CALL_TIMED_OUT;

  constructor(
    private readonly context: AttemptContext,
    signal: AbortSignal | undefined,
    readonly callEndsAt: number,
    private readonly reject: (reason: OutOfBounds) => void,
  ) {
    super(signal);
  }

  /** @param attemptEndsAt Milliseconds since the epoch. */
  set(attemptEndsAt: number, limits: TimeLimits): void {
    if (attemptEndsAt < this.callEndsAt) this.#over = ATTEMPT_TIMED_OUT;
    this.begin(Math.min(attemptEndsAt, this.callEndsAt), limits, this.context.startedAt);
  }

  /** The function has returned. A stream that runs on the context's signal stays within what bounds the call. */
  returned(value: unknown, limits: TimeLimits): void {
    this.lift();
    const { aborting, answers } = this.context;
    // Answers of the context's own fetch are bounded by themselves.
    if (aborting && !answers) bindStream(value, aborting, this, limits);
  }

  /** The caller aborts. */
  aborted(reason: unknown): void {
    this.lift();
    this.context.abort(reason);
    this.reject(CANCELLED);
  }

  passed(): void {
    this.lift();
    this.context.abort(new DOMException('The time limit has passed.', 'TimeoutError'));
    this.reject(this.#over);
  }
}

/** Calls `then` as `await` does: not a `then` of the promise's own, which may do anything. */
export const awaited = <T, R>(
  promise: Promise<T>,
  fulfilled: (value: T) => R | Promise<R>,
  rejected: (error: unknown) => R | Promise<R>,
): Promise<R> => PROMISE_THEN.call(promise, fulfilled as (value: unknown) => R, rejected) as Promise<R>;

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its promise
const PROMISE_THEN = Promise.prototype.then;

/** What bounds an attempt. */
type Limits = Pick<ExecuteOptions, 'signal' | 'timeoutMs' | 'attemptTimeoutMs'>;

const isBounded = ({ signal, timeoutMs, attemptTimeoutMs }: Limits): boolean =>
  timeoutMs !== undefined || signal !== undefined || attemptTimeoutMs !== undefined;

/**
 * Runs the caller's function until it ends, the caller aborts, or a time limit passes. In the last two cases its signal aborts, and what it
 * still does is not awaited.
 * @param callEndsAt Milliseconds since the epoch.
 */
export function runAttempt<T>(
  call: ManagedCall<T>,
  context: AttemptContext,
  options: Limits,
  callEndsAt: number,
  settings: BodySettings,
): Promise<T> {
  context.settings = settings;
  return isBounded(options) ? runBounded(call, context, options, callEndsAt, settings.limits) : begin(call, context);
}

/** A function that throws before its first await fails like one that throws after. */
function begin<T>(call: ManagedCall<T>, context: AttemptContext): Promise<T> {
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
  { signal, attemptTimeoutMs = Infinity }: Limits,
  callEndsAt: number,
  limits: TimeLimits,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const bounds = new AttemptBounds(context, signal, callEndsAt, reject);
    context.bounds = bounds;
    bounds.set(context.startedAt + attemptTimeoutMs, limits);
    // Not `await`: this function costs every call with a deadline.
    void awaited(
      begin(call, context),
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

/** Keeps an abort controller alive as long as the stream that runs on its signal. */
const CONTROLLERS = new WeakMap<object, AbortController>();
const COLLECTED = new FinalizationRegistry<StreamBounds>((bounds) => bounds.lift());

/**
 * Passes the caller's abort and the call's time limit on to a stream that the caller's function returned. Nothing reports the end of such
 * a stream, so it is held weakly: these bounds are lifted when it is garbage-collected.
 */
class StreamBounds extends Bounds {
  readonly #aborting: WeakRef<AbortController>;

  constructor(aborting: AbortController, { signal, callEndsAt }: CallBounds, limits: TimeLimits) {
    super(signal);
    this.#aborting = new WeakRef(aborting);
    this.begin(callEndsAt, limits);
  }

  passed(): void {
    this.aborted(new DOMException('The time limit of the call has passed.', 'TimeoutError'));
  }

  aborted(reason: unknown): void {
    this.lift();
    this.#aborting.deref()?.abort(reason);
  }
}

/** Bounds the stream in what the caller's function returned; nothing happens where there is no stream in it. */
function bindStream(value: unknown, aborting: AbortController, bounds: CallBounds, limits: TimeLimits): void {
  const stream = isObject(value) ? streamIn(value) : undefined;
  if (!stream) return;
  CONTROLLERS.set(stream, aborting);
  COLLECTED.register(stream, new StreamBounds(aborting, bounds, limits));
}

/** Where SDKs put the stream in what they return. */
const STREAM_PROPERTIES = ['body', 'data', 'stream', 'response'];

/** The object that lives as long as the stream is read. */
function streamIn(value: object): object | undefined {
  // A refusal: nobody reads on.
  if (read(value, 'ok') === false) return undefined;
  if (isStream(value)) return value;
  for (const name of STREAM_PROPERTIES) {
    const inner = read(value, name);
    if (isObject(inner) && isStream(inner)) return inner;
  }
  return undefined;
}

/** Anything that can be read piece by piece; of the Vercel AI SDK's answers only the property's name is looked at, since reading it begins the stream. */
function isStream(value: object): boolean {
  try {
    return Symbol.asyncIterator in value || value instanceof ReadableStream || 'textStream' in value;
  } catch {
    return false;
  }
}
