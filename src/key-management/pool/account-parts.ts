import { accountDemands } from './account-demand';
import { accountName } from './key/account';
import type { KeyRecord } from './key/key-record';
import type { ExpectedTokens } from './limits/expected-tokens';
import { MissedCalls } from './limits/missed-calls';
import type { AccountDemand, GrantedPart, LearnedOfAccount, PartsPort } from './limits/part';
import { NeededAccounts } from './needed-accounts';
import { learnedBy, ToldRates } from './told-rates';

/** What the parts need of the pool and its accounts. */
interface LimitedKeys {
  readonly records: () => Iterable<KeyRecord>;
  readonly modelOf: (ordinal: number) => string | undefined;
  /** Takes in what another instance has learned of the key's account. True where a limit became known by it. */
  readonly told: (record: KeyRecord, learned: LearnedOfAccount, now: number) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** This instance's parts have changed. */
  readonly partsChanged: () => void;
  /** The limits of this key alone have changed. */
  readonly limitLearned: (record: KeyRecord) => void;
}

/** Which parts of the accounts of one pool this instance has, where instances share them; what it asks of them, and what it has learned of them. */
export class AccountParts implements PartsPort {
  /** What was granted of each account, by its shared name; undefined where instances divide nothing. */
  #grants: Map<string, number> | undefined;
  readonly #missed = new MissedCalls();
  readonly #needed = new NeededAccounts();
  readonly #told = new ToldRates();
  #hasLearned = false;
  /** How many calls wait for a key. */
  waiting: (() => number) | undefined = undefined;
  partsWanted: ((isNew?: boolean) => void) | undefined = undefined;

  constructor(private readonly keys: LimitedKeys) {}

  /** The part of the key's account. 0..1 */
  of(record: KeyRecord): number {
    return this.#grants === undefined ? 1 : (this.#grants.get(accountName(record)) ?? 0);
  }

  /** A limit became known, of which this instance may have no part yet. */
  limitFound(): void {
    if (this.#grants !== undefined) this.partsWanted?.(true);
  }

  /** A rate was learned, from a refusal or from headers, that others are to hear. */
  learned(): void {
    this.#hasLearned = true;
  }

  /** A call found no account that it fits now: whatever makes room is of interest. */
  missed(tokens: ExpectedTokens | undefined, now: number): void {
    this.#missed.note(tokens, now);
    if (this.#grants === undefined) return;
    for (const part of this.#grants.values()) if (part >= 1) return;
    this.partsWanted?.();
  }

  /** Whether some call found no account since this was last asked. */
  takeMissed(): boolean {
    return this.#missed.take();
  }

  /** A call came that only the account of this key can serve: a part of it is asked for by name. */
  needed(record: KeyRecord, now: number): void {
    if (this.#needed.note(accountName(record), now)) this.partsWanted?.();
  }

  demands(now: number): readonly AccountDemand[] {
    const demands = accountDemands(this.keys.records(), this.#missed.recent(now, this.waiting), now);
    return demands.map((demand) => this.#needed.marked(demand, now));
  }

  takeLearned(): readonly LearnedOfAccount[] | undefined {
    if (!this.#hasLearned) return undefined;
    this.#hasLearned = false;
    return learnedBy(this.keys.records(), this.keys.modelOf);
  }

  told(learned: readonly LearnedOfAccount[]): void {
    for (const each of learned) this.#told.remember(each);
    const accounts = new Set(learned.map(({ account }) => account));
    let isNew = false;
    for (const record of this.keys.records())
      if (accounts.has(accountName(record))) isNew = this.#learnFrom(record, learned) || isNew;
    this.keys.partsChanged();
    if (isNew && this.#isInUse) this.limitFound();
  }

  /** The key came to an account: what others told of that is known. */
  joined(record: KeyRecord): void {
    const told = this.#told.of(accountName(record));
    if (told === undefined) return;
    this.#learnFrom(record, told.values());
    this.keys.limitLearned(record);
  }

  /** Calls of this instance use some account, or wait for one. */
  get #isInUse(): boolean {
    if ((this.waiting?.() ?? 0) > 0) return true;
    for (const part of this.#grants?.values() ?? []) if (part > 0) return true;
    return false;
  }

  /** True where a limit became known by it. */
  #learnFrom(record: KeyRecord, learned: Iterable<LearnedOfAccount>): boolean {
    const [name, now] = [accountName(record), this.keys.now()];
    let isNew = false;
    for (const each of learned) {
      if (each.account === name) isNew = this.keys.told(record, each, now) || isNew;
    }
    return isNew;
  }

  grant(parts: ReadonlyMap<string, GrantedPart>): void {
    const grants = (this.#grants ??= new Map());
    for (const [account, { fraction }] of parts) grants.set(account, Math.min(1, Math.max(0, fraction)));
    for (const record of this.keys.records()) {
      const part = parts.get(accountName(record));
      if (part) this.#divide(record, part.level);
    }
    this.keys.partsChanged();
  }

  divide(parts: ReadonlyMap<string, GrantedPart> | undefined): void {
    this.#grants = parts && new Map(Array.from(parts, ([account, { fraction }]) => [account, fraction] as const));
    // Of what is gained others may have just used all.
    for (const record of this.keys.records()) this.#divide(record, 0);
    this.keys.partsChanged();
  }

  #divide(record: KeyRecord, level: number): void {
    const part = this.of(record);
    const now = this.keys.now();
    if (record.hardLimits) record.hardLimits.part = part;
    for (const { rateLimiter } of record.candidates)
      if (rateLimiter && rateLimiter.part !== part) rateLimiter.divide(part, level, now);
  }
}
