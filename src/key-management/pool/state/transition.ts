import { isTableOnlyRemoval } from '../../classification/classify';
import { CONSEQUENCES, type Outcome } from '../../vendors/contract/outcome';
import { cooldownLeft, statedUntilOf } from './cooldown';
import {
  HEALTHY,
  isRemoved,
  isCoolingDown,
  UNPROVEN,
  type KeyState,
  type CooldownState,
  type FailureStreak,
} from '../key/key-state';
import type { Settlement, Source } from './settlement';

/** What a verdict is judged by, besides itself. */
export interface Circumstances {
  readonly source: Source;
  readonly now: number;
  /** When the call or probe began: a verdict older than the last strike belongs to the same burst. */
  readonly startedAt: number;
  readonly failureStreak?: FailureStreak;
}

export interface Transition {
  readonly state: KeyState;
  readonly failureStreak?: FailureStreak;
}

/** Probes that prove the key itself, whatever else they could not do. */
const PROVES_KEY: ReadonlySet<Outcome> = new Set<Outcome>([
  'ok',
  'model_unavailable',
  'request_exceeds_key_limit',
  'content_blocked',
  'permission_denied',
]);

/**
 * A vendor in trouble that states when to come back asks it of this key first: the key cools down for so long, and another one is tried. Where a
 * second key is told the same, the provider's circuit breaker opens.
 */
export function withStatedWait(settlement: Settlement, now: number): Settlement {
  const { outcome, keyAction, retryAfterMs = 0, notBefore } = settlement;
  const states = retryAfterMs > 0 || (notBefore?.getTime() ?? 0) > now;
  if (keyAction !== 'keep' || !states || CONSEQUENCES[outcome].fault !== 'vendor') return settlement;
  return { ...settlement, keyAction: 'cool_down', scope: 'key' };
}

/** state × verdict → state. Cooldowns and re-checks are never shortened; only a probe brings a removed key back. */
export function transition(state: KeyState, settlement: Settlement, circumstances: Circumstances): Transition {
  const { keyAction, outcome } = settlement;
  if (keyAction === 'remove') return removal(state, settlement, circumstances);
  if (circumstances.source === 'probe') {
    // A probe that is refused its model or its endpoint speaks of that only; one that is rate limited brings no key back.
    const ofAPart = outcome === 'model_unavailable' || settlement.scope === 'key_endpoint';
    const silent = ofAPart || (outcome === 'rate_limited' && isRemoved(state));
    return keyAction === 'cool_down' && !silent
      ? rest(state, settlement, circumstances)
      : afterProbe(state, settlement, circumstances);
  }
  if (isRemoved(state)) return { state, failureStreak: circumstances.failureStreak };
  return keyAction === 'cool_down'
    ? rest(state, settlement, circumstances)
    : afterCall(state, settlement, circumstances);
}

/** A success ends the row of failureStreak, unless its call began before the last of them. */
function afterCall(state: KeyState, { outcome }: Settlement, { failureStreak, startedAt }: Circumstances): Transition {
  if (outcome !== 'ok' || (failureStreak !== undefined && startedAt <= failureStreak.lastAt)) return { state, failureStreak };
  return { state: state.status === 'healthy' && state.unproven ? HEALTHY : state };
}

/** One more strike, unless the verdict belongs to the burst that the last one already stands for. */
export function nextFailureStreak(outcome: Outcome, { failureStreak, startedAt, now }: Circumstances): FailureStreak {
  if (failureStreak?.outcome !== outcome) return { outcome, count: 1, lastAt: now };
  return startedAt <= failureStreak.lastAt ? failureStreak : { outcome, count: failureStreak.count + 1, lastAt: now };
}

function removal(state: KeyState, settlement: Settlement, circumstances: Circumstances): Transition {
  const { now, startedAt, source } = circumstances;
  const status = settlement.outcome === 'quota_exceeded' ? 'quota_exceeded' : 'invalid_key';
  const stated = settlement.notBefore?.getTime() ?? 0;
  const earlier = isRemoved(state) ? state.recheckAt : 0;
  // Late answers of the burst that the removal stands for do not push the re-check on.
  const late = isRemoved(state) && circumstances.failureStreak !== undefined && startedAt <= circumstances.failureStreak.lastAt;
  if (late && stated <= earlier) return { state, failureStreak: circumstances.failureStreak };
  // Nor does an administrator who asks, again and again, before the re-check is due, and hears the same.
  const asked = source === 'probe' && state.status === status && now < earlier;
  if (asked && stated <= earlier) return { state, failureStreak: circumstances.failureStreak };
  const failureStreak = nextFailureStreak(settlement.outcome, circumstances);
  // A first removal that only the specification's table asks for is re-checked soon, so that a wrong one heals.
  const soon = isTableOnlyRemoval(settlement) && failureStreak.count === 1;
  const ms = soon ? SOON_MS : recheckMs(settlement.outcome, failureStreak.count);
  return { state: { status, recheckAt: Math.max(now + ms, stated, earlier) }, failureStreak };
}

function rest(state: KeyState, settlement: Settlement, circumstances: Circumstances): Transition {
  const failureStreak = nextFailureStreak(settlement.outcome, circumstances);
  const until = cooldownEnd(settlement, failureStreak, circumstances.now, settlement.scope === 'key');
  const status: CooldownState['status'] = settlement.outcome === 'rate_limited' ? 'rate_limited' : 'cooling_down';
  const stated = statedUntilOf(settlement, until, circumstances.now);
  return { state: laterCooldown(state, { status, until, ...(stated > 0 && { statedUntil: stated }) }), failureStreak };
}

/** The one that ends later, with the later end of what the vendor stated in either. */
export function laterCooldown(state: KeyState, rest: CooldownState): CooldownState {
  if (!isCoolingDown(state)) return rest;
  const longer = state.until >= rest.until ? state : rest;
  const statedUntil = Math.max(state.statedUntil ?? 0, rest.statedUntil ?? 0);
  return statedUntil > (longer.statedUntil ?? 0) ? { ...longer, statedUntil } : longer;
}

/** When a cooldown ends: what the vendor states, the midnight its daily limit ends on when it repeats, or the growing default. */
export function cooldownEnd(settlement: Settlement, failureStreak: FailureStreak, now: number, placed: boolean): number {
  const stated = settlement.notBefore?.getTime() ?? 0;
  if (settlement.escalateOnRepeat === 'midnight_pacific' && failureStreak.count > 1) {
    return Math.max(stated, nextMidnightPacific(now));
  }
  return Math.max(stated, now + cooldownMs(settlement, failureStreak.count, placed));
}

function afterProbe(state: KeyState, settlement: Settlement, { now, failureStreak }: Circumstances): Transition {
  if (PROVES_KEY.has(settlement.outcome)) {
    // A light probe proves neither quota nor rate: it shortens no cooldown and ends no row of failureStreak of a key in the pool.
    // A deep one ends what is no rate limit.
    if (state.status === 'cooling_down' && settlement.proven === 'deep')
      return { state: cooldownLeft(state, true, now) };
    if (!isRemoved(state)) return { state: isCoolingDown(state) ? state : HEALTHY, failureStreak };
    return { state: HEALTHY, failureStreak: settlement.outcome === 'ok' && !settlement.unproven ? undefined : failureStreak };
  }
  if (state.status === 'unchecked') return { state: UNPROVEN };
  if (!isRemoved(state)) return { state, failureStreak };
  // The probe said nothing on the key: it stays what it was and is asked again soon.
  const again = now + Math.max(SOON_MS, settlement.retryAfterMs ?? 0);
  return { state: { ...state, recheckAt: Math.max(state.recheckAt, again) }, failureStreak };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** From `first`, doubled at each further strike, up to `longest`. Milliseconds. */
interface Growth {
  readonly first: number;
  readonly longest: number;
}

const doubled = (growth: Growth, failureStreak: number): number =>
  Math.min(growth.longest, growth.first * 2 ** Math.min(Math.max(0, failureStreak - 1), 40));

/** Cooldowns where the vendor states no wait, or none to speak of (`retry-after: 0`). A bare 429 is mostly over within seconds; a refused permission needs a person. */
const RESTS: Partial<Record<Outcome, Growth>> = {
  rate_limited: { first: 2 * SECOND, longest: MINUTE },
  permission_denied: { first: HOUR, longest: 24 * HOUR },
  model_unavailable: { first: HOUR, longest: 24 * HOUR },
};
const OTHER_REST: Growth = { first: 2 * SECOND, longest: MINUTE };

/** What speaks of a model or an endpoint, and not of the key. Where neither is known it must not take the whole key away for long. */
const OF_A_PART: ReadonlySet<Outcome> = new Set<Outcome>(['model_unavailable', 'permission_denied']);
const UNPLACED_REST_MS = 10 * SECOND;

/** The longest that a stated wait cools a key down before it is tried again; a stated date is kept to. */
const LONGEST_STATED_REST_MS = 24 * HOUR;

const FIRST_RECHECK_MS = 30 * SECOND;
const LATER_RECHECKS: Growth = { first: 5 * MINUTE, longest: 24 * HOUR };
const QUOTA_RECHECKS: Growth = { first: 5 * MINUTE, longest: 6 * HOUR };

/** An unproven key, or a removed one whose probe said nothing, is probed again this soon. */
export const SOON_MS = 30 * SECOND;

/**
 * How long a key cools down after the `failureStreak`-th refusal in a row, in milliseconds.
 * @param placed Whether it is known what of the key was refused: a model, an endpoint, or the key as a whole.
 */
export function cooldownMs(settlement: Settlement, failureStreak: number, placed: boolean): number {
  if (settlement.retryAfterMs) return Math.min(settlement.retryAfterMs, LONGEST_STATED_REST_MS);
  if (!placed && OF_A_PART.has(settlement.outcome)) return UNPLACED_REST_MS;
  const growth = settlement.cooldownMs
    ? { first: settlement.cooldownMs, longest: settlement.cooldownMaxMs ?? settlement.cooldownMs }
    : (RESTS[settlement.outcome] ?? OTHER_REST);
  return doubled(growth, failureStreak);
}

/** When a removed key is probed again after the `failureStreak`-th verdict in a row, in milliseconds from now. */
export function recheckMs(outcome: Outcome, failureStreak: number): number {
  if (outcome === 'quota_exceeded') return doubled(QUOTA_RECHECKS, failureStreak);
  return failureStreak <= 1 ? FIRST_RECHECK_MS : doubled(LATER_RECHECKS, failureStreak - 1);
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

/** The next midnight in Los Angeles after `now`, when Google's daily limits start anew. */
export function nextMidnightPacific(now: number): number {
  const inADay = now - sincePacificMidnight(now) + 24 * HOUR;
  const beyond = sincePacificMidnight(inADay);
  // A day on which the clocks change has 23 or 25 hours.
  return beyond > 12 * HOUR ? inADay + 24 * HOUR - beyond : inADay - beyond;
}
