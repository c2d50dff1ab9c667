import type { LeaseTarget } from './key/key-input';
import type { KeyModelState } from './key/key-record';
import type { PoolAccounts } from './pool-accounts';
import type { Fits } from './selection/tier';

/**
 * Which keys the call fits that a key is being chosen for. The two functions are made once, and not for each call: a choice is synchronous, so that
 * there is one call at a time.
 */
export class FittingKeys {
  #target: LeaseTarget = {};
  #now = 0;
  #canWait = false;

  constructor(private readonly accounts: Pick<PoolAccounts, 'blockedFor'>) {}

  /** The keys that this call fits; until the next call. @param now Milliseconds since the epoch. */
  to(target: LeaseTarget, now: number, canWait: boolean): this {
    this.#target = target;
    this.#now = now;
    this.#canWait = canWait;
    return this;
  }

  /** Until when the call may not go with the key, milliseconds since the epoch; 0 if it may go now. */
  readonly blockedUntil = (key: KeyModelState): number =>
    this.accounts.blockedFor(key, this.#target, this.#now, this.#canWait);

  /** Whether the call fits the key. */
  readonly fits: Fits = (key, by = this.#now) => this.blockedUntil(key) <= by;
}
