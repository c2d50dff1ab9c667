import type { Outcome } from '../classification/outcome';
import type { Settlement } from './settlement';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** From `first`, doubled at each further strike, up to `longest`. Milliseconds. */
interface Growth {
  readonly first: number;
  readonly longest: number;
}

const doubled = (growth: Growth, strikes: number): number =>
  Math.min(growth.longest, growth.first * 2 ** Math.min(Math.max(0, strikes - 1), 40));

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
 * How long a key cools down after the `strikes`-th refusal in a row, in milliseconds.
 * @param placed Whether it is known what of the key was refused: a model, an endpoint, or the key as a whole.
 */
export function cooldownMs(settlement: Settlement, strikes: number, placed: boolean): number {
  if (settlement.retryAfterMs) return Math.min(settlement.retryAfterMs, LONGEST_STATED_REST_MS);
  if (!placed && OF_A_PART.has(settlement.outcome)) return UNPLACED_REST_MS;
  const growth = settlement.cooldownMs
    ? { first: settlement.cooldownMs, longest: settlement.cooldownMaxMs ?? settlement.cooldownMs }
    : (RESTS[settlement.outcome] ?? OTHER_REST);
  return doubled(growth, strikes);
}

/** When a removed key is probed again after the `strikes`-th verdict in a row, in milliseconds from now. */
export function recheckMs(outcome: Outcome, strikes: number): number {
  if (outcome === 'quota_exceeded') return doubled(QUOTA_RECHECKS, strikes);
  return strikes <= 1 ? FIRST_RECHECK_MS : doubled(LATER_RECHECKS, strikes - 1);
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
