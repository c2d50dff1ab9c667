import type { Outcome } from '../../vendors/contract/outcome';

export const TURN = 0;
export const RATE = 1;
export const RATE_AT = 2;
export const WEIGHT = 3;
export const IN_FLIGHT = 4;
const RESPONSE_MS = 5;
const LAST_USED_AT = 6;
const LAST_SUCCESS_AT = 7;
const WIDTH = 8;

/** How fast the shown response time follows a new one. */
const RESPONSE_LEARNING = 0.2;

/** What a key was used for since that was last taken: four numbers a key. */
const ATTEMPTS = 0;
const FAILURES = 1;
const RATE_LIMITED = 2;
const OK_MS = 3;
const USAGE_WIDTH = 4;
const ROWS_PER_USAGE_LOG2 = 1;

/** What calls with one key came to. */
export interface KeyUsage {
  readonly attempts: number;
  /** Those of them that did not go well, and those that met a rate limit. */
  readonly failures: number;
  readonly rateLimited: number;
  /** Milliseconds that those took in all that went well. */
  readonly okMs: number;
}

/**
 * The numbers by which keys are chosen, one row a key. A row is a cache line: to look at four random keys of a hundred thousand
 * costs as many misses, where objects cost thirty.
 */
export class RatingTable {
  /** Replaced when the table grows: to be read anew each time. */
  numbers: Float64Array;
  usage: Float64Array;
  #end = 0;
  readonly #free: number[] = [];

  constructor(rows = 16) {
    this.numbers = new Float64Array(rows * WIDTH);
    this.usage = new Float64Array(rows * USAGE_WIDTH);
  }

  take(): number {
    const row = this.#free.pop() ?? this.#next();
    this.numbers.fill(0, row, row + WIDTH);
    this.usage.fill(0, usageOf(row), usageOf(row) + USAGE_WIDTH);
    return row;
  }

  give(row: number): void {
    this.#free.push(row);
  }

  copy(from: RatingTable, row: number, to: number): void {
    this.numbers.set(from.numbers.subarray(row, row + WIDTH), to);
    this.usage.set(from.usage.subarray(usageOf(row), usageOf(row) + USAGE_WIDTH), usageOf(to));
  }

  #next(): number {
    const row = this.#end;
    this.#end += WIDTH;
    if (this.#end > this.numbers.length) {
      // By a quarter: what is not used yet is a part of what each key costs.
      const rows = Math.ceil((this.numbers.length / WIDTH) * 1.25);
      this.numbers = larger(this.numbers, rows * WIDTH);
      this.usage = larger(this.usage, rows * USAGE_WIDTH);
    }
    return row;
  }
}

/** Whole numbers by shifting: a division would make a fraction of the place. */
const usageOf = (row: number): number => row >> ROWS_PER_USAGE_LOG2;

function larger(numbers: Float64Array, length: number): Float64Array {
  const grown = new Float64Array(length);
  grown.set(numbers);
  return grown;
}

/** One key's row. */
export class Rating {
  row: number;

  constructor(public table: RatingTable) {
    this.row = table.take();
    this.rate = 1;
    this.responseMs = -1;
  }

  /** Gives the row back and takes the numbers along: calls in flight are yet to be settled. */
  leaveTable(): void {
    const own = new RatingTable(1);
    own.copy(this.table, this.row, own.take());
    this.table.give(this.row);
    this.table = own;
    this.row = 0;
  }

  /** Handed out once more. On the hot path, as what follows: the table is looked up once for all. */
  lent(now: number): void {
    const { row } = this;
    const { numbers } = this.table;
    numbers[row + LAST_USED_AT] = now;
    numbers[row + IN_FLIGHT]! += 1;
  }

  /** An attempt with it went well. */
  wentWell(now: number, tookMs: number): void {
    const { row } = this;
    const { numbers } = this.table;
    numbers[row + LAST_SUCCESS_AT] = now;
    const known = numbers[row + RESPONSE_MS]!;
    numbers[row + RESPONSE_MS] = known < 0 ? tookMs : known + (tookMs - known) * RESPONSE_LEARNING;
  }

  /** Books one attempt. */
  countUsage(outcome: Outcome, durationMs: number): void {
    const { usage } = this.table;
    const at = usageOf(this.row);
    usage[at + ATTEMPTS]! += 1;
    if (outcome === 'ok') {
      usage[at + OK_MS]! += durationMs;
      return;
    }
    usage[at + FAILURES]! += 1;
    if (outcome === 'rate_limited') usage[at + RATE_LIMITED]! += 1;
  }

  /** What it was used for since this was last asked. */
  takeUsage(): KeyUsage {
    const { usage } = this.table;
    const at = usageOf(this.row);
    const [attempts, failures, rateLimited, okMs] = [ATTEMPTS, FAILURES, RATE_LIMITED, OK_MS].map(
      (n) => usage[at + n]!,
    );
    usage.fill(0, at, at + USAGE_WIDTH);
    return { attempts: attempts!, failures: failures!, rateLimited: rateLimited!, okMs: okMs! };
  }

  /** Where the key stands in the order of choice: it grows with each use, more slowly for better keys. */
  get turn(): number {
    return this.table.numbers[this.row + TURN]!;
  }
  set turn(value: number) {
    this.table.numbers[this.row + TURN] = value;
  }

  /** Success rate in 0..1, exponentially weighted, as of `rateAt`. */
  get rate(): number {
    return this.table.numbers[this.row + RATE]!;
  }
  set rate(value: number) {
    this.table.numbers[this.row + RATE] = value;
  }

  /** Milliseconds since the epoch, as all times here. */
  get rateAt(): number {
    return this.table.numbers[this.row + RATE_AT]!;
  }
  set rateAt(value: number) {
    this.table.numbers[this.row + RATE_AT] = value;
  }

  get weight(): number {
    return this.table.numbers[this.row + WEIGHT]!;
  }
  set weight(value: number) {
    this.table.numbers[this.row + WEIGHT] = value;
  }

  get inFlight(): number {
    return this.table.numbers[this.row + IN_FLIGHT]!;
  }
  set inFlight(value: number) {
    this.table.numbers[this.row + IN_FLIGHT] = value;
  }

  /** Milliseconds, exponentially weighted; −1 before the first success. */
  get responseMs(): number {
    return this.table.numbers[this.row + RESPONSE_MS]!;
  }
  set responseMs(value: number) {
    this.table.numbers[this.row + RESPONSE_MS] = value;
  }

  get lastUsedAt(): number {
    return this.table.numbers[this.row + LAST_USED_AT]!;
  }
  set lastUsedAt(value: number) {
    this.table.numbers[this.row + LAST_USED_AT] = value;
  }

  get lastSuccessAt(): number {
    return this.table.numbers[this.row + LAST_SUCCESS_AT]!;
  }
  set lastSuccessAt(value: number) {
    this.table.numbers[this.row + LAST_SUCCESS_AT] = value;
  }
}
