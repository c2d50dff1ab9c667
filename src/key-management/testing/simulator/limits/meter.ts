import { WINDOW_MS, type LimitSpec } from './rate-limits';

/** One budget over time. `cost` may be more than one for tokens. */
export interface Meter {
  remaining(now: number): number;
  /** Time until `cost` fits; Infinity when it never will. */
  waitMs(now: number, cost: number): number;
  fullInMs(now: number): number;
  take(now: number, cost: number): void;
}

// Refills are computed in floating point; without a hair of tolerance a wait of exactly the stated time would be refused.
const EPSILON = 1e-6;

export class TokenBucket implements Meter {
  #available: number;
  #refilledAt: number | undefined;
  readonly #perMs: number;

  constructor(private readonly spec: LimitSpec) {
    this.#available = spec.burst;
    this.#perMs = spec.limit / WINDOW_MS[spec.window];
  }

  remaining(now: number): number {
    if (this.#refilledAt !== undefined && now > this.#refilledAt) {
      this.#available = Math.min(this.spec.burst, this.#available + (now - this.#refilledAt) * this.#perMs);
    }
    this.#refilledAt = Math.max(now, this.#refilledAt ?? now);
    return this.#available;
  }

  waitMs(now: number, cost: number): number {
    if (cost > this.spec.burst) return Infinity;
    const missing = cost - this.remaining(now);
    return missing <= EPSILON ? 0 : missing / this.#perMs;
  }

  fullInMs(now: number): number {
    return (this.spec.burst - this.remaining(now)) / this.#perMs;
  }

  take(now: number, cost: number): void {
    this.#available = Math.max(0, this.remaining(now) - cost);
  }
}

export class FixedWindow implements Meter {
  #windowStart = -Infinity;
  #used = 0;
  readonly #windowMs: number;

  constructor(private readonly spec: LimitSpec) {
    this.#windowMs = WINDOW_MS[spec.window];
  }

  remaining(now: number): number {
    const start = Math.floor(now / this.#windowMs) * this.#windowMs;
    if (start > this.#windowStart) {
      this.#windowStart = start;
      this.#used = 0;
    }
    return Math.max(0, this.spec.burst - this.#used);
  }

  waitMs(now: number, cost: number): number {
    if (cost > this.spec.burst) return Infinity;
    return cost <= this.remaining(now) ? 0 : this.fullInMs(now);
  }

  fullInMs(now: number): number {
    const untouched = this.remaining(now) === this.spec.burst;
    return untouched ? 0 : this.#windowStart + this.#windowMs - now;
  }

  take(now: number, cost: number): void {
    this.remaining(now);
    this.#used += cost;
  }
}
