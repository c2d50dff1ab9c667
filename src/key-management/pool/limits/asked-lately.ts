import type { ExpectedTokens } from './expected-tokens';

/** Of no more milliseconds calls are remembered. A power of two. */
const MOST_ROWS = 256;
/** Of fewer at first: very many accounts are seldom called. A power of two. */
const FIRST_ROWS = 8;
/** Calls are remembered for this long. Milliseconds. */
export const LATELY_MS = 4_000;

/** The columns of a row: when its calls were sent, how many they are, of how many nobody knows what they take, and what the others take. */
const AT = 0;
const CALLS = 1;
const UNKNOWN = 2;
const INPUT = 3;
const OUTPUT = 4;
const WIDTH = 5;

/** What calls ask for. */
export interface AskedFor {
  readonly calls: number;
  /** Of so many of them nobody knows what they take. */
  readonly unknown: number;
  /** What the others take together. */
  readonly tokens: ExpectedTokens;
}

/**
 * What the calls of the last seconds asked for: a ring of numbers with a row for each millisecond, since an object that is kept for seconds outlives the
 * young ones, and costs as much as the rest of a lease when it is thrown away.
 */
export class AskedLately {
  #ring = new Float64Array(FIRST_ROWS * WIDTH);
  #mask = FIRST_ROWS - 1;
  /** The numbers of the oldest row that is remembered, and of the next one. */
  #first = 0;
  #next = 0;
  #since = -Infinity;

  /** Since when all calls of the last seconds are remembered: fewer are where there are very many. Milliseconds since the epoch. */
  get since(): number {
    return this.#since;
  }

  /** A call is sent. @returns the number of its row */
  add(tokens: ExpectedTokens | undefined, now: number): number {
    let row = this.#next - 1;
    if (row < this.#first || this.#ring[this.#at(row)] !== now) row = this.#newRow(now);
    const at = this.#at(row);
    this.#ring[at + CALLS]! += 1;
    this.#count(at, tokens, 1);
    return row;
  }

  /** It is known better what a call of this row takes. */
  corrected(row: number, before: ExpectedTokens | undefined, tokens: ExpectedTokens): void {
    if (row < this.#first) return;
    this.#count(this.#at(row), before, -1);
    this.#count(this.#at(row), tokens, 1);
  }

  /** What the calls of the last seconds asked for together. */
  sum(now: number): AskedFor {
    const ring = this.#ring;
    let calls = 0;
    let unknown = 0;
    let input = 0;
    let output = 0;
    for (let row = this.#first; row < this.#next; row += 1) {
      const at = this.#at(row);
      if (ring[at + AT]! <= now - LATELY_MS) continue;
      calls += ring[at + CALLS]!;
      unknown += ring[at + UNKNOWN]!;
      input += ring[at + INPUT]!;
      output += ring[at + OUTPUT]!;
    }
    return { calls, unknown, tokens: { input, output } };
  }

  #at(row: number): number {
    return (row & this.#mask) * WIDTH;
  }

  #count(at: number, tokens: ExpectedTokens | undefined, by: 1 | -1): void {
    const ring = this.#ring;
    if (tokens === undefined) ring[at + UNKNOWN]! += by;
    else {
      ring[at + INPUT]! += by * tokens.input;
      ring[at + OUTPUT]! += by * tokens.output;
    }
  }

  #newRow(now: number): number {
    // The one before the last seconds is kept.
    while (this.#next - this.#first > 1 && this.#ring[this.#at(this.#first + 1)]! <= now - LATELY_MS) this.#first += 1;
    if (this.#next - this.#first > this.#mask) this.#makeRoom();
    const row = this.#next;
    const at = this.#at(row);
    this.#ring.fill(0, at, at + WIDTH);
    this.#ring[at + AT] = now;
    this.#next = row + 1;
    return row;
  }

  /** Twice as many rows are remembered; of the most, the older half is forgotten. */
  #makeRoom(): void {
    if (this.#mask === MOST_ROWS - 1) {
      this.#first += MOST_ROWS / 2;
      this.#since = this.#ring[this.#at(this.#first)]!;
      return;
    }
    const [earlier, mask] = [this.#ring, this.#mask];
    this.#mask = 2 * mask + 1;
    this.#ring = new Float64Array(2 * earlier.length);
    for (let row = this.#first; row < this.#next; row += 1) {
      const at = (row & mask) * WIDTH;
      this.#ring.set(earlier.subarray(at, at + WIDTH), this.#at(row));
    }
  }
}
