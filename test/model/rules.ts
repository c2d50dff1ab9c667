import type { Outcome } from '../../src/key-management/vendors/contract/outcome';

/** The rules of the design, written a second time and plainly. Nothing but the words comes from the source. */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

type Outcomes = ReadonlySet<Outcome>;
const outcomes = (...all: Outcome[]): Outcomes => new Set(all);

/** These take the key out of the pool. */
export const REMOVES = outcomes('invalid_key', 'quota_exceeded');
/** These cool it down inside the pool: for one model, where that is known. */
export const COOLS_DOWN = outcomes('rate_limited', 'model_unavailable', 'permission_denied');
/** Only these count against a key: what is the vendor's, the network's or the caller's fault does not. */
export const COUNTS_AGAINST = outcomes('invalid_key', 'quota_exceeded', 'rate_limited', 'permission_denied', 'unknown');
/** After many of these in a row the whole provider pauses for seconds. */
export const SAYS_VENDOR_IS_DOWN = outcomes('overloaded', 'server_error', 'network_error', 'timeout', 'region_blocked');
/** These make a key an outlier that has them while the others have none. It is ejected for so long at the most. */
export const IS_TRANSIENT = outcomes('overloaded', 'server_error', 'network_error', 'timeout');
export const LONGEST_EJECTION = 5 * MINUTE;
/** A vendor in trouble that states when to come back is heeded for this key. */
export const ASKS_TO_WAIT = outcomes('overloaded', 'server_error');
/** What refuses a key in these words may refuse them all: within one call it is held against none until another key has answered. */
export const MAY_BE_SHARED = outcomes('permission_denied', 'model_unavailable', 'config_error', 'region_blocked');
/** So long a trial keeps other calls waiting at the most. */
export const LONGEST_TRIAL = 10 * SECOND;
/** An account that was not used for so long is met anew, unless headers state its limits. */
export const LONG_PAUSE = 60 * SECOND;
/** It gets two calls at once, and twice as many after each such time and each good answer; none bounds them after eight of these. */
export const CONTACT_DOUBLING = 100;
export const contactAllows = (sinceMet: number): number => {
  const doublings = Math.floor(sinceMet / CONTACT_DOUBLING);
  return doublings >= 8 ? Infinity : 2 * 2 ** doublings;
};
/** A probe that ends so has shown that the vendor knows the key. */
export const PROVES_KEY = outcomes(
  'ok',
  'model_unavailable',
  'request_exceeds_key_limit',
  'content_blocked',
  'permission_denied',
);

export type Removed = 'invalid_key' | 'quota_exceeded';
export type CoolingDown = 'rate_limited' | 'cooling_down';

/** From when to when something ends, milliseconds since the epoch. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

/** What a vendor states beside the outcome. */
export interface Stated {
  readonly retryAfterMs?: number;
  readonly notBefore?: Date;
}

/** How long a cooldown may be: what is stated, up to a day or to a date; else it grows from the one to the other. */
export function cooldownSpan(
  outcome: Outcome,
  { retryAfterMs, notBefore }: Stated,
  isPlaced: boolean,
  now: number,
): Span {
  let [shortest, longest] = [2 * SECOND, MINUTE];
  if (outcome !== 'rate_limited') [shortest, longest] = isPlaced ? [HOUR, DAY] : [10 * SECOND, 10 * SECOND];
  if (retryAfterMs) shortest = longest = Math.min(retryAfterMs, DAY);
  const date = notBefore?.getTime() ?? 0;
  return { least: Math.max(date, now + shortest), most: Math.max(date, now + longest) };
}

/** When a key that is removed now is checked again. */
export function recheckSpan(outcome: Removed, { notBefore }: Stated, now: number): Span {
  const [shortest, longest] = outcome === 'quota_exceeded' ? [5 * MINUTE, 6 * HOUR] : [30 * SECOND, DAY];
  const date = notBefore?.getTime() ?? 0;
  return { least: Math.max(date, now + shortest), most: Math.max(date, now + longest) };
}

export const later = (one: Span, other: Span): Span => ({
  least: Math.max(one.least, other.least),
  most: Math.max(one.most, other.most),
});
