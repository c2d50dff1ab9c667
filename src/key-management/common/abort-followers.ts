/** Whoever is told when a signal aborts. */
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

/** Tells the follower when the signal aborts, at once where it has already. */
export function followAbort(signal: AbortSignal, follower: AbortFollower): void {
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

/** Takes it back. The last follower to go takes the listener off the signal. */
export function unfollowAbort(signal: AbortSignal, follower: AbortFollower): void {
  const listener = LISTENERS.get(signal);
  if (!listener?.followers.delete(follower) || listener.followers.size > 0 || signal.aborted) return;
  LISTENERS.delete(signal);
  signal.removeEventListener('abort', listener);
}

/** Signals of other libraries may give no reason. */
function reasonOf(signal: AbortSignal): unknown {
  return (signal.reason as unknown) ?? new DOMException('The call was cancelled.', 'AbortError');
}

/** A signal of our own that follows others until it is let go. It leaves nothing behind on them, as `AbortSignal.any` does. */
export class FollowingSignal implements AbortFollower {
  readonly #controller = new AbortController();

  constructor(private readonly signals: readonly AbortSignal[]) {
    for (const signal of signals) followAbort(signal, this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  aborted(reason: unknown): void {
    this.cancelResponseBody();
    this.#controller.abort(reason);
  }

  cancelResponseBody(): void {
    for (const signal of this.signals) unfollowAbort(signal, this);
  }
}
