import { accountName } from './key/account';
import type { KeyRecord } from './key/key-record';
import type { LearnedOfAccount } from './limits/part';

/** Other instances may have learned of any number of accounts: the latest of them are remembered. */
const MOST_ACCOUNTS = 1_000;

/** What other instances have learned of accounts, until the keys of these accounts are known here as well. */
export class ToldRates {
  /** By account, then by model and dimension. The account of which was told last comes last. */
  readonly #told = new Map<string, Map<string, LearnedOfAccount>>();

  remember(learned: LearnedOfAccount): void {
    const { account, model, dimension } = learned;
    const told = this.#told.get(account) ?? new Map<string, LearnedOfAccount>();
    this.#told.delete(account);
    this.#told.set(account, told);
    told.set(`${dimension} ${model ?? ''}`, learned);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MOST_ACCOUNTS) break;
      this.#told.delete(oldest);
    }
  }

  /** What was told of the account; undefined for nothing. */
  of(account: string): ReadonlyMap<string, LearnedOfAccount> | undefined {
    return this.#told.get(account);
  }
}

/** What this instance has learned itself of the accounts of these keys. */
export function learnedBy(
  records: Iterable<KeyRecord>,
  modelOf: (ordinal: number) => string | undefined,
): LearnedOfAccount[] {
  const learned: LearnedOfAccount[] = [];
  const seen = new Set<unknown>();
  for (const record of records) {
    for (const [ordinal, { rateLimiter }] of record.candidates.entries()) {
      if (rateLimiter === undefined || seen.has(rateLimiter)) continue;
      seen.add(rateLimiter);
      const account = accountName(record);
      for (const limit of rateLimiter.learned) learned.push({ account, model: modelOf(ordinal), ...limit });
    }
  }
  return learned;
}
