/** Rates of accounts that differ by more than this say nothing of another account. */
const ALIKE = 1.4;
const LEAST_ACCOUNTS = 3;

/** What was learned of the rates of some accounts of a pool, for those of which nothing was learned yet: most pools have keys of one kind. */
export class PriorRates {
  /** Units per millisecond that another account may be expected to allow; Infinity where nothing is known. */
  expected = Infinity;
  readonly #rates = new Map<object, number>();

  /** @param account Whose rate it is. @param perMs Units per millisecond. */
  learned(account: object, perMs: number): void {
    this.#rates.delete(account);
    this.#rates.set(account, perMs);
    for (const oldest of this.#rates.keys()) {
      if (this.#rates.size <= MOST_REMEMBERED) break;
      this.#rates.delete(oldest);
    }
    this.expected = this.#expectation();
  }

  #expectation(): number {
    if (this.#rates.size < LEAST_ACCOUNTS) return Infinity;
    const rates = [...this.#rates.values()].sort((one, other) => one - other);
    return rates.at(-1)! <= rates[0]! * ALIKE ? rates[Math.floor(rates.length / 2)]! : Infinity;
  }
}

/** The latest of the accounts tell enough. */
const MOST_REMEMBERED = 8;
