import type { LearnedLimit } from './rate-limiter';

/** What this instance asks of one account, as a fraction of the account's limits. */
export interface AccountDemand {
  /** The account's name, the same on every instance. */
  readonly account: string;
  /** Calls and tokens that it served lately, relative to its limits: 1 is all of them. */
  readonly wanted: number;
  /** Calls waited lately that the account might have served. */
  readonly isShort: boolean;
  /** What it would take to serve all calls that wait now within two seconds, if they all went to this account; left out where that is not known. */
  readonly waiting?: number;
  /** Calls come that this account alone can serve: another account will not do. */
  readonly isNeeded?: boolean;
  /** What this instance cannot give back yet: the greatest used part of one of its limits. 0..1 */
  readonly bound: number;
  /** The smallest part that is of use: one whole unit of the smallest limit. 0..1 */
  readonly quantum: number;
  /** How long it takes to refill what is left now of this instance's part; milliseconds, left out where that is not known. */
  readonly stockMs?: number;
  /** How long it takes until what was used of its limits is there again; milliseconds. */
  readonly refillMs: number;
}

/** What is granted of one account. */
export interface GrantedPart {
  /** Of every limit of the account. 0..1 */
  readonly fraction: number;
  /** How much of what is gained is full: 0 where others may have just used it, 1 where it has refilled since. */
  readonly level: number;
}

/** A rate that an instance has learned of an account, as it tells the others. */
export interface LearnedOfAccount extends LearnedLimit {
  /** The account's name, the same on every instance. */
  readonly account: string;
  /** The model that the limit is for; undefined where it is for calls of any. */
  readonly model: string | undefined;
}

/**
 * Where instances share accounts: what a pool tells of its demand, and how it is given its parts. A part is the fraction of every limit of one
 * account that this instance may use; the parts of all instances never add up to more than 1.
 */
export interface PartsPort {
  /** The accounts with limits, known or stated, and what this instance asks of them. `now` is milliseconds since the epoch. */
  demands(now: number): readonly AccountDemand[];
  /** Sets this instance's parts of these accounts. An account that is not known is remembered, in case its limits become known. */
  grant(parts: ReadonlyMap<string, GrantedPart>): void;
  /** From now on the part of an account is what is granted of it, these at first, and 0 until then; with none, every part is 1. */
  divide(parts: ReadonlyMap<string, GrantedPart> | undefined): void;
  /** The rates that this instance has learned itself; undefined where nothing is new since this was last asked. */
  takeLearned(): readonly LearnedOfAccount[] | undefined;
  /** What other instances have learned. An account that is not known is remembered. */
  told(learned: readonly LearnedOfAccount[]): void;
  /** Called when this instance needs a part of an account at once; `isNew` when an account's limits became known. */
  partsWanted: ((isNew?: boolean) => void) | undefined;
}
