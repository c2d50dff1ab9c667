const FIRST_ROWS = 16;

/** What is counted of a key in each minute and hour. */
export interface KeyCounts {
  readonly requests: number;
  readonly failures: number;
  readonly rateLimited: number;
  readonly responseMs: number;
}

/** The keys that were used in one minute or hour, a row of 24 bytes each. Keys that were not used cost nothing. */
export class KeyBucket {
  #rows = 0;
  #numbers = new Uint32Array(FIRST_ROWS);
  #requests = new Uint32Array(FIRST_ROWS);
  #failures = new Uint32Array(FIRST_ROWS);
  #rateLimited = new Uint32Array(FIRST_ROWS);
  #responseMs = new Float64Array(FIRST_ROWS);
  /** Only while the bucket is written to. */
  #index: Map<number, number> | undefined;

  get rows(): number {
    return this.#rows;
  }

  /** Adds to the key's row; true if the row is new. */
  add(keyNumber: number, { requests, failures, rateLimited, responseMs }: KeyCounts): boolean {
    const index = (this.#index ??= this.#indexed());
    const found = index.get(keyNumber);
    const row = found ?? this.#newRow(keyNumber, index);
    this.#requests[row]! += requests;
    this.#failures[row]! += failures;
    this.#rateLimited[row]! += rateLimited;
    this.#responseMs[row]! += responseMs;
    return found === undefined;
  }

  get(keyNumber: number): KeyCounts | undefined {
    const row = this.#index ? this.#index.get(keyNumber) : this.#numbers.indexOf(keyNumber);
    return row === undefined || row < 0 || row >= this.#rows ? undefined : this.#row(row);
  }

  /** Takes the key's row out; the last one takes its place. */
  take(keyNumber: number): KeyCounts | undefined {
    const counts = this.get(keyNumber);
    if (!counts) return undefined;
    const last = this.pop()!;
    if (last[0] === keyNumber) return counts;
    const row = this.#index?.get(keyNumber) ?? this.#numbers.indexOf(keyNumber);
    this.#index?.delete(keyNumber);
    this.#index?.set(last[0], row);
    this.#numbers[row] = last[0];
    for (const [column, value] of [
      [this.#requests, last[1].requests],
      [this.#failures, last[1].failures],
      [this.#rateLimited, last[1].rateLimited],
      [this.#responseMs, last[1].responseMs],
    ] as const)
      column[row] = value;
    return counts;
  }

  has(keyNumber: number): boolean {
    return this.get(keyNumber) !== undefined;
  }

  *entries(): Iterable<readonly [keyNumber: number, counts: KeyCounts]> {
    for (let row = 0; row < this.#rows; row += 1) yield [this.#numbers[row]!, this.#row(row)];
  }

  /** Takes the last row out. */
  pop(): readonly [keyNumber: number, counts: KeyCounts] | undefined {
    if (this.#rows === 0) return undefined;
    const row = this.#rows - 1;
    const popped = [this.#numbers[row]!, this.#row(row)] as const;
    this.#rows = row;
    this.#index?.delete(popped[0]);
    for (const column of [this.#requests, this.#failures, this.#rateLimited, this.#responseMs]) column[row] = 0;
    return popped;
  }

  /** Gives back the room that only writing needs. It may be written to all the same. */
  seal(): void {
    if (!this.#index) return;
    this.#index = undefined;
    this.#resize(Math.max(this.#rows, 1));
  }

  #row(row: number): KeyCounts {
    return {
      requests: this.#requests[row]!,
      failures: this.#failures[row]!,
      rateLimited: this.#rateLimited[row]!,
      responseMs: this.#responseMs[row]!,
    };
  }

  #newRow(keyNumber: number, index: Map<number, number>): number {
    if (this.#rows === this.#numbers.length) this.#resize(this.#rows * 2);
    const row = this.#rows;
    this.#rows += 1;
    this.#numbers[row] = keyNumber;
    index.set(keyNumber, row);
    return row;
  }

  #indexed(): Map<number, number> {
    const index = new Map<number, number>();
    for (let row = 0; row < this.#rows; row += 1) index.set(this.#numbers[row]!, row);
    return index;
  }

  #resize(length: number): void {
    this.#numbers = resized(this.#numbers, new Uint32Array(length));
    this.#requests = resized(this.#requests, new Uint32Array(length));
    this.#failures = resized(this.#failures, new Uint32Array(length));
    this.#rateLimited = resized(this.#rateLimited, new Uint32Array(length));
    this.#responseMs = resized(this.#responseMs, new Float64Array(length));
  }
}

function resized<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from.subarray(0, to.length));
  return to;
}
