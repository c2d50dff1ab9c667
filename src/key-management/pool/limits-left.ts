import type { KeyRecord } from './key/key-record';
import type { Dimension } from './limits/meter';
import type { RateLimiter } from './limits/rate-limiter';

/** What is left of one limit of a key, which it may share with the other keys of its account. As this instance counts, of its own part. */
export interface LimitLeft {
  /** `vendor`: as the headers of answers state it; `settings`: as the user does. */
  readonly from: 'vendor' | 'settings';
  /** Of a vendor's limit: undefined for calls that name no model, and where it holds for all. */
  readonly model: string | undefined;
  readonly unit: Dimension;
  readonly per: 'minute' | 'day';
  readonly limit: number;
  readonly left: number;
  /** When it begins anew; undefined where it refills steadily. Milliseconds since the epoch. */
  readonly endsAt: number | undefined;
}

/** @param modelOf The model of a candidate, by its place among those of the key. */
export function limitsLeft(
  record: KeyRecord,
  modelOf: (ordinal: number) => string | undefined,
  now: number,
): LimitLeft[] {
  return [...statedByUser(record, now), ...statedByVendor(record, modelOf, now)];
}

function* statedByUser({ hardLimits }: KeyRecord, now: number): Iterable<LimitLeft> {
  if (hardLimits === undefined) return;
  const { requestsPerMinute, tokensPerMinute, requestsPerDay, tokensPerDay } = hardLimits.limits;
  const minute = hardLimits.usedInMinute(now);
  const today = hardLimits.day?.amounts(now) ?? { requests: 0, tokens: 0 };
  const dayEndsAt = hardLimits.day?.endsAt(now);
  const all = [
    ['requests', 'minute', requestsPerMinute, minute.requests],
    ['tokens', 'minute', tokensPerMinute, minute.tokens],
    ['requests', 'day', requestsPerDay, today.requests],
    ['tokens', 'day', tokensPerDay, today.tokens],
  ] as const;
  for (const [unit, per, limit, used] of all) {
    if (limit === undefined) continue;
    const left = Math.max(0, limit - used);
    yield { from: 'settings', model: undefined, unit, per, limit, left, endsAt: per === 'day' ? dayEndsAt : undefined };
  }
}

function* statedByVendor(
  { candidates }: KeyRecord,
  modelOf: (ordinal: number) => string | undefined,
  now: number,
): Iterable<LimitLeft> {
  // Models may share one limiter.
  const seen = new Set<RateLimiter>();
  for (const [ordinal, { rateLimiter }] of candidates.entries()) {
    if (rateLimiter === undefined || seen.has(rateLimiter)) continue;
    seen.add(rateLimiter);
    for (const meter of rateLimiter.meters) {
      if (!meter.isKnown) continue;
      const { dimension: unit, limit, endsAt } = meter;
      const left = Math.max(0, Math.floor(meter.leftAt(now)));
      const per = meter.isDaily ? 'day' : 'minute';
      yield { from: 'vendor', model: modelOf(ordinal), unit, per, limit, left, endsAt };
    }
  }
}
