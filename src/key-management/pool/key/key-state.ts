import type { Outcome } from '../../vendors/contract/outcome';

/** The state of a key, as its vendor's answers say. Times are milliseconds since the epoch. */
export type KeyState =
  | { readonly status: 'unchecked' }
  /** `unproven`: a probe that said nothing on the key let it in, so it is probed again soon. */
  | { readonly status: 'healthy'; readonly unproven: boolean }
  /** `statedUntil`: the part of the cooldown that the vendor itself stated as a rate limit. */
  | { readonly status: 'rate_limited'; readonly until: number; readonly statedUntil?: number }
  | { readonly status: 'cooling_down'; readonly until: number; readonly statedUntil?: number }
  | { readonly status: 'invalid_key'; readonly recheckAt: number }
  | { readonly status: 'quota_exceeded'; readonly recheckAt: number };

/** A state, or `disabled`: an administrator's switch, which hides whatever the vendor's answers say. */
export type KeyStatus = KeyState['status'] | 'disabled';

/** Every status that a key may have. */
export const KEY_STATUSES = [
  'unchecked',
  'healthy',
  'rate_limited',
  'cooling_down',
  'invalid_key',
  'quota_exceeded',
  'disabled',
] as const satisfies readonly KeyStatus[];

/** Shared by all keys, so that states can be compared by identity. */
export const UNCHECKED: KeyState = Object.freeze({ status: 'unchecked' });
export const HEALTHY: KeyState = Object.freeze({ status: 'healthy', unproven: false });
export const UNPROVEN: KeyState = Object.freeze({ status: 'healthy', unproven: true });

/** The states of a key that is in the pool and is not chosen until a time. */
export type CooldownState = Extract<KeyState, { until: number }>;
/** The states of a key that is out of the pool until a probe proves it. */
export type RemovedState = Extract<KeyState, { recheckAt: number }>;

export const isCoolingDown = (state: KeyState): state is CooldownState =>
  state.status === 'rate_limited' || state.status === 'cooling_down';

/** The key cooled down, and the cooldown is over. */
export const isCooldownOver = (state: KeyState, now: number): boolean => isCoolingDown(state) && state.until <= now;

export const isRemoved = (state: KeyState): state is RemovedState =>
  state.status === 'invalid_key' || state.status === 'quota_exceeded';

/** Whether the two differ in nothing that anybody sees: status, end of the cooldown, time of the re-check. */
export function isSameState(a: KeyState, b: KeyState): boolean {
  if (isCoolingDown(a) && isCoolingDown(b))
    return a.status === b.status && a.until === b.until && a.statedUntil === b.statedUntil;
  if (isRemoved(a) && isRemoved(b)) return a.status === b.status && a.recheckAt === b.recheckAt;
  return a === b;
}

/** `removed_keys` of the specification's status counts these. */
export const isRemovedStatus = (status: KeyStatus): boolean =>
  status === 'invalid_key' || status === 'quota_exceeded' || status === 'disabled';

/** A key of such a status is not chosen, however long a call waits. */
export const isOutOfPool = (status: KeyStatus): boolean => status === 'unchecked' || isRemovedStatus(status);

/** Refusals of one kind in a row; a success ends the streak. */
export interface FailureStreak {
  readonly outcome: Outcome;
  readonly count: number;
  /** When the last failure was counted: refusals of calls that began before that belong to the same burst. Milliseconds since the epoch. */
  readonly lastAt: number;
}

/** The part of a key that a cooldown is for. A cooldown of the whole key is the key's state. */
export type CooldownScope =
  { readonly model: string; readonly endpoint?: undefined } | { readonly endpoint: string; readonly model?: undefined };

/** A cooldown of a key with the part of the key that it is for. */
export interface PartCooldown {
  readonly scope: CooldownScope;
  readonly cooldown: Cooldown;
}

/** A cooldown of one model or endpoint of a key. Times are milliseconds since the epoch. */
export interface Cooldown {
  readonly until: number;
  readonly outcome: Outcome;
  /** Until when the vendor itself said that the key is rate limited; 0 where it stated nothing. */
  readonly statedUntil: number;
}
