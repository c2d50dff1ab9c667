import { inspect } from 'node:util';
import type { CheckedClassification } from '../classification/classification';
import type { HeaderView } from '../vendors/contract/vendor';
import type { Listed } from './open-leases';
import {
  checkedSettlement,
  settlementOf,
  type CheckedOutcome,
  type SettledOutcome,
  type Settlement,
  type Source,
} from './state/settlement';
import type { KeyModelState } from './key/key-model-state';

/** What a lease is given back to. */
export interface LeaseOwner {
  /** A lease was made. */
  leaseMade(lease: PoolLease): void;
  /** The vendor has begun to answer well. */
  leaseAccepted(lease: PoolLease, now?: number): void;
  settleLease(lease: PoolLease, settlement: Settlement, now?: number): void;
  /** A refusal that was withheld is the key's own. */
  refusalConfirmed(lease: PoolLease, settlement: Settlement, now?: number): void;
  /** The vendor's answer to this lease's request has come: what its headers say is left paces the key. */
  answerSeen(lease: PoolLease, headers: HeaderView): void;
  tokensUsed(lease: PoolLease, tokens: number): void;
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

export class PoolLease implements KeyLease, Listed {
  private isSettled = false;
  private isAccepted = false;
  /** Its neighbours among the pool's open leases. */
  before: Listed | undefined = undefined;
  after: Listed | undefined = undefined;
  /** The first call after a cooldown: until it is accepted, no other begins. */
  readonly trial: boolean;

  constructor(
    private readonly owner: LeaseOwner,
    /** Another one when its model gets a lane of its own. */
    public slot: KeyModelState,
    readonly model: string | undefined,
    readonly source: Source,
    /** Milliseconds since the epoch. */
    readonly startedAt: number,
    /** Named by the caller, or seen in the request. */
    public endpoint?: string,
  ) {
    this.trial = source === 'call' && slot.onTrial;
    if (model !== undefined) owner.leaseMade(this);
  }

  get apiKey(): string {
    return this.slot.record.key.reveal();
  }

  get keyId(): string {
    return this.slot.record.key.id;
  }

  get maskedKey(): string {
    return this.slot.record.key.masked;
  }

  get settled(): boolean {
    return this.isSettled;
  }

  /** The vendor had accepted the call before it ended. */
  get wasAccepted(): boolean {
    return this.isAccepted;
  }

  /**
   * Tells the pool that the vendor has accepted the call: the headers of a good answer have come, or the first content of a stream. A trial
   * ends with it, however long the answer goes on. Only the first time counts.
   * @param now Milliseconds since the epoch, where the caller has just looked.
   */
  accepted(now?: number): void {
    if (this.isSettled || this.isAccepted) return;
    this.isAccepted = true;
    this.owner.leaseAccepted(this, now);
  }

  /** Shows the pool the headers of the vendor's answer. */
  answered(headers: HeaderView): void {
    this.owner.answerSeen(this, headers);
  }

  /** Whether the tokens of the call must be counted: the user limits them. */
  get countsTokens(): boolean {
    return this.slot.record.hardLimits?.limits.tokensPerMinute !== undefined;
  }

  /** Tells how many tokens the call used. */
  used(tokens: number): void {
    this.owner.tokensUsed(this, tokens);
  }

  /** @param now Milliseconds since the epoch, where the caller has just looked. */
  settle(outcome: SettledOutcome, now?: number): void {
    if (this.#isOpen())
      this.#settle(typeof outcome === 'string' ? settlementOf(outcome) : settlementOf(outcome, [this.apiKey]), now);
  }

  /** As `settle`, with what the package classified itself. */
  settleChecked(outcome: CheckedOutcome, now?: number): void {
    if (this.#isOpen()) this.#settle(checkedSettlement(outcome), now);
  }

  #isOpen(): boolean {
    if (this.isSettled) {
      // No setting: what Jest and others set while tests run.
      // eslint-disable-next-line no-restricted-properties
      if (process.env.NODE_ENV === 'test') throw new Error(`The lease of key ${this.maskedKey} is settled already.`);
    }
    return !this.isSettled;
  }

  #settle(settlement: Settlement, now: number | undefined): void {
    this.isSettled = true;
    this.owner.settleLease(this, settlement, now);
  }

  /** The refusal that this lease was settled with, withheld, is the key's own: now it counts. */
  confirm(refusal: CheckedClassification, now?: number): void {
    this.owner.refusalConfirmed(this, checkedSettlement(refusal), now);
  }

  toJSON(): unknown {
    return { keyId: this.keyId, maskedKey: this.maskedKey, settled: this.isSettled };
  }

  [inspect.custom](): string {
    return `KeyLease(${this.maskedKey})`;
  }
}
