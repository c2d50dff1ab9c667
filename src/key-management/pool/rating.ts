export const TURN = 0;
export const RATE = 1;
export const RATE_AT = 2;
export const WEIGHT = 3;
export const IN_FLIGHT = 4;
const RESPONSE_MS = 5;
const LAST_USED_AT = 6;
const LAST_SUCCESS_AT = 7;
const WIDTH = 8;

/**
 * The numbers by which keys are chosen, one row a key. A row is a cache line: to look at four random keys of a hundred thousand
 * costs as many misses, where objects cost thirty.
 */
export class RatingTable {
  /** Replaced when the table grows: to be read anew each time. */
  numbers: Float64Array;
  #end = 0;
  readonly #free: number[] = [];

  constructor(rows = 16) {
    this.numbers = new Float64Array(rows * WIDTH);
  }

  take(): number {
    const row = this.#free.pop() ?? this.#next();
    this.numbers.fill(0, row, row + WIDTH);
    return row;
  }

  give(row: number): void {
    this.#free.push(row);
  }

  copy(from: RatingTable, row: number, to: number): void {
    this.numbers.set(from.numbers.subarray(row, row + WIDTH), to);
  }

  #next(): number {
    const row = this.#end;
    this.#end += WIDTH;
    if (this.#end > this.numbers.length) {
      // By a quarter: what is not used yet is a part of what each key costs.
      const larger = new Float64Array(WIDTH * Math.ceil((this.numbers.length / WIDTH) * 1.25));
      larger.set(this.numbers);
      this.numbers = larger;
    }
    return row;
  }
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
