const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** What is kept by five minutes, of the last three hours, and by the hour, of the last seven days. */
const FINE = { bucketMs: 5 * MINUTE_MS, count: 36 };
const COARSE = { bucketMs: HOUR_MS, count: 7 * 24 };

/** What was spent in a part of the past. */
export interface SpentBucket {
  /** Its beginning, milliseconds since the epoch: a multiple of its length. */
  readonly from: number;
  readonly amount: number;
  /** For how long of it spending was watched. Milliseconds, more than 0. */
  readonly watchedMs: number;
}

/** Buckets of one length, the latest of them: a ring by the number of the bucket since the epoch. */
class Buckets {
  readonly #numbers: Float64Array;
  readonly #amounts: Float64Array;
  readonly #watched: Float64Array;

  constructor(private readonly size: { readonly bucketMs: number; readonly count: number }) {
    this.#numbers = new Float64Array(size.count).fill(-1);
    this.#amounts = new Float64Array(size.count);
    this.#watched = new Float64Array(size.count);
  }

  /** Spreads an amount evenly over a time. */
  add(from: number, to: number, amount: number): void {
    const { bucketMs, count } = this.size;
    const first = Math.max(Math.floor(from / bucketMs), Math.floor(to / bucketMs) - count + 1);
    for (let number = first; number * bucketMs < to; number += 1) {
      const ms = Math.min(to, (number + 1) * bucketMs) - Math.max(from, number * bucketMs);
      const at = number % count;
      if (this.#numbers[at] !== number) {
        this.#numbers[at] = number;
        this.#amounts[at] = this.#watched[at] = 0;
      }
      this.#amounts[at]! += (amount * ms) / (to - from);
      this.#watched[at]! += ms;
    }
  }

  /** Those of which anything is known, in any order. */
  *since(now: number): Iterable<SpentBucket> {
    const { bucketMs, count } = this.size;
    const oldest = Math.floor(now / bucketMs) - count;
    for (let at = 0; at < count; at += 1) {
      const [number, watchedMs] = [this.#numbers[at]!, this.#watched[at]!];
      if (number > oldest && watchedMs > 0) yield { from: number * bucketMs, amount: this.#amounts[at]!, watchedMs };
    }
  }
}

/**
 * What was spent of one thing in the last seven days, made of what is read from time to time: a sum that grows and begins anew with each period, or a
 * balance that falls and is filled up. About 3 kB.
 */
export class SpendingHistory {
  readonly #fine = new Buckets(FINE);
  readonly #coarse = new Buckets(COARSE);
  #last: { readonly at: number; readonly value: number } | undefined;
  #since: number | undefined;

  /** Since when it is watched, milliseconds since the epoch; undefined before the second reading. */
  get since(): number | undefined {
    return this.#since;
  }

  /** What was spent of a period so far. A sum that is smaller than the last is that of a new period. */
  readSpent(at: number, spent: number): void {
    this.#read(at, spent, (last) => (spent < last ? spent : spent - last));
  }

  /** What is left. More than before was paid in; what was spent beside that is not known. */
  readLeft(at: number, left: number): void {
    this.#read(at, left, (last) => (left > last ? undefined : last - left));
  }

  /** By five minutes, of the last three hours, in any order. */
  fine(now: number): Iterable<SpentBucket> {
    return this.#fine.since(now);
  }

  /** By the hour, of the last seven days, in any order. */
  hourly(now: number): Iterable<SpentBucket> {
    return this.#coarse.since(now);
  }

  #read(at: number, value: number, amountSince: (last: number) => number | undefined): void {
    if (!Number.isFinite(value) || !Number.isFinite(at)) return;
    const last = this.#last;
    if (last !== undefined && at <= last.at) return;
    this.#last = { at, value };
    if (last === undefined) return;
    this.#since ??= last.at;
    const amount = amountSince(last.value);
    if (amount === undefined) return;
    this.#fine.add(last.at, at, amount);
    this.#coarse.add(last.at, at, amount);
  }
}
