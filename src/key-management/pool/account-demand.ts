import { accountName, membersOf } from './key/account';
import type { KeyModelState, KeyRecord } from './key/key-record';
import { totalOf, type ExceededLimit, type ExpectedTokens } from './limits/expected-tokens';
import type { Missed } from './limits/missed-calls';
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
const isLimited = (record: KeyRecord): boolean =>
  isDivided(record.hardLimits) || record.candidates.some(({ rateLimiter }) => rateLimiter?.isLimited);

/**
 * What this instance asks of one account.
 * @param missed Calls that wait, where some did lately for want of keys. The part must be large enough for the largest of them.
 * @param usedSince When the first call came, whatever account it went to; milliseconds since the epoch.
 */
function accountDemand(
  account: string,
  members: readonly KeyRecord[],
  missed: Missed | undefined,
  usedSince: number,
  now: number,
): AccountDemand {
  let wanted = 0;
  let bound = 0;
  let smallest = Infinity;
  let refillMs = 0;
  let perCall = 0;
  let largest = 0;
  let usualCalls = Infinity;
  let stockMs = Infinity;
  const limiters = new Set<RateLimiter>();
  for (const { candidates, hardLimits } of members) {
    for (const { rateLimiter } of candidates) if (rateLimiter?.isLimited) limiters.add(rateLimiter);
    if (hardLimits === undefined) continue;
    stockMs = 0;
    wanted = Math.max(wanted, hardLimits.bound(now));
    bound = Math.max(bound, hardLimits.bound(now));
    refillMs = MINUTE_MS;
    const { concurrency = Infinity, requestsPerMinute = Infinity, tokensPerMinute = Infinity } = hardLimits.limits;
    smallest = Math.min(smallest, concurrency, requestsPerMinute, tokensPerMinute);
    perCall = Math.max(perCall, 1 / concurrency, MINUTE_MS / SERVED_WITHIN_MS / requestsPerMinute);
    if (missed?.largest) largest = Math.max(largest, partFor(totalOf(missed.largest), tokensPerMinute));
  }
  for (const limiter of limiters) {
    wanted = Math.max(wanted, limiter.wanted(now, usedSince));
    bound = Math.max(bound, limiter.bound(now));
    stockMs = Math.min(stockMs, limiter.stockMs(now));
    // Only who has all of an account can learn its rate: what others take is not known.
    if (!limiter.hasHeaders) smallest = Math.min(smallest, 1);
    for (const { perMinute, usual } of limiter.rates) {
      if (perMinute > 0) perCall = Math.max(perCall, (usual * MINUTE_MS) / SERVED_WITHIN_MS / perMinute);
    }
    for (const meter of limiter.meters) {
      const { dimension, capacity, perMinute, usual } = meter;
      if (missed?.largest && meter.isKnown)
        largest = Math.max(largest, partFor(meter.needed(missed.largest), capacity));
      if (dimension === 'requests') smallest = Math.min(smallest, capacity);
      else if (meter.isKnown) usualCalls = Math.min(usualCalls, capacity / usual);
      if (perMinute > 0) refillMs = Math.max(refillMs, (capacity / perMinute) * MINUTE_MS);
    }
  }
  // Where only tokens are limited, one call of the usual size.
  if (smallest === Infinity) smallest = usualCalls;
  const quantum = smallest > 0 && smallest < Infinity ? Math.min(1, 1 / Math.ceil(smallest - ROUNDING)) : 1;
  return {
    account,
    wanted: Math.max(wanted, largest),
    isShort: missed !== undefined,
    waiting: missed === undefined ? 0 : Math.max(missed.calls * perCall, largest),
    bound: Math.min(1, bound),
    quantum: Math.max(quantum, largest),
    refillMs: Math.min(MINUTE_MS, refillMs),
    stockMs: stockMs < Infinity ? stockMs : 0,
  };
}

/** What this instance asks of the accounts that have limits to divide. */
export function accountDemands(
  records: Iterable<KeyRecord>,
  missed: Missed | undefined,
  now: number,
): readonly AccountDemand[] {
  const limited: KeyRecord[] = [];
  const seen = new Set<unknown>();
  let usedSince = Infinity;
  for (const record of records) {
    const account = record.account ?? record;
    if (seen.has(account) || !isLimited(record)) continue;
    seen.add(account);
    limited.push(record);
    for (const { rateLimiter } of record.candidates)
      if (rateLimiter !== undefined) usedSince = Math.min(usedSince, rateLimiter.usedSince);
  }
  return limited.map((record) => accountDemand(accountName(record), membersOf(record), missed, usedSince, now));
}

/** The part of a limit that a call of this size needs; 0 where no part is large enough. */
const partFor = (size: number, limit: number): number => {
  const part = size / limit;
  return part <= 1 ? Math.min(1, part * (1 + ROUNDING)) : 0;
};

/** The limit of the key's account that such a call can never fit: by the vendor's word, or the user's. */
export function exceededBy(tokens: ExpectedTokens, { rateLimiter, record }: KeyModelState): ExceededLimit | undefined {
  let stated = record.hardLimits?.limits.tokensPerMinute ?? Infinity;
  for (const { terms, limit } of record.meters ?? []) if (terms.unit === 'tokens') stated = Math.min(stated, limit);
  if (stated < Infinity && tokens.input + tokens.output > stated) return { dimension: 'tokens', limit: stated };
  return rateLimiter?.excess(tokens);
}
