import { HEALTHY, type Cooldown, type CooldownState, type KeyState } from '../key/key-state';
import type { Settlement } from './settlement';

/** What of a key a cooldown is for. A cooldown of the whole key is the key's state. */
export type CooldownScope =
  { readonly model: string; readonly endpoint?: undefined } | { readonly endpoint: string; readonly model?: undefined };

/** Until when the vendor itself states a rate limit, and 0 where it states none: only an administrator's `enable` ends that before its time. */
export function statedUntilOf({ outcome, retryAfterMs, notBefore }: Settlement, until: number, now: number): number {
  if (outcome !== 'rate_limited' || (!retryAfterMs && notBefore === undefined)) return 0;
  return Math.min(until, Math.max(now + (retryAfterMs ?? 0), notBefore?.getTime() ?? 0));
}

/** The one that ends later, with the later end of what the vendor stated in either. */
export function laterCooldown(known: Cooldown | undefined, other: Cooldown): Cooldown {
  if (!known) return other;
  const longer = known.until >= other.until ? known : other;
  const statedUntil = Math.max(known.statedUntil, other.statedUntil);
  return statedUntil === longer.statedUntil ? longer : { ...longer, statedUntil };
}

/** What is left of a key's cooldown that is ended: nothing, or the rate limit that the vendor stated. */
export function cooldownLeft(state: CooldownState, keepStated: boolean, now: number): KeyState {
  const { statedUntil = 0 } = state;
  if (!keepStated || statedUntil <= now) return HEALTHY;
  return statedUntil >= state.until && state.status === 'rate_limited'
    ? state
    : { status: 'rate_limited', until: statedUntil, statedUntil };
}

/**
 * What a refusal cools down: the narrowest thing that is known to be refused. `unplaced`: it speaks of a model or an endpoint, and neither is
 * known; `undefined`: the whole key.
 */
export function scopeOf(
  settlement: Settlement,
  call: { readonly model: string | undefined; readonly endpoint?: string },
): CooldownScope | 'unplaced' | undefined {
  const model = call.model ?? settlement.model;
  const { endpoint } = call;
  switch (settlement.scope) {
    case 'key_model':
      if (model !== undefined) return { model };
      // A rate that no model is named for may be the key's own.
      if (settlement.outcome === 'rate_limited') return undefined;
      return endpoint === undefined ? 'unplaced' : { endpoint };
    case 'key_endpoint':
      // A sentence that names its model is about that model.
      if (endpoint !== undefined && settlement.model === undefined) return { endpoint };
      return model === undefined ? 'unplaced' : { model };
    default:
      return undefined;
  }
}
