import type { Outcome } from '../../vendors/contract/outcome';

export const TURN = 0;
export const RATE = 1;
const RATE_AT = 2;
export const WEIGHT = 3;
export const IN_FLIGHT = 4;
const RESPONSE_MS = 5;
const LAST_USED_AT = 6;
const LAST_SUCCESS_AT = 7;
const WIDTH = 8;

/** The weight of a new response time in the exponentially weighted mean. */
const RESPONSE_LEARNING = 0.2;

/** A key's success rate goes half the way back to its provider's mean in this time, so that a recovered key is tried. */
const FORGETTING_MS = 60_000;
const LEARNING = 0.2;
const MEAN_LEARNING = 0.01;
/** A rate this close to 1 is 1, so that a pool whose last failure is long ago is as quick as one without any. */
const AS_GOOD_AS_ONE = 1 - 1e-6;

/** The columns of the attempt counters, in the order of `AttemptCounters`. */
const ATTEMPTS = 0;
const FAILURES = 1;
const RATE_LIMITED = 2;
const OK_MS = 3;
const COUNTERS_WIDTH = 4;
const COUNTERS_SHIFT = 1;

/** What the attempts with one key came to. */
export interface AttemptCounters {
  readonly attempts: number;
  readonly failures: number;
  /** The failures that met a rate limit. */
  readonly rateLimited: number;
  /** Milliseconds that the successful attempts took in all. */
  readonly okMs: number;
}

/**
 * The numbers by which keys are chosen, one row for each key. A row is one cache line of the processor: a look at four random keys out of
 * 100,000 costs four cache misses, where objects cost thirty.
 */
export class RatingTable {
  /** The arrays are replaced when the table grows, so nobody may hold on to them. */
  numbers: Float64Array;
  counters: Float64Array;
  #end = 0;
  readonly #free: number[] = [];

  constructor(rows = 16) {
    this.numbers = new Float64Array(rows * WIDTH);
    this.counters = new Float64Array(rows * COUNTERS_WIDTH);
  }

  take(): number {
    const row = this.#free.pop() ?? this.#next();
    this.numbers.fill(0, row, row + WIDTH);
    this.counters.fill(0, countersOf(row), countersOf(row) + COUNTERS_WIDTH);
    return row;
  }

  give(row: number): void {
    this.#free.push(row);
  }

  copy(from: RatingTable, row: number, to: number): void {
    this.numbers.set(from.numbers.subarray(row, row + WIDTH), to);
    this.counters.set(from.counters.subarray(countersOf(row), countersOf(row) + COUNTERS_WIDTH), countersOf(to));
  }

  #next(): number {
    const row = this.#end;
    this.#end += WIDTH;
    if (this.#end > this.numbers.length) {
      // Grows by a quarter: unused rows are a part of the memory that each key takes.
      const rows = Math.ceil((this.numbers.length / WIDTH) * 1.25);
      this.numbers = larger(this.numbers, rows * WIDTH);
      this.counters = larger(this.counters, rows * COUNTERS_WIDTH);
    }
    return row;
  }
}

/** The mean success rate of the keys of a pool, 0..1. */
export interface MeanRate {
  rate: number;
}

/** The key's success rate as it counts now: it fades towards the pool's mean with time. */
export function currentRate(numbers: Float64Array, row: number, mean: MeanRate, now: number): number {
  // While nothing fails, all are the same.
  if (numbers[row + RATE] === mean.rate) return mean.rate;
  const age = Math.max(0, now - numbers[row + RATE_AT]!);
  return mean.rate + (numbers[row + RATE]! - mean.rate) * (FORGETTING_MS / (FORGETTING_MS + age));
}

function towards(seen: number, rate: number, learning: number): number {
  const learned = rate + (seen - rate) * learning;
  return learned > AS_GOOD_AS_ONE ? 1 : learned;
}

/** Where a row's counters begin: they take half the width of a row. */
const countersOf = (row: number): number => row >> COUNTERS_SHIFT;

function larger(numbers: Float64Array, length: number): Float64Array {
  const grown = new Float64Array(length);
  grown.set(numbers);
  return grown;
}

/** One key's row of the table, with a property for each column. Times are milliseconds since the epoch. */
export class Rating {
  row: number;
  /** The key's place in the order of choice: it grows with each use, more slowly for better keys. */
  declare turn: number;
  /** Success rate in 0..1, exponentially weighted. */
  declare rate: number;
  declare weight: number;
  declare inFlight: number;
  /** Milliseconds, exponentially weighted; −1 before the first success. */
  declare responseMs: number;
  declare lastUsedAt: number;
  declare lastSuccessAt: number;

  constructor(public table: RatingTable) {
    this.row = table.take();
    this.rate = 1;
    this.responseMs = -1;
  }

  /** Gives the row back and moves the numbers to a table of the key's own, since calls in flight are yet to be settled. */
  leaveTable(): void {
    const own = new RatingTable(1);
    own.copy(this.table, this.row, own.take());
    this.table.give(this.row);
    this.table = own;
    this.row = 0;
  }

  /** Counts a lease of the key. On the hot path, as the next methods: each looks the table up once. */
  leased(now: number): void {
    const { row } = this;
    const { numbers } = this.table;
    numbers[row + LAST_USED_AT] = now;
    numbers[row + IN_FLIGHT]! += 1;
  }

  /** Counts a leased attempt that succeeded. */
  succeeded(now: number, tookMs: number): void {
    const { row } = this;
    const { numbers, counters } = this.table;
    const at = countersOf(row);
    counters[at + ATTEMPTS]! += 1;
    counters[at + OK_MS]! += tookMs;
    numbers[row + IN_FLIGHT]! -= 1;
    numbers[row + LAST_SUCCESS_AT] = now;
    const known = numbers[row + RESPONSE_MS]!;
    numbers[row + RESPONSE_MS] = known < 0 ? tookMs : known + (tookMs - known) * RESPONSE_LEARNING;
  }

  /** Counts a leased attempt that failed. */
  failed(outcome: Outcome): void {
    const { numbers, counters } = this.table;
    const at = countersOf(this.row);
    numbers[this.row + IN_FLIGHT]! -= 1;
    counters[at + ATTEMPTS]! += 1;
    counters[at + FAILURES]! += 1;
    if (outcome === 'rate_limited') counters[at + RATE_LIMITED]! += 1;
  }

  /** Learns from an attempt how often the key succeeds, and its pool with it. */
  learn(success: boolean, mean: MeanRate, now: number): void {
    const { row } = this;
    const { numbers } = this.table;
    const rate = currentRate(numbers, row, mean, now);
    const seen = success ? 1 : 0;
    numbers[row + RATE] = towards(seen, rate, LEARNING);
    numbers[row + RATE_AT] = now;
    mean.rate = towards(seen, mean.rate, MEAN_LEARNING);
  }

  /** The attempts since the last time this was called. */
  takeAttemptCounters(): AttemptCounters {
    const { counters } = this.table;
    const at = countersOf(this.row);
    const [attempts = 0, failures = 0, rateLimited = 0, okMs = 0] = counters.slice(at, at + COUNTERS_WIDTH);
    counters.fill(0, at, at + COUNTERS_WIDTH);
    return { attempts, failures, rateLimited, okMs };
  }
}

const COLUMNS = {
  turn: TURN,
  rate: RATE,
  weight: WEIGHT,
  inFlight: IN_FLIGHT,
  responseMs: RESPONSE_MS,
  lastUsedAt: LAST_USED_AT,
  lastSuccessAt: LAST_SUCCESS_AT,
} as const satisfies Partial<Record<keyof Rating, number>>;

for (const [name, column] of Object.entries(COLUMNS))
  Object.defineProperty(Rating.prototype, name, {
    get(this: Rating) {
      return this.table.numbers[this.row + column];
    },
    set(this: Rating, value: number) {
      this.table.numbers[this.row + column] = value;
    },
  });
