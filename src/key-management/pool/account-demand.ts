import type { KeyModelState, KeyRecord } from './key/key-record';
import type { ExceededLimit, ExpectedTokens } from './limits/expected-tokens';
import type { AccountDemand } from './limits/part';
import type { HardLimits } from './limits/hard-limits';
import type { RateLimiter } from './limits/rate-limiter';

const MINUTE_MS = 60_000;
/** Calls that wait are to be served within this time. Milliseconds. */
const SERVED_WITHIN_MS = 2_000;
/** What is left is stated in whole calls, so that a capacity learned from it may be a little too small. */
const ROUNDING = 1e-3;

/** Limits by the day alone are not divided: they are claimed. */
const isDivided = (hard: HardLimits | undefined): boolean => {
  const { concurrency, requestsPerMinute, tokensPerMinute } = hard?.limits ?? {};
  return concurrency !== undefined || requestsPerMinute !== undefined || tokensPerMinute !== undefined;
};

/** The key has limits that instances divide: known from headers, learned from refusals, or stated by the user. */
export const isLimited = (record: KeyRecord): boolean =>
  isDivided(record.hardLimits) || record.candidates.some(({ rateLimiter }) => rateLimiter?.isLimited);

/**
 * What this instance asks of one account.
 * @param missed How many calls wait, where some did lately for want of keys.
 */
export function accountDemand(
  account: string,
  members: readonly KeyRecord[],
  missed: number | undefined,
  now: number,
): AccountDemand {
  let wanted = 0;
  let bound = 0;
  let smallest = Infinity;
  let refillMs = 0;
  let perCall = 0;
  const limiters = new Set<RateLimiter>();
  for (const { candidates, hardLimits } of members) {
    for (const { rateLimiter } of candidates) if (rateLimiter?.isLimited) limiters.add(rateLimiter);
    if (hardLimits === undefined) continue;
    wanted = Math.max(wanted, hardLimits.bound(now));
    bound = Math.max(bound, hardLimits.bound(now));
    refillMs = MINUTE_MS;
    const { concurrency = Infinity, requestsPerMinute = Infinity, tokensPerMinute = Infinity } = hardLimits.limits;
    smallest = Math.min(smallest, concurrency, requestsPerMinute, tokensPerMinute);
    perCall = Math.max(perCall, 1 / concurrency, MINUTE_MS / SERVED_WITHIN_MS / requestsPerMinute);
  }
  for (const limiter of limiters) {
    wanted = Math.max(wanted, limiter.wanted(now));
    bound = Math.max(bound, limiter.bound(now));
    // Only who has all of an account can learn its rate: what others take is not known.
    if (!limiter.hasHeaders) smallest = Math.min(smallest, 1);
    for (const { perMinute, usual } of limiter.rates) {
      if (perMinute > 0) perCall = Math.max(perCall, (usual * MINUTE_MS) / SERVED_WITHIN_MS / perMinute);
    }
    for (const { dimension, capacity, perMinute } of limiter.meters) {
      if (dimension === 'requests') smallest = Math.min(smallest, capacity);
      if (perMinute > 0) refillMs = Math.max(refillMs, (capacity / perMinute) * MINUTE_MS);
    }
  }
  const quantum = smallest > 0 && smallest < Infinity ? Math.min(1, 1 / Math.ceil(smallest - ROUNDING)) : 1;
  return {
    account,
    wanted,
    isShort: missed !== undefined,
    waiting: missed === undefined ? 0 : missed * perCall,
    bound: Math.min(1, bound),
    quantum,
    refillMs: Math.min(MINUTE_MS, refillMs),
  };
}

/** The limit of the key's account that such a call can never fit: by the vendor's word, or the user's. */
export function exceededBy(tokens: ExpectedTokens, { rateLimiter, record }: KeyModelState): ExceededLimit | undefined {
  const { tokensPerMinute = Infinity, tokensPerDay = Infinity } = record.hardLimits?.limits ?? {};
  const stated = Math.min(tokensPerMinute, tokensPerDay);
  if (stated < Infinity && tokens.input + tokens.output > stated) return { dimension: 'tokens', limit: stated };
  return rateLimiter?.excess(tokens);
}
