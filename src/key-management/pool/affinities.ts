import { Account, accountName, membersOf } from './key/account';
import type { FittingKeys } from './fitting-keys';
import type { AffinityTarget } from './key/affinity-target';
import type { LeaseTarget } from './key/key-input';
import type { KeyModelState, KeyRecord, PassedOver } from './key/key-record';
import { isOutOfPool } from './key/key-state';
import { chooseIn, chooseOf, expectedAt, isIn, mayServeBy, type AccountChoice } from './selection/account-choice';
import { AccountOrder } from './selection/account-order';
import type { PoolMean } from './selection/choice';
import type { ModelIndex } from './selection/model-index';
import type { Fits } from './selection/tier';

/** What a key is chosen by, beside the affinity. Times are milliseconds since the epoch. */
export type AffinityTerms = Pick<AccountChoice, 'exclude' | 'blockedUntil' | 'now'>;

/** Which keys the call fits, where not every call fits every key. */
type Fitting = Pick<FittingKeys, 'blockedUntil' | 'fits'>;

/** The keys of the pool. */
interface KnownKeys {
  readonly accounts: { named(name: string): Account<KeyRecord> | undefined };
  records(): Iterable<KeyRecord>;
  record(id: string): KeyRecord | undefined;
}

/** So many keys of one account are looked at for a soft affinity. */
const MOST_LOOKS = 64;

/** Chooses keys for calls that belong to an account. */
export class Affinities {
  #order: AccountOrder | undefined;
  /** The key that was chosen last for a call with a soft affinity is in another account than the one that the call prefers. */
  hasMoved = false;

  constructor(
    private readonly states: KnownKeys,
    private readonly mean: PoolMean,
  ) {}

  /** The order of accounts; undefined as long as no call has asked for it. */
  get order(): AccountOrder | undefined {
    return this.#order;
  }

  /** A key of the account with this name; or the key with this id, where no account has that name. */
  memberOf(account: string): KeyRecord | undefined {
    return this.states.accounts.named(account)?.keys[0] ?? this.states.record(account);
  }

  /** The keys that may serve a call, as far as its affinity goes. */
  keysFor(affinity: AffinityTarget | undefined): Iterable<KeyRecord> {
    if (affinity?.kind !== 'hard') return this.states.records();
    const member = this.memberOf(affinity.account);
    return member === undefined ? [] : membersOf(member);
  }

  /** A key is in the pool again, and its account with it if it has no other key there. */
  returned(record: KeyRecord): void {
    if (this.#order === undefined) return;
    const keys = membersOf(record);
    if (keys.some((key) => key !== record && !isOutOfPool(key.status))) return;
    for (const key of keys) this.#order.returned(key);
  }

  /** The key for a call; undefined where it has to wait for one, or there is none. On the hot path of calls with an affinity. */
  choose(
    target: LeaseTarget,
    index: ModelIndex,
    exclude: PassedOver | undefined,
    now: number,
    fitting: Fitting | undefined,
  ): KeyModelState | undefined {
    const { movesAt = 0 } = target;
    const blockedUntil = fitting?.blockedUntil;
    const affinity = target.affinity!;
    this.hasMoved = false;
    if (affinity.kind === 'hard') {
      const member = this.memberOf(affinity.account);
      return member && chooseIn(member, this.#choiceFor(index, { exclude, blockedUntil, now }, undefined, Infinity));
    }
    if (index.tiers.length > 1)
      return this.#ofTiers(affinity.id, target, index, { exclude, blockedUntil, now }, fitting?.fits);
    const order = this.#madeOrder();
    const slot = order.slotOf(affinity.id);
    const front = order.front(slot);
    if (front === undefined) return undefined;
    // The usual case: one look at one key.
    if (!(front instanceof Account) && exclude === undefined && blockedUntil === undefined) {
      const own = front.candidates[index.ordinal]!;
      if (own.availability === 'eligible') return own;
    }
    const choice = this.#choiceFor(index, { exclude, blockedUntil, now }, undefined);
    const found = front instanceof Account ? chooseOf(front, choice) : chooseIn(front, choice);
    return found ?? this.#yielding(order, slot, choice, movesAt);
  }

  /** The same of several tiers: of the lowest that can serve. */
  #ofTiers(
    id: string,
    { movesAt = 0, spillsAt = 0 }: LeaseTarget,
    index: ModelIndex,
    terms: AffinityTerms,
    fits: Fits | undefined,
  ): KeyModelState | undefined {
    const { now } = terms;
    const order = this.#madeOrder();
    const slot = order.slotOf(id);
    for (const tier of index.tiers) {
      const choice = this.#choiceFor(index, terms, tier.rank);
      const candidate = this.#yielding(order, slot, choice, movesAt);
      if (candidate !== undefined) return candidate;
      if (spillsAt > now && tier.mayServeBy(spillsAt, fits)) return undefined;
      if (this.#awaited(order, slot, choice, movesAt)) return undefined;
    }
    return undefined;
  }

  /**
   * When the account that a call waits for is expected to serve it; Infinity where only a call or a check that ends will tell. Undefined where the
   * call waits for no account. Milliseconds since the epoch.
   */
  expectedAt({ affinity, movesAt = 0 }: LeaseTarget, index: ModelIndex, terms: AffinityTerms): number | undefined {
    if (affinity === undefined) return undefined;
    if (affinity.kind === 'hard') {
      const member = this.memberOf(affinity.account);
      return member ? expectedAt(member, this.#choiceFor(index, terms, undefined, Infinity)) : Infinity;
    }
    const order = this.#madeOrder();
    const slot = order.slotOf(affinity.id);
    for (const { rank } of index.tiers) {
      const choice = this.#choiceFor(index, terms, rank);
      const awaited = this.#awaited(order, slot, choice, movesAt);
      if (awaited !== undefined) return expectedAt(awaited, choice);
    }
    return undefined;
  }

  /** Whether a key of the account may be had at any moment, though it cannot be foretold when. */
  mayBeFreed(account: string, index: ModelIndex, now: number): boolean {
    const member = this.memberOf(account);
    if (member === undefined) return false;
    const terms = { exclude: undefined, blockedUntil: undefined, now };
    return mayServeBy(member, this.#choiceFor(index, terms, undefined, Infinity), now);
  }

  /** The name of the account that the call prefers, or is bound to; the same on all instances that know as much of the accounts. */
  accountOf(affinity: AffinityTarget, { ordinal, tiers }: ModelIndex): string | undefined {
    if (affinity.kind === 'hard') {
      const member = this.memberOf(affinity.account);
      return member ? accountName(member) : affinity.account;
    }
    const order = this.#madeOrder();
    const slot = order.slotOf(affinity.id);
    for (const { rank } of tiers) {
      const preferred = order.first(slot, (record) => isIn(record, ordinal, rank));
      if (preferred) return accountName(preferred);
    }
    return undefined;
  }

  /** The key of the account that goes before all others and has one now. Undefined where the call waits for an account that will have one in time. */
  #yielding(order: AccountOrder, slot: number, choice: AccountChoice, movesAt: number): KeyModelState | undefined {
    const { ordinal, tier } = choice;
    const preferred = order.first(slot, (record) => isIn(record, ordinal, tier));
    if (preferred === undefined) return undefined;
    let found: KeyModelState | undefined;
    order.first(slot, (record) => {
      const candidate = chooseIn(record, choice);
      const willDo = candidate !== undefined || this.#isAwaited(record, choice, movesAt);
      if (willDo) found = candidate;
      return willDo;
    });
    if (found) this.hasMoved = accountName(found.record) !== accountName(preferred);
    return found;
  }

  /** The account that goes before all others, of those that serve by `movesAt`, if it cannot do so now. */
  #awaited(order: AccountOrder, slot: number, choice: AccountChoice, movesAt: number): KeyRecord | undefined {
    return order.first(slot, (record) => this.#isAwaited(record, choice, movesAt));
  }

  #isAwaited(record: KeyRecord, choice: AccountChoice, movesAt: number): boolean {
    return movesAt > choice.now && isIn(record, choice.ordinal, choice.tier) && mayServeBy(record, choice, movesAt);
  }

  #madeOrder(): AccountOrder {
    return (this.#order ??= new AccountOrder(this.states.records(), (record) => isIn(record, 0, undefined)));
  }

  #choiceFor(
    { ordinal, tiers }: ModelIndex,
    { exclude, blockedUntil, now }: AffinityTerms,
    tier: number | undefined,
    most = MOST_LOOKS,
  ): AccountChoice {
    const hasTiers = tier === undefined && tiers.length > 1;
    return { ordinal, exclude, blockedUntil, now, mean: this.mean, tier, hasTiers, most };
  }
}
