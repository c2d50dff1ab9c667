import { KeyBucket, type KeyCounts } from './key-bucket';
import type { KeyNumbers } from './key-numbers';

/** Buckets of keys by time, within a number of rows in all: when they run out, the oldest bucket goes. */
export class KeyTable {
  readonly #buckets = new Map<number, KeyBucket>();
  #rows = 0;

  constructor(
    private readonly numbers: KeyNumbers,
    private readonly maxRows: number,
    private readonly maxBuckets: number,
  ) {}

  get rows(): number {
    return this.#rows;
  }

  /** Adds to a key's row in a bucket (minutes or hours since the epoch). */
  add(index: number, keyNumber: number, counts: KeyCounts): void {
    const known = this.#buckets.get(index);
    // One bucket with more keys than there are rows: those that come too late are left out.
    if (this.#rows >= this.maxRows && this.#buckets.size <= 1 && known && !known.has(keyNumber)) return;
    const bucket = known ?? new KeyBucket();
    if (!known) this.#buckets.set(index, bucket);
    if (!bucket.add(keyNumber, counts)) return;
    this.#rows += 1;
    this.numbers.hold(keyNumber);
  }

  bucket(index: number): KeyBucket | undefined {
    return this.#buckets.get(index);
  }

  buckets(): Iterable<readonly [index: number, bucket: KeyBucket]> {
    return this.#buckets;
  }

  /** Forgets what is too old or too much; answers the buckets that went. `current`: the one being written to. */
  prune(current: number): number[] {
    const gone: number[] = [];
    const oldestFirst = [...this.#buckets.keys()].sort((a, b) => a - b);
    for (const index of oldestFirst) {
      if (index > current - this.maxBuckets && (this.#rows <= this.maxRows || index >= current)) continue;
      this.drop(index);
      gone.push(index);
    }
    for (const [index, bucket] of this.#buckets) if (index < current) bucket.seal();
    return gone;
  }

  drop(index: number): void {
    const bucket = this.#buckets.get(index);
    if (!bucket) return;
    this.#buckets.delete(index);
    this.#rows -= bucket.rows;
    for (const [keyNumber] of bucket.entries()) this.numbers.release(keyNumber);
  }

  /** Takes out all rows of these keys. */
  takeOf(keyNumbers: readonly number[], taken: (index: number, keyNumber: number, counts: KeyCounts) => void): void {
    for (const [index, bucket] of this.#buckets) {
      for (const keyNumber of keyNumbers) {
        const counts = bucket.take(keyNumber);
        if (!counts) continue;
        this.#rows -= 1;
        taken(index, keyNumber, counts);
        this.numbers.release(keyNumber);
      }
      if (bucket.rows === 0) this.#buckets.delete(index);
    }
  }

  /** Takes out up to that many rows, of buckets up to `until`. */
  take(limit: number, until: number, taken: (index: number, keyNumber: number, counts: KeyCounts) => void): void {
    let left = limit;
    for (const [index, bucket] of this.#buckets) {
      if (index > until) continue;
      for (let row = left > 0 ? bucket.pop() : undefined; row; row = left > 0 ? bucket.pop() : undefined) {
        left -= 1;
        this.#rows -= 1;
        taken(index, ...row);
        this.numbers.release(row[0]);
      }
      if (bucket.rows === 0) this.#buckets.delete(index);
      if (left === 0) return;
    }
  }
}
