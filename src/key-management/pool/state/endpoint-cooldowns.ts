import { PassedOver } from '../key/key-record';
import type { Cooldown, FailureStreak } from '../key/key-state';
import type { KeyModelState } from '../key/key-model-state';

/** A client of the app may make up any path: of more endpoints the one that cooled down least recently is forgotten. */
export const MOST_ENDPOINTS = 64;
/** The first call after a cooldown goes alone for this long at the most; then another may try. Milliseconds. */
const LONGEST_TRIAL_MS = 10_000;

/** One key at one endpoint that refused it. */
interface KeyAtEndpoint {
  cooldown: Cooldown;
  failureStreak: FailureStreak | undefined;
  /** When the trial under way began that follows the cooldown; 0 while none is under way. */
  trialSince: number;
}

/**
 * The keys of one pool that cool down for single endpoints. Such cooldowns are rare, so they stand beside the indexes of the models: a call that
 * names an endpoint passes over the keys that cool down for it, and all other calls are not concerned.
 */
export class EndpointCooldowns {
  /** By endpoint, then by the key's id. The endpoint that cooled down least recently stands first. */
  readonly #keys = new Map<string, Map<string, KeyAtEndpoint>>();

  /** Whether some key has had a cooldown for this endpoint: then not all keys may serve it. */
  concerns(endpoint: string | undefined): endpoint is string {
    return endpoint !== undefined && this.#keys.has(endpoint);
  }

  /** What a choice for this endpoint passes over: the excluded keys, and those that cool down for it or are being tried. */
  passedOver(endpoint: string | undefined, excluded: PassedOver | undefined, now: number): PassedOver | undefined {
    const keys = endpoint === undefined ? undefined : this.#keys.get(endpoint);
    if (!keys) return excluded;
    return { has: (id) => (excluded?.has(id) ?? false) || unavailableUntil(keys.get(id), now) > now };
  }

  /** From when on the key may be chosen for the endpoint; 0 for at once. */
  unavailableUntil(keyId: string, endpoint: string, now: number): number {
    return unavailableUntil(this.#keys.get(endpoint)?.get(keyId), now);
  }

  get(keyId: string, endpoint: string): Cooldown | undefined {
    return this.#keys.get(endpoint)?.get(keyId)?.cooldown;
  }

  failureStreak(keyId: string, endpoint: string): FailureStreak | undefined {
    return this.#keys.get(endpoint)?.get(keyId)?.failureStreak;
  }

  set(keyId: string, endpoint: string, cooldown: Cooldown, failureStreak?: FailureStreak): void {
    const keys = this.#keys.get(endpoint) ?? new Map<string, KeyAtEndpoint>();
    this.#keys.delete(endpoint);
    this.#keys.set(endpoint, keys.set(keyId, { cooldown, failureStreak, trialSince: 0 }));
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= MOST_ENDPOINTS) break;
      this.#keys.delete(oldest);
    }
  }

  /** A call for the endpoint was given this key. */
  begun(keyId: string, endpoint: string, now: number): void {
    const key = this.#keys.get(endpoint)?.get(keyId);
    if (key) key.trialSince = now;
  }

  /** A call for the endpoint ended. A success proves the key for it once its cooldown is over. */
  ended(keyId: string, endpoint: string, startedAt: number, success: boolean, now: number): void {
    const key = this.#keys.get(endpoint)?.get(keyId);
    if (!key) return;
    if (startedAt >= key.trialSince) key.trialSince = 0;
    const isProven = success && key.cooldown.until <= now && startedAt > (key.failureStreak?.lastAt ?? 0);
    if (isProven) this.delete(keyId, endpoint);
  }

  delete(keyId: string, endpoint: string): void {
    const keys = this.#keys.get(endpoint);
    if (keys?.delete(keyId) && keys.size === 0) this.#keys.delete(endpoint);
  }

  /** The key has left its pool. */
  forget(keyId: string): void {
    for (const endpoint of [...this.#keys.keys()]) this.delete(keyId, endpoint);
  }

  *ofKey(keyId: string): Iterable<readonly [endpoint: string, cooldown: Cooldown]> {
    for (const [endpoint, keys] of this.#keys) {
      const key = keys.get(keyId);
      if (key) yield [endpoint, key.cooldown];
    }
  }

  /** When the soonest of these candidates can serve a call for the endpoint: 0 for at any moment, Infinity for none. */
  soonest(endpoint: string, candidates: Iterable<KeyModelState>, now: number): number {
    let soonest = Infinity;
    for (const candidate of candidates) {
      if (candidate.availability === 'out') continue;
      const cooldowns = candidate.availability === 'cooling_down' ? candidate.until : 0;
      const from = Math.max(cooldowns, this.unavailableUntil(candidate.record.id, endpoint, now));
      soonest = Math.min(soonest, from > now ? from : 0);
    }
    return soonest;
  }
}

function unavailableUntil(key: KeyAtEndpoint | undefined, now: number): number {
  if (key === undefined) return 0;
  if (key.cooldown.until > now) return key.cooldown.until;
  return key.trialSince > 0 ? key.trialSince + LONGEST_TRIAL_MS : 0;
}
