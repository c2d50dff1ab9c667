import type { Affinities } from './affinities';
import type { CircuitBreaker } from './circuit-breaker';
import type { LeaseTarget } from './key/key-input';
import type { KeyModelState } from './key/key-record';
import type { PoolAccounts } from './pool-accounts';
import type { ModelIndex } from './selection/model-index';
import type { ModelIndexes } from './selection/model-indexes';
import type { EndpointCooldowns } from './state/cooldowns';

/** Of so many keys that a call does not fit, the others are not looked at for when it will. */
const MOST_LOOKS = 256;
/** They are looked at again after this time. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** What is known of a pool that tells when keys come. */
interface PoolKnowledge {
  readonly accounts: PoolAccounts;
  readonly affinities: Affinities;
  readonly indexes: ModelIndexes;
  readonly endpoints: EndpointCooldowns;
  readonly breaker: CircuitBreaker;
}

/** When keys can be had that cannot be had now. Times are milliseconds since the epoch. */
export class Outlook {
  constructor(private readonly pool: PoolKnowledge) {}

  /** When such a call fits an account at the soonest: 0 for now or at any moment, Infinity where no key is expected to come. */
  availableAt(target: LeaseTarget, now: number): number {
    const { endpoint, affinity } = target;
    const { breaker, endpoints } = this.pool;
    if (breaker.isOpen(now) || (endpoints.concerns(endpoint) && affinity?.kind !== 'soft'))
      return this.mayBeFreed(target, now) ? 0 : (this.nextWake(target, now) ?? Infinity);
    const index = this.#indexFor(target, now);
    const awaitedAt = affinity === undefined ? undefined : this.#accountAt(target, index, now);
    if (awaitedAt !== undefined) return awaitedAt > now ? awaitedAt : 0;
    const fitsAt = this.#fitsAt(index, target, now);
    if (fitsAt <= now) return 0;
    const at = Math.min(fitsAt, index.nextWake ?? Infinity);
    return at === Infinity && index.hasCandidate ? 0 : at;
  }

  /** When the next cooldown, trial or pause ends that such a call could wait for; with a soft affinity, that is any. */
  nextWake(target: LeaseTarget, now: number): number | undefined {
    const { breaker, endpoints } = this.pool;
    const { endpoint } = target;
    const wake = endpoints.concerns(endpoint) ? this.#endpointAt(endpoint, target, now) : this.#wakeOf(target, now);
    const admitsAt = breaker.admitsAt(now);
    if (admitsAt === undefined) return wake === Infinity ? undefined : wake;
    return Math.max(admitsAt, this.#hasCandidate(target, now) ? 0 : (wake ?? Infinity));
  }

  /** A key for such a call can be had now, or may be at any moment: it is in use, or being checked. */
  mayBeFreed(target: LeaseTarget, now: number): boolean {
    return !this.pool.breaker.isOpen(now) && this.#hasCandidate(target, now);
  }

  /** When the account that the call waits for is expected to serve it; undefined where it waits for no account. */
  #accountAt(target: LeaseTarget, index: ModelIndex, now: number): number | undefined {
    const { accounts, affinities, endpoints } = this.pool;
    const { endpoint } = target;
    const exclude = endpoint === undefined ? undefined : endpoints.passedOver(endpoint, undefined, now);
    const blockedUntil = (key: KeyModelState): number => accounts.blockedFor(key, target, now, true);
    return affinities.expectedAt(target, index, { exclude, blockedUntil, now });
  }

  /** When such a call fits one of the keys that can be chosen now; Infinity where none can. */
  #fitsAt(index: ModelIndex, target: LeaseTarget, now: number): number {
    const { accounts } = this.pool;
    if (!accounts.isChoosy(now)) return index.eligible > 0 ? now : Infinity;
    let fitsAt = Infinity;
    let looks = 0;
    for (const candidate of index.candidates) {
      fitsAt = Math.min(fitsAt, accounts.blockedFor(candidate, target, now, true));
      // Of very many keys some will do: they are looked at again soon.
      if (fitsAt <= now || (looks += 1) > MOST_LOOKS) break;
    }
    return looks > MOST_LOOKS ? Math.min(fitsAt, now + LOOK_AGAIN_MS) : fitsAt;
  }

  /** Where calls do not fit keys that can be chosen, they fit later. */
  #wakeOf({ model, affinity }: LeaseTarget, now: number): number | undefined {
    const index = this.#indexFor({ model }, now);
    if (affinity?.kind === 'hard') return this.#accountAt({ model, affinity }, index, now);
    if (index.eligible === 0 || !this.pool.accounts.isChoosy(now)) return index.nextWake;
    return Math.min(index.nextWake ?? Infinity, this.#fitsAt(index, { model }, now));
  }

  #hasCandidate(target: LeaseTarget, now: number): boolean {
    const { affinities, endpoints } = this.pool;
    const { endpoint, affinity } = target;
    if (endpoints.concerns(endpoint)) return this.#endpointAt(endpoint, target, now) === 0;
    const index = this.#indexFor(target, now);
    return affinity?.kind === 'hard' ? affinities.mayBeFreed(affinity.account, index, now) : index.hasCandidate;
  }

  #endpointAt(endpoint: string, { model, affinity }: LeaseTarget, now: number): number {
    const { affinities, endpoints } = this.pool;
    const { ordinal } = this.#indexFor({ model }, now);
    return endpoints.availableAt(endpoint, affinities.keysFor(affinity), ordinal, now);
  }

  #indexFor({ model }: LeaseTarget, now: number): ModelIndex {
    return this.pool.indexes.forCall(model, now);
  }
}
