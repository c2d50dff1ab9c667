import type { AccountDemand } from './limits/part';

/** An account is needed for this long after a call came that it alone can serve. Milliseconds. */
const NEEDED_MS = 60_000;

/** The accounts for which calls came lately that no other account can serve. Times are milliseconds since the epoch. */
export class NeededAccounts {
  readonly #neededAt = new Map<string, number>();

  /** Such a call came. True where none had come lately. */
  note(account: string, now: number): boolean {
    const isNew = !this.has(account, now);
    this.#neededAt.set(account, now);
    return isNew;
  }

  /** The demand, with what is needed said of it. */
  marked(demand: AccountDemand, now: number): AccountDemand {
    return this.has(demand.account, now) ? { ...demand, isNeeded: true } : demand;
  }

  has(account: string, now: number): boolean {
    const neededAt = this.#neededAt.get(account);
    if (neededAt === undefined) return false;
    if (now - neededAt < NEEDED_MS) return true;
    this.#neededAt.delete(account);
    return false;
  }
}
