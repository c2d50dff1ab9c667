import { inspect } from 'node:util';
import type { CheckedClassification } from '../classification/classification';
import type { HeaderView } from '../vendors/contract/rate-limits';
import type { Usage } from '../usage/usage';
import type { ApiKey } from './key/api-key';
import type { KeyModelState } from './key/key-record';
import type { ExpectedTokens, UsedTokens } from './limits/expected-tokens';
import type { HardLimits } from './limits/hard-limits';
import type { MeteredCall } from './limits/metered-call';
import type { SentCall } from './limits/sent-call';
import {
  checkedSettlement,
  settlementOf,
  type CheckedOutcome,
  type SettledOutcome,
  type Settlement,
  type Source,
} from './state/settlement';

/** Takes leases back: the pool that made them. Times are milliseconds since the epoch. */
export interface LeaseOwner {
  readonly now: number;
  /** A call begins with the lease. */
  leaseMade(lease: PoolLease): void;
  /** The vendor has begun to answer well. `now`: where the caller has just looked. */
  leaseAccepted(lease: PoolLease, now?: number): void;
  settleLease(lease: PoolLease, settlement: Settlement, now: number): void;
  /** A refusal that was withheld is the key's own. */
  refusalConfirmed(lease: PoolLease, settlement: Settlement, now: number): void;
  /** The removal that the lease led to is doubted. */
  removalDoubted(lease: PoolLease, now: number): void;
  /** The vendor's answer has come: its headers may state rate limits. */
  answerSeen(lease: PoolLease, headers: HeaderView): void;
  tokensUsed(lease: PoolLease, used: UsedTokens): void;
  /** The lease was settled before it was known what the call used. */
  usedLate(lease: PoolLease, usage: Usage): void;
}

/** One key handed out for one attempt, settled exactly once. */
export interface KeyLease {
  readonly apiKey: string;
  readonly keyId: string;
  readonly maskedKey: string;
  /**
   * Gives the key back with what the attempt turned out to be.
   * @throws TypeError for what is no outcome.
   * @throws Error on a second call under `NODE_ENV=test`; elsewhere a second call does nothing.
   */
  settle(outcome: SettledOutcome): void;
}

/**
 * The lease as the pool and the executor know it. Its times are milliseconds since the epoch. It has no private members: with one in a base class,
 * each object of a derived class takes twice the time to make.
 */
export class PoolLease implements KeyLease {
  /** Only the lease itself writes this and the next. */
  settled = false;
  /** The vendor had accepted the call before it ended. */
  wasAccepted = false;
  /** The neighbours in the list of open leases, which alone writes them. */
  before: PoolLease | undefined = undefined;
  after: PoolLease | undefined = undefined;
  /** How the call is booked against its account's rate limits; undefined where it is not. */
  sent: SentCall | undefined = undefined;
  /** Where it has reserved what it is expected to take of the limits that the user states. */
  reservedIn: HardLimits | undefined = undefined;
  /** How it is booked with the meters of its key; undefined where none counts it. */
  metered: MeteredCall | undefined = undefined;
  /** Tokens that were reported to be used so far. */
  usedSoFar = 0;
  /** What its answers state to have used, with what it cost; undefined where they state nothing. */
  usage: Usage | undefined = undefined;
  /** The model that the answers name, of an attempt that named none. */
  answeringModel: string | undefined = undefined;
  /** The first call after a cooldown: until the vendor accepts it, no other begins. */
  readonly trial: boolean;
  /** What the attempt began with, though its key may have a new token meanwhile. */
  readonly key: ApiKey;

  constructor(
    private readonly owner: LeaseOwner,
    /** Replaced when a model index is made for the lease's model. */
    public candidate: KeyModelState,
    readonly model: string | undefined,
    readonly source: Source,
    readonly startedAt: number,
    /** The endpoint that the caller named, or that was seen in the request. */
    public endpoint?: string,
    /** What the call is expected to take; undefined where nobody said. */
    readonly tokens?: ExpectedTokens,
  ) {
    this.key = candidate.record.key;
    this.trial = source === 'call' && candidate.onTrial;
    if (source === 'call') owner.leaseMade(this);
  }

  get apiKey(): string {
    return this.key.reveal();
  }

  get keyId(): string {
    return this.key.id;
  }

  get maskedKey(): string {
    return this.key.masked;
  }

  /** The vendor account that the key shares with others, where it is known. */
  get account(): string | undefined {
    return this.candidate.record.account?.name;
  }

  /** Tokens of the account are limited, so the tokens of the call must be reported with `used`. */
  get countsTokens(): boolean {
    const { record, rateLimiter } = this.candidate;
    return (
      record.hardLimits?.limits.tokensPerMinute !== undefined ||
      (this.metered?.countsTokens ?? false) ||
      (rateLimiter?.countsTokens ?? false)
    );
  }

  /**
   * Tells the pool that the vendor has accepted the call: the headers of a good answer have come, or the first content of a stream. A trial
   * ends with it, however long the answer goes on. Only the first time counts.
   * @param now Milliseconds since the epoch, where the caller has just looked.
   */
  accepted(now?: number): void {
    if (this.settled || this.wasAccepted) return;
    this.wasAccepted = true;
    this.owner.leaseAccepted(this, now);
  }

  /** Shows the pool the headers of the vendor's answer. */
  answered(headers: HeaderView): void {
    this.owner.answerSeen(this, headers);
  }

  /** Reports how many tokens the call has used so far: also in the midst of a stream, and again when more is known. */
  used(tokens: UsedTokens): void {
    this.owner.tokensUsed(this, tokens);
  }

  /** Reports what the call used after it was settled as one that states nothing. */
  usedLate(usage: Usage): void {
    this.owner.usedLate(this, usage);
  }

  /** @param now Milliseconds since the epoch, where the caller has just looked. */
  settle(outcome: SettledOutcome, now = this.owner.now): void {
    if (this.settled) settledTwice(this);
    else settle(this, this.owner, settlementOf(outcome, this, now), now);
  }

  /** As `settle`, with what the package classified itself. */
  settleChecked(outcome: CheckedOutcome, now = this.owner.now): void {
    if (this.settled) settledTwice(this);
    else settle(this, this.owner, checkedSettlement(outcome, this, now), now);
  }

  /** The withheld refusal that this lease was settled with is the key's own: now it counts. */
  confirm(refusal: CheckedClassification, now = this.owner.now): void {
    this.owner.refusalConfirmed(this, checkedSettlement(refusal, this, now), now);
  }

  /** Another key of the same call met what removed this one, and only the status table is behind it: the key cools down instead. */
  takeRemovalBack(now = this.owner.now): void {
    this.owner.removalDoubted(this, now);
  }

  toJSON(): unknown {
    return { keyId: this.keyId, maskedKey: this.maskedKey, settled: this.settled };
  }

  [inspect.custom](): string {
    return `KeyLease(${this.maskedKey})`;
  }
}

function settle(lease: PoolLease, owner: LeaseOwner, settlement: Settlement, now: number): void {
  lease.settled = true;
  owner.settleLease(lease, settlement, now);
}

function settledTwice({ maskedKey }: PoolLease): void {
  // No setting: what Jest and others set while tests run.
  // eslint-disable-next-line no-restricted-properties
  if (process.env.NODE_ENV === 'test') throw new Error(`The lease of key ${maskedKey} is settled already.`);
}

/**
 * The open leases that name their model, for whoever must find those of one model. A doubly linked list through the leases themselves, since
 * every call that names its model joins and leaves it: that takes no object and no look-up.
 */
export class OpenLeases {
  #first: PoolLease | undefined = undefined;

  add(lease: PoolLease): void {
    const next = this.#first;
    lease.after = next;
    if (next !== undefined) next.before = lease;
    this.#first = lease;
  }

  /** Does nothing for a lease that is not in the list. */
  remove(lease: PoolLease): void {
    const { before, after } = lease;
    if (before !== undefined) before.after = after;
    else if (this.#first === lease) this.#first = after;
    if (after !== undefined) after.before = before;
    lease.before = lease.after = undefined;
  }

  *[Symbol.iterator](): Iterator<PoolLease> {
    for (let lease = this.#first; lease !== undefined; lease = lease.after) yield lease;
  }
}
