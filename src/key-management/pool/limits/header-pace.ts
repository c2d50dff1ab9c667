import type { RateLimitReading } from '../../vendors/contract/vendor';

export type LimitKind = 'token_bucket' | 'fixed_window';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LEARNING = 0.2;
/** As many calls are in flight as a window takes, and none has told of the new window yet. */
const LOOK_AGAIN_MS = 1_000;
const LEAST_TELLING_RESET_MS = 5_000;
const LEAST_TELLING_CALLS = 1;

/** What is left of one dimension, as the last answer told it and as it has refilled since. */
class Allowance {
  #left = Infinity;
  #asOf = 0;
  #resetMs = 0;
  /** Per millisecond. */
  #refill = 0;
  /** As two readings show it. 0 until known. */
  #measured = 0;
  #fullest = { remaining: -1, resetMs: 0 };
  /** What a bucket holds at most, or a window begins with. */
  #capacity = Infinity;
  /** What one call takes: one request, or as many tokens as calls took lately. */
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
    // A vendor may enforce its limit in smaller buckets than the one it names.
    const bucket = resetMs > 0 ? Math.max(1, remaining + this.#refill * resetMs) : full;
    this.#capacity = this.kind === 'fixed_window' ? full : Math.min(full, bucket);
  }

  /** From when on one more call fits beside those in flight, milliseconds since the epoch; 0 for at once. */
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
    // By the vendor's own word; also where the refill is not known so well.
    if (elapsed >= this.#resetMs && (this.#resetMs > 0 || this.kind === 'fixed_window')) return this.#capacity;
    if (this.kind === 'fixed_window') return this.#left;
    return Math.max(this.#left, Math.min(this.#capacity, this.#left + elapsed * this.#refill));
  }

  /** Against the fullest reading: what more is missing takes so much longer to refill. */
  #measure(remaining: number, resetMs: number): void {
    if (remaining >= this.#fullest.remaining) {
      this.#fullest = { remaining, resetMs };
      return;
    }
    // Vendors state whole calls: one less is certain.
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

/** Paces by what a vendor's headers say is left, before it has to refuse. */
export class HeaderPace {
  readonly #allowances = new Map<RateLimitReading['dimension'], Allowance>();

  constructor(private readonly kind: LimitKind) {}

  observe(readings: readonly RateLimitReading[], now: number): void {
    for (const reading of readings) {
      let allowance = this.#allowances.get(reading.dimension);
      if (!allowance) {
        allowance = new Allowance(this.kind, reading.dimension === 'requests');
        this.#allowances.set(reading.dimension, allowance);
      }
      allowance.observe(reading, now);
    }
  }

  /** From when on one more call may go, milliseconds since the epoch; 0 for at once. */
  blockedUntil(inFlight: number, now: number): number {
    let blockedUntil = 0;
    for (const allowance of this.#allowances.values())
      blockedUntil = Math.max(blockedUntil, allowance.blockedUntil(inFlight, now));
    return blockedUntil;
  }
}
