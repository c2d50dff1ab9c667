const MINUTE_MS = 60_000;

export type Dimension = 'requests' | 'tokens';

/** One limit of an account. */
export interface LimitShape {
  readonly dimension: Dimension;
  readonly perMinute: number;
  /** The size of a bucket that refills steadily; without it the limit is a window of a minute that starts afresh. */
  readonly bucket?: number;
}

/** What a request takes of each dimension. */
export type Cost = Readonly<Record<Dimension, number>>;

/** What a vendor's headers say of one limit. */
export interface Reading {
  readonly dimension: Dimension;
  readonly perMinute: number;
  readonly capacity: number;
  readonly remaining: number;
  /** Milliseconds until a bucket is full, or until a window starts afresh. */
  readonly resetMs: number;
}

/** How much of one limit is left. Times are milliseconds on any clock that goes on. */
export class Meter {
  #level: number;
  #asOf: number;
  #factor = 1;

  /** @param beginsAt When a bucket is full, or a window begins; windows follow each other without a gap. */
  constructor(
    readonly shape: LimitShape,
    beginsAt: number,
  ) {
    this.#asOf = beginsAt;
    this.#level = this.capacity;
  }

  get capacity(): number {
    return (this.shape.bucket ?? this.shape.perMinute) * this.#factor;
  }

  get #perMs(): number {
    return (this.shape.perMinute * this.#factor) / MINUTE_MS;
  }

  level(now: number): number {
    if (this.shape.bucket === undefined) {
      const windows = Math.floor((now - this.#asOf) / MINUTE_MS);
      if (windows > 0) {
        this.#asOf += windows * MINUTE_MS;
        this.#level = this.capacity;
      }
    } else if (now > this.#asOf) {
      this.#level = Math.min(this.capacity, this.#level + (now - this.#asOf) * this.#perMs);
      this.#asOf = now;
    }
    return this.#level;
  }

  /** Milliseconds until so much is left; Infinity if it never is. */
  waitMs(amount: number, now: number): number {
    const missing = amount - this.level(now);
    // What is missing by less than a rounding error is there.
    if (missing <= 1e-6) return 0;
    if (amount > this.capacity) return Infinity;
    return this.shape.bucket === undefined ? this.#asOf + MINUTE_MS - now : missing / this.#perMs;
  }

  take(amount: number, now: number): void {
    this.#level = Math.max(-this.capacity, this.level(now) - amount);
  }

  reading(now: number): Reading {
    const level = this.level(now);
    const isWindow = this.shape.bucket === undefined;
    return {
      dimension: this.shape.dimension,
      perMinute: this.shape.perMinute * this.#factor,
      capacity: this.capacity,
      remaining: Math.max(0, Math.floor(level)),
      resetMs: isWindow ? this.#asOf + MINUTE_MS - now : (this.capacity - level) / this.#perMs,
    };
  }

  /** The limit becomes so many times what its shape says. */
  scale(factor: number, now: number): void {
    const level = this.level(now);
    const used = this.capacity - level;
    this.#factor = factor;
    this.#level = Math.min(this.capacity, this.shape.bucket === undefined ? this.capacity - used : level);
  }
}

/** The most that a limit allows from one time to another, if nothing was taken before. */
export function mostWithin({ perMinute, bucket }: LimitShape, beginsAt: number, from: number, to: number): number {
  if (bucket !== undefined) return bucket + (perMinute / MINUTE_MS) * (to - from);
  return perMinute * (Math.floor((to - beginsAt) / MINUTE_MS) - Math.floor((from - beginsAt) / MINUTE_MS) + 1);
}
