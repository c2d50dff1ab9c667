/** What an abort of a signal is reported to. */
export interface AbortFollower {
  aborted(reason: unknown): void;
}

/**
 * The one listener that this package has on a signal, however many calls follow it: a signal that lives as long as the app gathers neither
 * listeners nor warnings of too many.
 */
class SignalListener {
  readonly followers = new Set<AbortFollower>();

  constructor(private readonly signal: AbortSignal) {}

  handleEvent(): void {
    const reason = reasonOf(this.signal);
    for (const follower of this.followers) {
      this.followers.delete(follower);
      follower.aborted(reason);
    }
    LISTENERS.delete(this.signal);
  }
}

const LISTENERS = new WeakMap<AbortSignal, SignalListener>();

/** Reports the signal's abort to the follower, at once if the signal has aborted already. Without a signal nothing happens. */
export function followAbort(signal: AbortSignal | undefined, follower: AbortFollower): void {
  if (!signal) return;
  if (signal.aborted) {
    follower.aborted(reasonOf(signal));
    return;
  }
  let listener = LISTENERS.get(signal);
  if (!listener) {
    listener = new SignalListener(signal);
    LISTENERS.set(signal, listener);
    signal.addEventListener('abort', listener, { once: true });
  }
  listener.followers.add(follower);
}

/** Ends what {@link followAbort} began. The last follower to leave takes the listener off the signal. */
export function unfollowAbort(signal: AbortSignal | undefined, follower: AbortFollower): void {
  const listener = signal && LISTENERS.get(signal);
  if (!listener?.followers.delete(follower) || listener.followers.size > 0 || signal!.aborted) return;
  LISTENERS.delete(signal!);
  signal!.removeEventListener('abort', listener);
}

/** The reason of an aborted signal. Signals of other libraries may give none. */
function reasonOf(signal: AbortSignal): unknown {
  return (signal.reason as unknown) ?? new DOMException('The call was cancelled.', 'AbortError');
}

/** One signal for several. */
export interface MergedAbortSignal {
  readonly signal: AbortSignal;
  /** Takes the merged signal off those that it follows. */
  release(): void;
}

/**
 * Gives a signal that aborts with the first of these. In contrast to `AbortSignal.any`, it leaves nothing behind on them once it is released
 * or has aborted.
 */
export function mergeAbortSignals(signals: readonly AbortSignal[]): MergedAbortSignal {
  const controller = new AbortController();
  const release = (): void => {
    for (const signal of signals) unfollowAbort(signal, follower);
  };
  const follower: AbortFollower = {
    aborted(reason) {
      release();
      controller.abort(reason);
    },
  };
  for (const signal of signals) followAbort(signal, follower);
  return { signal: controller.signal, release };
}
