/** One second per bucket: a use is forgotten when all of its second is more than a minute old. */
const BUCKET_MS = 1_000;
const BUCKETS = 61;

/** How much was used within the last minute; errs by up to a second to the safe side. */
export class MinuteWindow {
  readonly #used = new Float64Array(BUCKETS);
  #total = 0;
  /** The second that the newest bucket stands for, and its end; milliseconds since the epoch. */
  #second = 0;
  #endsAt = BUCKET_MS;

  /** Used within the minute before `now` (milliseconds since the epoch). */
  used(now: number): number {
    this.#forget(now);
    return this.#total;
  }

  add(amount: number, now: number): void {
    this.#forget(now);
    const bucket = this.#second % BUCKETS;
    this.#used[bucket] = this.#used[bucket]! + amount;
    this.#total += amount;
  }

  /** When at most `allowed` will be left of what was used so far; `now` if that is so already. */
  freeAt(allowed: number, now: number): number {
    if (this.used(now) <= allowed) return now;
    let total = this.#total;
    for (let age = BUCKETS - 1; age >= 0 && total > allowed; age -= 1) {
      const second = this.#second - age;
      if (second < 0) continue;
      total -= this.#used[second % BUCKETS]!;
      if (total <= allowed) return (second + BUCKETS) * BUCKET_MS;
    }
    return now;
  }

  #forget(now: number): void {
    if (now < this.#endsAt) return;
    const second = Math.floor(now / BUCKET_MS);
    const steps = Math.min(BUCKETS, second - this.#second);
    for (let step = 1; step <= steps; step += 1) {
      const bucket = (second - steps + step) % BUCKETS;
      this.#total -= this.#used[bucket]!;
      this.#used[bucket] = 0;
    }
    this.#second = second;
    this.#endsAt = (second + 1) * BUCKET_MS;
  }
}
