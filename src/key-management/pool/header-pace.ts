/** What an answer says is left of one limit; the shape of `RateLimitReading` under `vendors/`. */
export interface LimitReading {
  readonly dimension: 'requests' | 'tokens' | 'input_tokens' | 'output_tokens';
  readonly limit?: number;
  readonly remaining?: number;
  /** Milliseconds: until a bucket is full again, or until a window starts afresh. */
  readonly resetMs?: number;
  readonly window?: 'day';
}

export type LimitKind = 'token_bucket' | 'fixed_window';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const COST_LEARNING = 0.2;
const LEAST_TELLING_RESET_MS = 5_000;

/** What is left of one dimension, as the last answer told it and as it has refilled since. */
class Allowance {
  #limit = Infinity;
  #left = Infinity;
  #asOf = 0;
  /** Per millisecond. */
  #refill = 0;
  #fullAt = 0;
  /** What one call takes: one request, or as many tokens as calls took lately. */
  #cost = 1;

  constructor(
    private readonly kind: LimitKind,
    private readonly countsCalls: boolean,
  ) {}

  observe({ limit, remaining, resetMs, window }: LimitReading, now: number): void {
    if (remaining === undefined) return;
    if (!this.countsCalls && this.#left < Infinity) {
      const took = Math.max(0, this.#leftAt(now) - remaining);
      this.#cost += (took - this.#cost) * COST_LEARNING;
    }
    const full = limit ?? Math.max(remaining, 1);
    const perWindow = full / (window === 'day' ? DAY_MS : MINUTE_MS);
    const stated = resetMs !== undefined && resetMs > 0 ? (full - remaining) / resetMs : 0;
    this.#limit = full;
    this.#left = remaining;
    this.#asOf = now;
    // A reset of a few whole seconds is rounded, and says little of a nearly full bucket.
    const exact = resetMs !== undefined && (resetMs >= LEAST_TELLING_RESET_MS || resetMs % 1_000 !== 0);
    this.#refill = stated > 0 && exact ? stated : perWindow;
    this.#fullAt = now + (resetMs ?? (full - remaining) / perWindow);
  }

  /** From when on one more call fits beside those in flight, milliseconds since the epoch. */
  readyAt(inFlight: number, now: number): number {
    if (this.#left === Infinity) return 0;
    const needed = Math.min((inFlight + 1) * this.#cost, this.#limit);
    const left = this.#leftAt(now);
    if (left >= needed) return 0;
    if (this.kind === 'fixed_window') return this.#fullAt;
    return now + (needed - left) / this.#refill;
  }

  #leftAt(now: number): number {
    if (now >= this.#fullAt) return this.#limit;
    if (this.kind === 'fixed_window') return this.#left;
    return Math.min(this.#limit, this.#left + Math.max(0, now - this.#asOf) * this.#refill);
  }
}

/** Paces by what a vendor's headers say is left, before it has to refuse. */
export class HeaderPace {
  readonly #allowances = new Map<LimitReading['dimension'], Allowance>();

  constructor(private readonly kind: LimitKind) {}

  observe(readings: readonly LimitReading[], now: number): void {
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
  readyAt(inFlight: number, now: number): number {
    let readyAt = 0;
    for (const allowance of this.#allowances.values()) readyAt = Math.max(readyAt, allowance.readyAt(inFlight, now));
    return readyAt;
  }
}
