import { getOrCreate } from '../../common/get-or-create';
import type { KeyModelState, KeyRecord, PassedOver } from '../key/key-record';
import type { Cooldown, CooldownScope, FailureStreak, PartCooldown } from '../key/key-state';
import { TRIAL_MS } from '../key/trial';
import type { ModelIndexes } from '../selection/model-indexes';

/** A client of the app may make up any path: of more endpoints than this, the one that cooled down least recently is forgotten. */
export const MOST_ENDPOINTS = 64;

/** A cooldown of a model or an endpoint, and the failure streak that led to it. */
interface KnownCooldown {
  readonly cooldown: Cooldown;
  readonly failureStreak?: FailureStreak | undefined;
}

/** One key at one endpoint that refused it. */
interface KeyAtEndpoint {
  cooldown: Cooldown;
  failureStreak: FailureStreak | undefined;
  /** When the trial under way began that follows the cooldown; 0 while none is under way. Milliseconds since the epoch. */
  trialSince: number;
}

/** Times are milliseconds since the epoch. */
interface EndedCall {
  readonly startedAt: number;
  readonly success: boolean;
  readonly now: number;
}

/**
 * The keys of one pool that cool down for single endpoints. Such cooldowns are rare, so they stand beside the model indexes: a call that
 * names an endpoint passes over the keys that cool down for it, and all other calls are not concerned.
 */
export class EndpointCooldowns {
  /** By endpoint, then by the key's id. The endpoint that cooled down least recently stands first. */
  readonly #keys = new Map<string, Map<string, KeyAtEndpoint>>();

  /** Whether some key has had a cooldown for this endpoint: then not all keys may serve it. */
  concerns(endpoint: string | undefined): endpoint is string {
    return endpoint !== undefined && this.#keys.has(endpoint);
  }

  /** The keys that must not be chosen for this endpoint: the excluded ones, and those that cool down for it or are on trial. */
  passedOver(endpoint: string, excluded: PassedOver | undefined, now: number): PassedOver | undefined {
    if (!this.#keys.has(endpoint)) return excluded;
    return { has: (id) => (excluded?.has(id) ?? false) || this.#unavailableUntil(id, endpoint, now) > now };
  }

  get(keyId: string, endpoint: string): KeyAtEndpoint | undefined {
    return this.#keys.get(endpoint)?.get(keyId);
  }

  set(keyId: string, endpoint: string, { cooldown, failureStreak }: KnownCooldown): void {
    const keys = getOrCreate(this.#keys, endpoint, () => new Map<string, KeyAtEndpoint>());
    this.#keys.delete(endpoint);
    this.#keys.set(endpoint, keys.set(keyId, { cooldown, failureStreak, trialSince: 0 }));
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= MOST_ENDPOINTS) break;
      this.#keys.delete(oldest);
    }
  }

  delete(keyId: string, endpoint: string): void {
    const keys = this.#keys.get(endpoint);
    if (keys?.delete(keyId) && keys.size === 0) this.#keys.delete(endpoint);
  }

  /** Forgets a key that has left its pool. */
  forget(keyId: string): void {
    for (const endpoint of [...this.#keys.keys()]) this.delete(keyId, endpoint);
  }

  /** A call for the endpoint was given this key. */
  callStarted(keyId: string, endpoint: string, now: number): void {
    const key = this.get(keyId, endpoint);
    if (key) key.trialSince = now;
  }

  /** A call for the endpoint ended. A success proves the key for it once its cooldown is over. */
  callEnded(keyId: string, endpoint: string, { startedAt, success, now }: EndedCall): void {
    const key = this.get(keyId, endpoint);
    if (!key) return;
    if (startedAt >= key.trialSince) key.trialSince = 0;
    const isProven = success && key.cooldown.until <= now && startedAt > (key.failureStreak?.lastAt ?? 0);
    if (isProven) this.delete(keyId, endpoint);
  }

  *ofKey(keyId: string): Iterable<readonly [endpoint: string, cooldown: Cooldown]> {
    for (const [endpoint, keys] of this.#keys) {
      const key = keys.get(keyId);
      if (key) yield [endpoint, key.cooldown];
    }
  }

  /**
   * When the first of these keys can serve a call for the endpoint: 0 for at any moment, Infinity for never.
   * @param ordinal Of the model index that the call chooses from.
   */
  availableAt(endpoint: string, records: Iterable<KeyRecord>, ordinal: number, now: number): number {
    let first = Infinity;
    for (const { id, candidates } of records) {
      const { availability, until } = candidates[ordinal]!;
      if (availability === 'out') continue;
      const ready = availability === 'cooling_down' ? until : 0;
      const at = Math.max(ready, this.#unavailableUntil(id, endpoint, now));
      first = Math.min(first, at > now ? at : 0);
    }
    return first;
  }

  /** Until when the key may not be chosen for the endpoint; 0 if it may be now. */
  #unavailableUntil(keyId: string, endpoint: string, now: number): number {
    const key = this.get(keyId, endpoint);
    if (key === undefined || key.cooldown.until > now) return key?.cooldown.until ?? 0;
    return key.trialSince > 0 ? key.trialSince + TRIAL_MS : 0;
  }
}

/** The cooldowns of keys for single models, which the model indexes hold, and for single endpoints. */
export class Cooldowns {
  readonly endpoints = new EndpointCooldowns();

  constructor(private readonly indexes: ModelIndexes) {}

  /** The latest cooldown of the key for the model or endpoint; it may be over. */
  get(record: KeyRecord, { model, endpoint }: CooldownScope): Partial<KnownCooldown> | undefined {
    return model === undefined ? this.endpoints.get(record.id, endpoint) : this.#candidate(record, model);
  }

  /** Puts a cooldown in place of whatever is known. The failure streak stays where none is given. */
  set(record: KeyRecord, scope: CooldownScope, known: KnownCooldown, now: number): void {
    const { cooldown, failureStreak = this.get(record, scope)?.failureStreak } = known;
    if (scope.model === undefined) {
      this.endpoints.set(record.id, scope.endpoint, { cooldown, failureStreak });
      return;
    }
    const candidate = record.candidates[this.indexes.restricted(scope.model, now).ordinal]!;
    candidate.failureStreak = failureStreak;
    if (cooldown.until > candidate.cooldownUntil) candidate.trial = 'pending';
    candidate.cooldown = cooldown;
    candidate.cooldownUntil = cooldown.until;
  }

  /** Ends a cooldown, or puts what is left of it in its place; the failure streak ends. False where there was none. */
  replace(record: KeyRecord, scope: CooldownScope, left: Cooldown | undefined): boolean {
    if (!this.get(record, scope)?.cooldown) return false;
    if (scope.model === undefined) {
      if (left) this.endpoints.set(record.id, scope.endpoint, { cooldown: left });
      else this.endpoints.delete(record.id, scope.endpoint);
      return true;
    }
    const candidate = this.#candidate(record, scope.model)!;
    candidate.cooldown = left;
    candidate.cooldownUntil = left?.until ?? 0;
    candidate.failureStreak = undefined;
    return true;
  }

  /** The cooldowns of one key that are not over. */
  *ofKey(record: KeyRecord, now: number): Iterable<PartCooldown> {
    for (const [ordinal, { cooldown }] of record.candidates.entries()) {
      const model = this.indexes.modelOf(ordinal);
      if (model !== undefined && cooldown && cooldown.until > now) yield { scope: { model }, cooldown };
    }
    for (const [endpoint, cooldown] of this.endpoints.ofKey(record.id))
      if (cooldown.until > now) yield { scope: { endpoint }, cooldown };
  }

  #candidate(record: KeyRecord, model: string): KeyModelState | undefined {
    const index = this.indexes.find(model);
    return index && record.candidates[index.ordinal];
  }
}
