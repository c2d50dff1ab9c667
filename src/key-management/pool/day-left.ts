import type { KeyRecord } from './key/key-record';
import type { RateLimiter } from './limits/rate-limiter';

/** What a vendor's headers say is left of a limit by the day, of one key or of the keys of one account, for one model. */
export interface DayLeft {
  readonly keys: readonly KeyRecord[];
  /** Undefined for calls that name none, and where the limit holds for all models. */
  readonly model: string | undefined;
  readonly unit: string;
  readonly left: number;
  /** When a fixed window begins anew; undefined where the limit refills steadily. Milliseconds since the epoch. */
  readonly endsAt: number | undefined;
}

/** @param modelOf The model of a candidate, by its place among those of its key. */
export function* dayLeft(
  records: Iterable<KeyRecord>,
  modelOf: (ordinal: number) => string | undefined,
  now: number,
): Iterable<DayLeft> {
  const limited = new Map<RateLimiter, { readonly ordinal: number; readonly keys: KeyRecord[] }>();
  for (const record of records)
    for (const [ordinal, { rateLimiter }] of record.candidates.entries()) {
      if (rateLimiter?.meters.some(({ isDaily }) => isDaily) !== true) continue;
      // The keys of an account have one limiter, and so may the models of a key.
      const known = limited.get(rateLimiter);
      if (known === undefined) limited.set(rateLimiter, { ordinal, keys: [record] });
      else if (known.keys.at(-1) !== record) known.keys.push(record);
    }
  for (const [{ meters }, { ordinal, keys }] of limited)
    for (const meter of meters)
      if (meter.isDaily) {
        const { dimension: unit, endsAt } = meter;
        yield { keys, model: modelOf(ordinal), unit, left: meter.leftAt(now), endsAt };
      }
}
