export type LimitKind = 'token_bucket' | 'fixed_window';

/** Resets are stated in whole seconds: they are the same instant if they differ by no more. Milliseconds. */
const SAME_INSTANT_MS = 1_100;
/** Over a shorter time a bucket and a window look alike. Milliseconds. */
const LEAST_TELLING_MS = 3_000;
/** No vendor's window is shorter. Milliseconds. */
const LEAST_WINDOW_MS = 30_000;

/** One reading, as far as it tells a bucket from a window. Times are milliseconds since the epoch. */
interface Seen {
  readonly at: number;
  readonly remaining: number;
  readonly resetAt: number;
}

/**
 * Tells a token bucket from a fixed window by what answers state. The reset of a window is one instant for all answers, and what is left falls until
 * then. A bucket is full at an instant that moves on with each use, and what is left grows before that.
 */
export class KindEvidence {
  #first: Seen | undefined = undefined;

  /** @param prior What the vendor's profile says: it holds until answers tell. */
  constructor(public kind: LimitKind) {}

  observe(remaining: number, resetMs: number, at: number): void {
    if (!(resetMs > 0)) return;
    const seen = { at, remaining, resetAt: at + resetMs };
    const first = this.#first;
    if (first === undefined || at >= first.resetAt - SAME_INSTANT_MS) {
      // The next window would end a whole window later.
      const laterMs = first === undefined ? 0 : seen.resetAt - first.resetAt;
      if (laterMs > SAME_INSTANT_MS && laterMs < LEAST_WINDOW_MS) this.kind = 'token_bucket';
      this.#first = seen;
      return;
    }
    if (at - first.at < LEAST_TELLING_MS) return;
    const isSameInstant = Math.abs(seen.resetAt - first.resetAt) <= SAME_INSTANT_MS;
    if (isSameInstant && remaining < first.remaining) this.kind = 'fixed_window';
    else if (!isSameInstant) this.kind = 'token_bucket';
    this.#first = isSameInstant ? first : seen;
  }
}
