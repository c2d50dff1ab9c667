import type { KeyModelState, KeyRecord } from './key/key-record';
import type { ExceededLimit, ExpectedTokens } from './limits/expected-tokens';
import type { AccountDemand } from './limits/part';
import type { RateLimiter } from './limits/rate-limiter';

const MINUTE_MS = 60_000;

/** The key has limits that instances divide: known from headers, or stated by the user. */
export const isLimited = (record: KeyRecord): boolean =>
  record.hardLimits !== undefined || record.candidates.some(({ rateLimiter }) => rateLimiter?.hasHeaders);

/**
 * What this instance asks of one account.
 * @param hasMissed Whether calls waited lately for want of keys.
 */
export function accountDemand(
  account: string,
  members: readonly KeyRecord[],
  hasMissed: boolean,
  now: number,
): AccountDemand {
  let wanted = 0;
  let bound = 0;
  let smallest = Infinity;
  let refillMs = 0;
  const limiters = new Set<RateLimiter>();
  for (const { candidates, hardLimits } of members) {
    for (const { rateLimiter } of candidates) if (rateLimiter?.hasHeaders) limiters.add(rateLimiter);
    if (hardLimits === undefined) continue;
    wanted = Math.max(wanted, hardLimits.bound(now));
    bound = Math.max(bound, hardLimits.bound(now));
    refillMs = MINUTE_MS;
    smallest = Math.min(smallest, ...Object.values(hardLimits.limits as Record<string, number>));
  }
  for (const limiter of limiters) {
    wanted = Math.max(wanted, limiter.wanted(now));
    bound = Math.max(bound, limiter.bound(now));
    for (const { dimension, capacity, perMinute } of limiter.meters) {
      if (dimension === 'requests') smallest = Math.min(smallest, capacity);
      if (perMinute > 0) refillMs = Math.max(refillMs, (capacity / perMinute) * MINUTE_MS);
    }
  }
  const quantum = smallest > 0 && smallest < Infinity ? Math.min(1, 1 / smallest) : 1;
  return {
    account,
    wanted,
    isShort: hasMissed,
    bound: Math.min(1, bound),
    quantum,
    refillMs: Math.min(MINUTE_MS, refillMs),
  };
}

/** The limit of the key's account that such a call can never fit: by the vendor's word, or the user's. */
export function exceededBy(tokens: ExpectedTokens, { rateLimiter, record }: KeyModelState): ExceededLimit | undefined {
  const stated = record.hardLimits?.limits.tokensPerMinute;
  if (stated !== undefined && tokens.input + tokens.output > stated) return { dimension: 'tokens', limit: stated };
  return rateLimiter?.excess(tokens);
}
