const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** What is kept by five minutes, of the last three hours, and by the hour, of the last seven days. */
const FINE = { bucketMs: 5 * MINUTE_MS, count: 36 };
const HOURS = { bucketMs: HOUR_MS, count: 7 * 24 };

/** The rows that a history is stored as. */
export const HISTORY_ROWS = ['fine', 'hours'] as const;
export type HistoryRow = (typeof HISTORY_ROWS)[number];

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
  readonly #amounts: Float32Array;
  readonly #watched: Float32Array;
  /** The number of the latest bucket; all before it that the ring has no place for are forgotten. */
  #latest = -1;

  constructor(private readonly size: { readonly bucketMs: number; readonly count: number }) {
    this.#amounts = new Float32Array(size.count);
    this.#watched = new Float32Array(size.count);
  }

  /** Spreads an amount evenly over a time. */
  add(from: number, to: number, amount: number): void {
    const { bucketMs, count } = this.size;
    this.#reach(Math.ceil(to / bucketMs) - 1);
    const first = Math.max(Math.floor(from / bucketMs), this.#latest - count + 1);
    for (let number = first; number * bucketMs < to; number += 1) {
      const ms = Math.min(to, (number + 1) * bucketMs) - Math.max(from, number * bucketMs);
      const at = number % count;
      this.#amounts[at]! += (amount * ms) / (to - from);
      this.#watched[at]! += ms;
    }
  }

  /** Those of which anything is known, the oldest first. */
  since(now: number): SpentBucket[] {
    const { bucketMs, count } = this.size;
    const found: SpentBucket[] = [];
    const oldest = Math.max(this.#latest, Math.floor(now / bucketMs)) - count;
    for (let number = oldest + 1; number <= this.#latest; number += 1) {
      const watchedMs = this.#watched[number % count]!;
      if (watchedMs > 0) found.push({ from: number * bucketMs, amount: this.#amounts[number % count]!, watchedMs });
    }
    return found;
  }

  /** The number of the first bucket, and of each from it on what was spent, and which part of it was watched. */
  row(now: number): number[] {
    const { bucketMs, count } = this.size;
    const [first] = this.since(now);
    if (first === undefined) return [];
    const row = [first.from / bucketMs];
    for (let number = row[0]!; number <= this.#latest; number += 1) {
      const [amount, part] = [this.#amounts[number % count]!, this.#watched[number % count]! / bucketMs];
      row.push(Number(amount.toPrecision(6)), Number(part.toPrecision(4)));
    }
    return row;
  }

  /** Takes from a row what was watched longer than is known here. False where it makes no sense. */
  take(row: readonly unknown[], now: number): boolean {
    const { bucketMs, count } = this.size;
    const [first = 0, ...pairs] = row;
    if (!Number.isSafeInteger(first) || pairs.length % 2 !== 0 || pairs.length > 2 * count) return false;
    if (!pairs.every((each): each is number => Number.isFinite(each) && (each as number) >= 0)) return false;
    for (let n = 0; n < pairs.length; n += 2)
      this.takeOne(
        {
          from: ((first as number) + n / 2) * bucketMs,
          amount: pairs[n]!,
          watchedMs: Math.min(1, pairs[n + 1]!) * bucketMs,
        },
        now,
      );
    return true;
  }

  takeOne({ from, amount, watchedMs }: SpentBucket, now: number): void {
    const { bucketMs, count } = this.size;
    const number = Math.floor(from / bucketMs);
    if (from > now || number <= Math.floor(now / bucketMs) - count || !(watchedMs > 0)) return;
    this.#reach(number);
    const at = number % count;
    if (number <= this.#latest - count || watchedMs <= this.#watched[at]!) return;
    this.#amounts[at] = amount;
    this.#watched[at] = watchedMs;
  }

  #reach(number: number): void {
    const { count } = this.size;
    for (let each = Math.max(this.#latest, number - count) + 1; each <= number; each += 1)
      this.#amounts[each % count] = this.#watched[each % count] = 0;
    this.#latest = Math.max(this.#latest, number);
  }
}

/**
 * What was spent of one thing in the last seven days, made of what is read from time to time: a sum that grows and begins anew with each period, or a
 * balance that falls and is filled up. About 2 kB once something was spent, and hardly anything before.
 */
export class SpendingHistory {
  #buckets: Readonly<Record<HistoryRow, Buckets>> | undefined;
  #last: { readonly at: number; readonly value: number } | undefined;
  /** Since when nothing was spent that the buckets do not have yet. */
  #quietSince: number | undefined;

  /** For how long of the last seven days spending was watched. Milliseconds. */
  watchedMs(now: number): number {
    const quietMs = this.#quietSince === undefined ? 0 : this.#last!.at - this.#quietSince;
    return this.#buckets === undefined ? quietMs : this.hourly(now).reduce((sum, { watchedMs }) => sum + watchedMs, 0);
  }

  /** Whether anything was spent in the last seven days. */
  hasSpent(now: number): boolean {
    return this.#buckets?.hours.since(now).some(({ amount }) => amount > 0) === true;
  }

  /** What was spent of a period so far. A sum that is smaller than the last is that of a new period. Answers whether it is known to be more than it was. */
  readSpent(at: number, spent: number): boolean {
    return this.#read(at, spent, (last) => (spent < last ? spent : spent - last));
  }

  /** What is left. More than before was paid in; what was spent beside that is not known. Answers as `readSpent`. */
  readLeft(at: number, left: number): boolean {
    return this.#read(at, left, (last) => (left > last ? undefined : last - left));
  }

  /** By five minutes, of the last three hours, the oldest first. */
  fine(now: number): SpentBucket[] {
    return this.#list('fine', now);
  }

  /** By the hour, of the last seven days, the oldest first. */
  hourly(now: number): SpentBucket[] {
    return this.#list('hours', now);
  }

  /** To be stored. */
  row(name: HistoryRow, now: number): number[] {
    this.#settle();
    return this.#buckets?.[name].row(now) ?? [];
  }

  /** Takes in what another history of the same thing knows better, as it was stored. False where it makes no sense. */
  take(name: HistoryRow, row: readonly unknown[], now: number): boolean {
    const { fine, hours } = (this.#buckets ??= newBuckets());
    if (!this.#buckets[name].take(row, now)) return false;
    // Hours are stored more seldom: the last of them are made up of what is known of their parts.
    const sums = new Map<number, SpentBucket>();
    for (const { from, amount, watchedMs } of fine.since(now)) {
      const hour = Math.floor(from / HOUR_MS) * HOUR_MS;
      const sum = sums.get(hour);
      sums.set(hour, {
        from: hour,
        amount: amount + (sum?.amount ?? 0),
        watchedMs: watchedMs + (sum?.watchedMs ?? 0),
      });
    }
    for (const sum of sums.values()) hours.takeOne(sum, now);
    return true;
  }

  /** Nothing was spent for so long that nothing is known any more. */
  clear(): void {
    this.#buckets = undefined;
  }

  #list(name: HistoryRow, now: number): SpentBucket[] {
    this.#settle();
    return this.#buckets?.[name].since(now) ?? [];
  }

  #read(at: number, value: number, amountSince: (last: number) => number | undefined): boolean {
    if (!Number.isFinite(value) || !Number.isFinite(at)) return false;
    const last = this.#last;
    if (last !== undefined && at <= last.at) return false;
    const amount = last && amountSince(last.value);
    if (amount === undefined) {
      this.#settle();
      this.#quietSince = undefined;
    } else if (amount === 0) this.#quietSince ??= last!.at;
    else {
      this.#buckets ??= newBuckets();
      this.#settle();
      this.#add(last!.at, at, amount);
    }
    this.#last = { at, value };
    return amount !== undefined && amount > 0;
  }

  /** The time in which nothing was spent goes into the buckets; before anything ever was, they are not there. */
  #settle(): void {
    if (this.#buckets === undefined || this.#quietSince === undefined) return;
    this.#add(this.#quietSince, this.#last!.at, 0);
    this.#quietSince = undefined;
  }

  #add(from: number, to: number, amount: number): void {
    for (const name of HISTORY_ROWS) this.#buckets![name].add(from, to, amount);
  }
}

const newBuckets = (): Readonly<Record<HistoryRow, Buckets>> => ({
  fine: new Buckets(FINE),
  hours: new Buckets(HOURS),
});
