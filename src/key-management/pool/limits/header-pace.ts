import { getOrCreate } from '../../common/get-or-create';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';

export type LimitKind = 'token_bucket' | 'fixed_window';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LEARNING = 0.2;
/** When to look again while the calls in flight fill a window, and no answer has shown the new window yet. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;
const LEAST_TELLING_RESET_MS = 5_000;
const LEAST_TELLING_CALLS = 1;

/**
 * What is left of one dimension of a rate limit (requests, tokens): as the last answer stated it, and as it has refilled since. A token bucket
 * refills continuously, a fixed window at its reset.
 */
class Allowance {
  #left = Infinity;
  #asOf = 0;
  #resetMs = 0;
  /** Per millisecond. */
  #refill = 0;
  /** The refill per millisecond that two readings show; 0 until known. */
  #measured = 0;
  #fullest = { remaining: -1, resetMs: 0 };
  /** What a bucket holds at most, or a window begins with. */
  #capacity = Infinity;
  /** What one call takes: one request, or the mean number of tokens that calls took lately. */
  #cost = 1;

  constructor(
    private readonly kind: LimitKind,
    private readonly countsCalls: boolean,
  ) {}

  observe({ limit, remaining, resetMs = 0, window }: RateLimitReading, now: number): void {
    if (remaining === undefined) return;
    const known = this.#left < Infinity;
    if (known && !this.countsCalls) {
      const took = Math.max(0, this.#leftAt(now) - remaining);
      this.#cost += (took - this.#cost) * LEARNING;
    }
    this.#measure(remaining, resetMs);
    const full = Math.max(1, limit ?? this.#fullest.remaining);
    const perWindow = full / (window === 'day' ? DAY_MS : MINUTE_MS);
    this.#refill = this.#measured || statedRefill(full - remaining, resetMs, perWindow);
    this.#left = remaining;
    this.#asOf = now;
    this.#resetMs = resetMs;
    // A vendor may enforce its limit in smaller buckets than the limit that it states.
    const bucket = resetMs > 0 ? Math.max(1, remaining + this.#refill * resetMs) : full;
    this.#capacity = this.kind === 'fixed_window' ? full : Math.min(full, bucket);
  }

  /** Until when no further call fits beside those in flight, milliseconds since the epoch; 0 if one fits now. */
  blockedUntil(inFlight: number, now: number): number {
    if (this.#left === Infinity) return 0;
    // A single call goes when the bucket is full, whatever it may take.
    const needed = inFlight === 0 ? Math.min(this.#cost, this.#capacity) : (inFlight + 1) * this.#cost;
    const left = this.#leftAt(now);
    if (left >= needed) return 0;
    const resetAt = this.#asOf + this.#resetMs;
    if (this.kind === 'fixed_window') return resetAt > now ? resetAt : now + LOOK_AGAIN_MS;
    const refilledAt = now + (needed - left) / this.#refill;
    return needed <= this.#capacity && resetAt > now ? Math.min(refilledAt, resetAt) : refilledAt;
  }

  #leftAt(now: number): number {
    const elapsed = Math.max(0, now - this.#asOf);
    // The vendor states when the bucket is full, and that holds where the refill is not known well.
    if (elapsed >= this.#resetMs && (this.#resetMs > 0 || this.kind === 'fixed_window')) return this.#capacity;
    if (this.kind === 'fixed_window') return this.#left;
    return Math.max(this.#left, Math.min(this.#capacity, this.#left + elapsed * this.#refill));
  }

  /** Measures the refill against the fullest reading: what is missing beyond that takes the difference of the two resets to refill. */
  #measure(remaining: number, resetMs: number): void {
    if (remaining >= this.#fullest.remaining) {
      this.#fullest = { remaining, resetMs };
      return;
    }
    // Vendors state whole calls, so one call less is certain.
    const more = this.#fullest.remaining - remaining - 1;
    const longerMs = resetMs - this.#fullest.resetMs;
    const telling = more >= LEAST_TELLING_CALLS && longerMs > 0 && isExact(longerMs);
    if (!telling) return;
    const measured = more / longerMs;
    this.#measured = this.#measured === 0 ? measured : this.#measured + (measured - this.#measured) * LEARNING;
  }
}

/** A reset of a few whole seconds is rounded, and says little of a nearly full bucket. */
const isExact = (resetMs: number): boolean => resetMs >= LEAST_TELLING_RESET_MS || resetMs % 1_000 !== 0;

/** The refill that one reading states; at most a limit a minute, since the bucket may be smaller than the limit. */
function statedRefill(missing: number, resetMs: number, perWindow: number): number {
  return missing > 0 && resetMs > 0 && isExact(resetMs) ? Math.min(perWindow, missing / resetMs) : perWindow;
}

/** Holds calls back by what the vendor's headers say is left, before the vendor has to refuse. */
export class HeaderPace {
  readonly #allowances = new Map<RateLimitReading['dimension'], Allowance>();

  constructor(private readonly kind: LimitKind) {}

  observe(readings: readonly RateLimitReading[], now: number): void {
    for (const reading of readings) {
      const { dimension } = reading;
      const make = (): Allowance => new Allowance(this.kind, dimension === 'requests');
      getOrCreate(this.#allowances, dimension, make).observe(reading, now);
    }
  }

  /** Until when no further call may go, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(inFlight: number, now: number): number {
    let blockedUntil = 0;
    for (const allowance of this.#allowances.values())
      blockedUntil = Math.max(blockedUntil, allowance.blockedUntil(inFlight, now));
    return blockedUntil;
  }
}
