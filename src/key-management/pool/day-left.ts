import type { KeyRecord } from './key/key-record';
import type { Meter } from './limits/meter';
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

const isDaily = (meter: Meter): boolean => meter.isDaily;

/** Gathers the limits by the day that headers state, key by key. */
export class DaysLeft {
  /** The keys of an account have one limiter, and so may the models of a key. */
  readonly #limited = new Map<RateLimiter, { readonly ordinal: number; readonly keys: KeyRecord[] }>();

  add(record: KeyRecord): void {
    const { candidates } = record;
    for (let ordinal = 0; ordinal < candidates.length; ordinal += 1) {
      const { rateLimiter } = candidates[ordinal]!;
      if (rateLimiter?.hasHeaders !== true) continue;
      const known = this.#limited.get(rateLimiter);
      if (known !== undefined) {
        if (known.keys.at(-1) !== record) known.keys.push(record);
      } else if (rateLimiter.meters.some(isDaily)) this.#limited.set(rateLimiter, { ordinal, keys: [record] });
    }
  }

  /** @param modelOf The model of a candidate, by its place among those of its key. */
  *found(modelOf: (ordinal: number) => string | undefined, now: number): Iterable<DayLeft> {
    for (const [{ meters }, { ordinal, keys }] of this.#limited)
      for (const meter of meters)
        if (meter.isDaily) {
          const { dimension: unit, endsAt } = meter;
          yield { keys, model: modelOf(ordinal), unit, left: meter.leftAt(now), endsAt };
        }
  }
}
