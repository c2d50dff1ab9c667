import { followAbort, unfollowAbort, type AbortFollower } from '../common/abort-followers';
import { isObject, read } from '../classification/evidence/safe-read';
import type { CallBounds } from './attempt-context';
import type { TimeLimit, TimeLimits } from './waiting/time-limits';

/** Keeps an abort alive as long as the stream that runs on it. */
const ABORTS = new WeakMap<object, AbortController>();
const COLLECTED = new FinalizationRegistry<StreamTie>((tie) => {
  tie.cancelResponseBody();
});

/**
 * Passes the caller's abort and the call's time limit on to a stream that the caller's function returned. Nobody tells when such a stream
 * has ended, so it is held weakly: when it is collected, the tie goes too.
 */
class StreamTie implements AbortFollower {
  readonly #aborting: WeakRef<AbortController>;
  #limit: TimeLimit | undefined;

  constructor(
    aborting: AbortController,
    private readonly bounds: CallBounds,
  ) {
    this.#aborting = new WeakRef(aborting);
  }

  begin(limits: TimeLimits): void {
    const { signal, callEndsAt } = this.bounds;
    if (signal) followAbort(signal, this);
    if (callEndsAt === Infinity) return;
    this.#limit = limits.at(callEndsAt, () => {
      this.aborted(new DOMException('The time limit of the call has passed.', 'TimeoutError'));
    });
  }

  aborted(reason: unknown): void {
    this.cancelResponseBody();
    this.#aborting.deref()?.abort(reason);
  }

  cancelResponseBody(): void {
    this.#limit?.cancel();
    if (this.bounds.signal) unfollowAbort(this.bounds.signal, this);
  }
}

/** @param value What the caller's function returned; nothing happens where it holds no stream. */
export function tieToStream(value: unknown, aborting: AbortController, bounds: CallBounds, limits: TimeLimits): void {
  const stream = isObject(value) ? streamIn(value) : undefined;
  if (!stream) return;
  const { signal, callEndsAt } = bounds;
  const tie = new StreamTie(aborting, { signal, callEndsAt });
  ABORTS.set(stream, aborting);
  COLLECTED.register(stream, tie);
  tie.begin(limits);
}

/** Where SDKs put the stream in what they return. */
const PLACES = ['body', 'data', 'stream', 'response'];

/** What lives as long as the stream is read. */
function streamIn(value: object): object | undefined {
  // A refusal: nobody reads on.
  if (read(value, 'ok') === false) return undefined;
  if (isStream(value)) return value;
  for (const place of PLACES) {
    const inner = read(value, place);
    if (isObject(inner) && isStream(inner)) return inner;
  }
  return undefined;
}

/** Anything that can be read piece by piece; of the Vercel AI SDK's answers only the name is looked at, since to read it begins it. */
function isStream(value: object): boolean {
  try {
    return Symbol.asyncIterator in value || value instanceof ReadableStream || 'textStream' in value;
  } catch {
    return false;
  }
}
