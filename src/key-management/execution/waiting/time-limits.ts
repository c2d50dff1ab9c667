import type { Clock } from '../../common/clock';
import { getOrCreate } from '../../common/get-or-create';
import { TimeHeap, type Timed } from '../../common/time-heap';

/** A limit passes at most this much late, or 1/128 of its length, so that many share one timer. Milliseconds. */
const GRAIN_MS = 10;
const GRAINS_PER_LIMIT = 128;

/** A time limit under way. */
export interface TimeLimit {
  /** Cancels the limit: it does not pass any more. */
  cancel(): void;
}

class Bucket implements Timed {
  heapIndex = -1;
  readonly limits: PlacedLimit[] = [];
  constructor(public until: number) {}
}

/** A time limit that knows its place among those that pass at the same time. What every call with a deadline makes anyway may be one. */
export abstract class PlacedLimit implements TimeLimit {
  /** Written by `TimeLimits` and by `cancel` alone. */
  bucket: Bucket | undefined = undefined;
  index = -1;

  /** Called when its time has passed. */
  abstract passed(): void;

  cancel(): void {
    if (this.index < 0) return;
    const { limits } = this.bucket!;
    const last = limits.pop()!;
    if (last !== this) {
      limits[this.index] = last;
      last.index = this.index;
    }
    this.index = -1;
  }
}

class Limit extends PlacedLimit {
  constructor(override readonly passed: () => void) {
    super();
  }
}

/** The limit for a time that no clock reaches, or that is no time at all: it never passes. */
const NEVER: TimeLimit = Object.freeze({ cancel: () => undefined });

/** Many time limits on one timer: limits that end at about the same time share a bucket, as in a timing wheel. */
export class TimeLimits {
  readonly #buckets = new Map<number, Bucket>();
  readonly #order = new TimeHeap<Bucket>();
  #latest: Bucket | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Infinity;

  constructor(private readonly clock: Clock) {}

  /**
   * Calls `passed` at the time given (milliseconds since the epoch), up to 10 ms or 1 % of the time until then later. Infinity and NaN
   * never pass: neither has a place in an order of times, and one of them in the heap would hold up the limits of all others.
   */
  at(time: number, passed: () => void, now = this.clock.now()): TimeLimit {
    if (!(time < Infinity)) return NEVER;
    const limit = new Limit(passed);
    this.begin(limit, time, now);
    return limit;
  }

  /** The same for a limit that is there already. @param time Less than Infinity. */
  begin(limit: PlacedLimit, time: number, now = this.clock.now()): void {
    const until = bucketEnd(Math.max(time, now), time - now);
    // Calls with the same limit often follow each other.
    if (this.#latest?.until !== until || this.#latest.heapIndex < 0) this.#latest = this.#bucket(until);
    const { limits } = (limit.bucket = this.#latest);
    limit.index = limits.length;
    limits.push(limit);
  }

  #bucket(until: number): Bucket {
    return getOrCreate(this.#buckets, until, () => {
      const bucket = new Bucket(until);
      this.#order.put(bucket);
      if (until < this.#timerAt) this.#arm();
      return bucket;
    });
  }

  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = Infinity;
  }

  #arm(): void {
    this.#cancelTimer?.();
    const next = this.#order.peek();
    this.#timerAt = next?.until ?? Infinity;
    // Does not keep the process alive: the request it limits does.
    this.#cancelTimer = next && this.clock.after(next.until - this.clock.now(), () => this.#fire(), false);
  }

  #fire(): void {
    const now = this.clock.now();
    for (let bucket = this.#order.peek(); bucket && bucket.until <= now; bucket = this.#order.peek()) {
      this.#order.remove(bucket);
      this.#buckets.delete(bucket.until);
      // A limit may cancel another of the same bucket.
      for (let limit = bucket.limits[0]; limit; limit = bucket.limits[0]) {
        limit.cancel();
        limit.passed();
      }
    }
    this.#arm();
  }
}

/** Grains double with the limit's length, so that few buckets are open at any time. */
function bucketEnd(time: number, length: number): number {
  let grain = GRAIN_MS;
  while (grain * GRAINS_PER_LIMIT < length) grain *= 2;
  return Math.ceil(time / grain) * grain;
}
