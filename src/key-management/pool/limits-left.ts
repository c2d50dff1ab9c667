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

function* statedByUser({ hardLimits, meters = [] }: KeyRecord, now: number): Iterable<LimitLeft> {
  const stated = { from: 'settings', model: undefined } as const;
  if (hardLimits !== undefined) {
    const { requestsPerMinute, tokensPerMinute } = hardLimits.limits;
    const { requests, tokens } = hardLimits.usedInMinute(now);
    const minutes = [
      ['requests', requestsPerMinute, requests],
      ['tokens', tokensPerMinute, tokens],
    ] as const;
    for (const [unit, limit, used] of minutes)
      if (limit !== undefined)
        yield { ...stated, unit, per: 'minute', limit, left: Math.max(0, limit - used), endsAt: undefined };
  }
  for (const meter of meters) {
    const { kind, unit } = meter.terms;
    if (kind !== 'limit' || unit === 'usd') continue;
    const left = Math.max(0, meter.limit - meter.spent(now));
    yield { ...stated, unit, per: 'day', limit: meter.limit, left, endsAt: meter.endsAt(now) };
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
