import { isTableOnlyRemoval } from '../../classification/classify';
import type { Outcome } from '../../vendors/contract/outcome';
import {
  HEALTHY,
  isRemoved,
  isCoolingDown,
  UNPROVEN,
  type Cooldown,
  type CooldownScope,
  type CooldownState,
  type FailureStreak,
  type KeyState,
} from '../key/key-state';
import { statedAt, type Settlement, type Source } from './settlement';

/** What a settlement is judged by besides itself. Times are milliseconds since the epoch. */
export interface Circumstances {
  readonly source: Source;
  readonly now: number;
  /** When the call or probe began. A settlement of a call from before the streak's last failure belongs to the same burst. */
  readonly startedAt: number;
  readonly failureStreak?: FailureStreak;
  /** What the key is away for, where that is known. */
  readonly cause?: Outcome | undefined;
}

/** What a settlement makes of a key. */
export interface Transition {
  readonly state: KeyState;
  readonly failureStreak?: FailureStreak;
  /** The cooldown that the settlement itself asks for: an earlier one, which `state` keeps, may be longer. */
  readonly cooldown?: CooldownState;
}

/** Outcomes of a probe that prove the key itself, whatever else the probe could not do. */
const PROVES_KEY: ReadonlySet<Outcome> = new Set<Outcome>([
  'ok',
  'model_unavailable',
  'request_exceeds_key_limit',
  'content_blocked',
  'permission_denied',
]);

/**
 * The state machine of a key: state × settlement → state. Cooldowns and re-checks are never shortened, and only a probe brings a removed key
 * back. Pure: it reads no clock and changes nothing.
 */
export function transition(state: KeyState, settlement: Settlement, circumstances: Circumstances): Transition {
  const { keyAction, outcome } = settlement;
  const { source, failureStreak } = circumstances;
  if (keyAction === 'remove') return removal(state, settlement, circumstances);
  if (source === 'call' && isRemoved(state)) return { state, failureStreak };
  // A probe that is refused its model or its endpoint speaks of that only; one that is rate limited brings no key back.
  const isOfPart = outcome === 'model_unavailable' || settlement.scope === 'key_endpoint';
  const isSilent = source === 'probe' && (isOfPart || (outcome === 'rate_limited' && isRemoved(state)));
  if (keyAction === 'cool_down' && !isSilent) {
    const streak = nextFailureStreak(outcome, circumstances);
    const cooldown = keyCooldown(settlement, streak, circumstances.now);
    const later = laterCooldown(isCoolingDown(state) ? state : undefined, cooldown);
    return { state: later, failureStreak: streak, cooldown };
  }
  return (source === 'probe' ? afterProbe : afterCall)(state, settlement, circumstances);
}

/** A success ends the failure streak, unless its call began before the streak's last failure. */
function afterCall(state: KeyState, { outcome }: Settlement, { failureStreak, startedAt }: Circumstances): Transition {
  if (outcome !== 'ok' || (failureStreak !== undefined && startedAt <= failureStreak.lastAt))
    return { state, failureStreak };
  return { state: state.status === 'healthy' && state.unproven ? HEALTHY : state };
}

function afterProbe(state: KeyState, settlement: Settlement, { now, failureStreak, cause }: Circumstances): Transition {
  if (PROVES_KEY.has(settlement.outcome)) {
    // A light probe proves neither quota nor rate: it shortens no cooldown and ends no streak of a key in the pool. It proves
    // a key that cools down because the vendor's word that it is invalid is doubted. A deep one ends every cooldown that is no rate limit.
    const endsDoubt = cause === 'invalid_key' && settlement.unproven !== true;
    if (state.status === 'cooling_down' && settlement.proven === 'deep')
      return { state: cooldownLeft(state, true, now) };
    if (state.status === 'cooling_down' && endsDoubt) return { state: cooldownLeft(state, true, now), failureStreak };
    if (!isRemoved(state)) return { state: isCoolingDown(state) ? state : HEALTHY, failureStreak };
    const isProven = settlement.outcome === 'ok' && !settlement.unproven;
    return { state: HEALTHY, failureStreak: isProven ? undefined : failureStreak };
  }
  if (state.status === 'unchecked') return { state: UNPROVEN };
  if (!isRemoved(state)) return { state, failureStreak };
  // The probe said nothing on the key: the key stays what it was, and is probed again soon.
  const againAt = now + Math.max(SOON_MS, settlement.retryAfterMs ?? 0);
  return { state: { ...state, recheckAt: Math.max(state.recheckAt, againAt) }, failureStreak };
}

function removal(state: KeyState, settlement: Settlement, circumstances: Circumstances): Transition {
  const { now, startedAt, source, failureStreak } = circumstances;
  const { outcome } = settlement;
  const status = outcome === 'quota_exceeded' ? 'quota_exceeded' : 'invalid_key';
  const stated = statedAt(settlement);
  const earlier = isRemoved(state) ? state.recheckAt : 0;
  // Late answers of the burst that the removal stands for do not push the re-check on.
  const isLate = isRemoved(state) && failureStreak !== undefined && startedAt <= failureStreak.lastAt;
  // Nor does an administrator who asks, again and again, before the re-check is due, and hears the same.
  const isAskedEarly = source === 'probe' && state.status === status && now < earlier;
  if ((isLate || isAskedEarly) && stated <= earlier) return { state, failureStreak };
  const streak = nextFailureStreak(outcome, circumstances);
  // A first removal that only the specification's table asks for is re-checked soon, so that a wrong one heals.
  const ms = isTableOnlyRemoval(settlement) && streak.count === 1 ? SOON_MS : recheckMs(outcome, streak.count);
  return { state: { status, recheckAt: Math.max(now + ms, stated, earlier) }, failureStreak: streak };
}

/** The streak with one more failure, unless the failure belongs to the burst that the last one already stands for. */
function nextFailureStreak(outcome: Outcome, { failureStreak, startedAt, now }: Circumstances): FailureStreak {
  if (failureStreak?.outcome !== outcome) return { outcome, count: 1, lastAt: now };
  if (startedAt <= failureStreak.lastAt) return failureStreak;
  return { outcome, count: failureStreak.count + 1, lastAt: now };
}

/**
 * What a refusal cools down: the narrowest part of the key that is known to be refused. `unplaced`: it speaks of a model or an endpoint, and
 * neither is known; `undefined`: the whole key.
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
      // A rate limit without a model may be the key's own.
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

/** The cooldown of a model or an endpoint that one refusal asks for, and the failure streak that it makes longer. */
export function partCooldown(
  settlement: Settlement,
  scope: CooldownScope,
  circumstances: Circumstances,
): { readonly cooldown: Cooldown; readonly failureStreak: FailureStreak } {
  const { outcome } = settlement;
  const failureStreak = nextFailureStreak(outcome, circumstances);
  // An endpoint that stands in for a model that nobody named may be well for every other model.
  const isPlaced = scope.model !== undefined || outcome !== 'model_unavailable';
  const until = cooldownEnd(settlement, failureStreak.count, circumstances.now, isPlaced);
  return {
    cooldown: { until, outcome, statedUntil: statedUntilOf(settlement, until, circumstances.now) },
    failureStreak,
  };
}

/** The cooldown of the whole key that one refusal asks for, whatever the key's state is. */
export function keyCooldown(settlement: Settlement, { count }: FailureStreak, now: number): CooldownState {
  const until = cooldownEnd(settlement, count, now, settlement.scope === 'key');
  const statedUntil = statedUntilOf(settlement, until, now);
  const status = settlement.outcome === 'rate_limited' ? 'rate_limited' : 'cooling_down';
  return { status, until, ...(statedUntil > 0 && { statedUntil }) };
}

/**
 * The one rule that cooldowns only ever get longer: the one of the two that ends later, with the later of the ends that the vendor stated.
 * @param known The present cooldown, which may be over; undefined where there is none.
 */
export function laterCooldown<C extends Pick<CooldownState, 'until' | 'statedUntil'>>(
  known: C | undefined,
  other: C,
): C {
  if (!known) return other;
  const later = known.until >= other.until ? known : other;
  const statedUntil = Math.max(known.statedUntil ?? 0, other.statedUntil ?? 0);
  return statedUntil > (later.statedUntil ?? 0) ? { ...later, statedUntil } : later;
}

/** What is left of a key's cooldown that is ended before its time: nothing, or the rate limit that the vendor stated. */
export function cooldownLeft(state: CooldownState, keepStated: boolean, now: number): KeyState {
  const { statedUntil = 0 } = state;
  if (!keepStated || statedUntil <= now) return HEALTHY;
  return statedUntil >= state.until && state.status === 'rate_limited'
    ? state
    : { status: 'rate_limited', until: statedUntil, statedUntil };
}

/** Until when the vendor itself states a rate limit, and 0 where it states none: only an administrator's `enable` ends that before its time. */
function statedUntilOf(settlement: Settlement, until: number, now: number): number {
  const { outcome, retryAfterMs, notBefore } = settlement;
  if (outcome !== 'rate_limited' || (!retryAfterMs && notBefore === undefined)) return 0;
  return Math.min(until, Math.max(now + (retryAfterMs ?? 0), statedAt(settlement)));
}

/**
 * When a cooldown ends: at what the vendor states, at the midnight when a daily limit that repeats begins anew, or after the default for the
 * length of the streak. Milliseconds since the epoch.
 */
export function cooldownEnd(settlement: Settlement, streakLength: number, now: number, isPlaced: boolean): number {
  const isUntilMidnight = settlement.escalateOnRepeat === 'midnight_pacific' && streakLength > 1;
  const end = isUntilMidnight ? nextMidnightPacific(now) : now + cooldownMs(settlement, streakLength, isPlaced);
  return Math.max(statedAt(settlement), end);
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Exponential growth: `first` for the first failure, doubled for each further one of the streak, up to `longest`. Milliseconds. */
interface Growth {
  readonly first: number;
  readonly longest: number;
}

const doubled = ({ first, longest }: Growth, streakLength: number): number =>
  Math.min(longest, first * 2 ** Math.min(Math.max(0, streakLength - 1), 40));

/**
 * Cooldowns where the vendor states no wait, or none to speak of (`retry-after: 0`). A bare 429 is mostly over within seconds; a refused
 * permission needs a person.
 */
const COOLDOWNS: Partial<Record<Outcome, Growth>> = {
  permission_denied: { first: HOUR, longest: 24 * HOUR },
  model_unavailable: { first: HOUR, longest: 24 * HOUR },
};
const DEFAULT_COOLDOWN: Growth = { first: 2 * SECOND, longest: MINUTE };

/** For a refusal of a model or an endpoint where neither is known: it must not take the whole key away for long. */
const UNPLACED_COOLDOWN_MS = 10 * SECOND;

/** The longest that a stated wait cools a key down before the key is tried again. A stated date is kept in full. */
const MAX_STATED_COOLDOWN_MS = 24 * HOUR;

const FIRST_RECHECK_MS = 30 * SECOND;
const LATER_RECHECKS: Growth = { first: 5 * MINUTE, longest: 24 * HOUR };
const QUOTA_RECHECKS: Growth = { first: 5 * MINUTE, longest: 6 * HOUR };

/** An unproven key, and a removed key whose probe said nothing, is probed again after this time. Milliseconds. */
export const SOON_MS = 30 * SECOND;

/**
 * How long a key cools down after the given number of refusals in a row, in milliseconds.
 * @param isPlaced Whether it is known what of the key was refused: a model, an endpoint, or the key as a whole.
 */
export function cooldownMs(settlement: Settlement, streakLength: number, isPlaced: boolean): number {
  const { outcome, retryAfterMs, cooldownMs: first, cooldownMaxMs: longest } = settlement;
  if (retryAfterMs) return Math.min(retryAfterMs, MAX_STATED_COOLDOWN_MS);
  // The outcomes with a default of their own speak of a model or an endpoint, and not of the key.
  const ofPart = COOLDOWNS[outcome];
  if (!isPlaced && ofPart) return UNPLACED_COOLDOWN_MS;
  return doubled(first ? { first, longest: longest ?? first } : (ofPart ?? DEFAULT_COOLDOWN), streakLength);
}

/** When a removed key is probed again after the given number of failures in a row, in milliseconds from now. */
export function recheckMs(outcome: Outcome, streakLength: number): number {
  if (outcome === 'quota_exceeded') return doubled(QUOTA_RECHECKS, streakLength);
  return streakLength <= 1 ? FIRST_RECHECK_MS : doubled(LATER_RECHECKS, streakLength - 1);
}

const PACIFIC_TIME = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/** Milliseconds that the clocks in Los Angeles show since midnight. */
function sincePacificMidnight(at: number): number {
  const parts = PACIFIC_TIME.formatToParts(at);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? 0);
  return part('hour') * HOUR + part('minute') * MINUTE + part('second') * SECOND + (at % SECOND);
}

/** The next midnight in Los Angeles after `now`, when Google's daily limits begin anew. Milliseconds since the epoch. */
export function nextMidnightPacific(now: number): number {
  const inADay = now - sincePacificMidnight(now) + 24 * HOUR;
  const beyond = sincePacificMidnight(inADay);
  // A day on which the clocks change has 23 or 25 hours.
  return beyond > 12 * HOUR ? inADay + 24 * HOUR - beyond : inADay - beyond;
}
