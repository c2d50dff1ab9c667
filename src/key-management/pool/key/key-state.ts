import type { RedactedText } from '../../classification/redaction/redact';
import type { Outcome } from '../../vendors/contract/outcome';

/** Where a key stands. Times are milliseconds since the epoch. */
export type KeyState =
  | { readonly status: 'unchecked' }
  /** `unproven`: let in by a probe that said nothing on the key, so it is probed again soon. */
  | { readonly status: 'healthy'; readonly unproven: boolean }
  /** `statedUntil`: the part of the cooldown that the vendor itself stated as a rate limit. */
  | { readonly status: 'rate_limited'; readonly until: number; readonly statedUntil?: number }
  | { readonly status: 'cooling_down'; readonly until: number; readonly statedUntil?: number }
  | { readonly status: 'invalid_key'; readonly recheckAt: number }
  | { readonly status: 'quota_exceeded'; readonly recheckAt: number };

/** A state, or `disabled`: an administrator's switch that lies over whatever the vendor's verdict is. */
export type KeyStatus = KeyState['status'] | 'disabled';

export const KEY_STATUSES = [
  'unchecked',
  'healthy',
  'rate_limited',
  'cooling_down',
  'invalid_key',
  'quota_exceeded',
  'disabled',
] as const satisfies readonly KeyStatus[];

export const UNCHECKED: KeyState = Object.freeze({ status: 'unchecked' });
export const HEALTHY: KeyState = Object.freeze({ status: 'healthy', unproven: false });
export const UNPROVEN: KeyState = Object.freeze({ status: 'healthy', unproven: true });

export type CooldownState = Extract<KeyState, { until: number }>;
export type RemovedState = Extract<KeyState, { recheckAt: number }>;

export const isCoolingDown = (state: KeyState): state is CooldownState =>
  state.status === 'rate_limited' || state.status === 'cooling_down';

/** It rested, and need no longer. */
export const isCooldownOver = (state: KeyState, now: number): boolean => isCoolingDown(state) && state.until <= now;

export const isRemoved = (state: KeyState): state is RemovedState =>
  state.status === 'invalid_key' || state.status === 'quota_exceeded';

/** Nothing that anyone sees is different: neither the status, nor when it ends or is looked at again. */
export function isSameState(a: KeyState, b: KeyState): boolean {
  if (isCoolingDown(a) && isCoolingDown(b))
    return a.status === b.status && a.until === b.until && a.statedUntil === b.statedUntil;
  if (isRemoved(a) && isRemoved(b)) return a.status === b.status && a.recheckAt === b.recheckAt;
  return a === b;
}

/** `removed_keys` of the specification's status counts these. */
export const isRemovedStatus = (status: KeyStatus): boolean =>
  status === 'invalid_key' || status === 'quota_exceeded' || status === 'disabled';

/** How often in a row a key met the same kind of refusal; a success ends the row. */
export interface FailureStreak {
  readonly outcome: Outcome;
  readonly count: number;
  /** When the row was last made longer: refusals of calls begun before that belong to the same burst. */
  readonly at: number;
}

/** A cooldown of one model or endpoint of a key. Times are milliseconds since the epoch. */
export interface Cooldown {
  readonly until: number;
  readonly outcome: Outcome;
  /** Until when the vendor itself said that the key is rate limited; 0 where it stated nothing. */
  readonly statedUntil: number;
}

/** A cooldown of one model or endpoint as others may see it. */
export interface ShownCooldown {
  model?: string;
  endpoint?: string;
  until: Date;
  outcome: Outcome;
}

/** What brought it about, where that is known. */
export interface CooledBy {
  readonly reason?: RedactedText;
  readonly strikes?: FailureStreak;
}
