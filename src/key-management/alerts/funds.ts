import type { KeyRecord } from '../pool/key/key-record';
import type { PeriodMeter } from '../pool/limits/period-meter';

/** Something that can run out: what is left of a balance, a limit or a budget, of one key or of several that share it. */
export interface Funds {
  /** Names it among those of its provider: the same from one look to the next, and on all instances. */
  readonly subject: string;
  readonly keys: readonly KeyRecord[];
  /** What is counted: `usd`, `tokens`, `requests`, or the vendor's own unit. */
  readonly unit: string;
  readonly left: number;
  /** What was spent of the present period; undefined for a balance, which only falls. */
  readonly spent?: number;
  /** When all of it is there again. Milliseconds since the epoch. */
  readonly endsAt?: number;
  /** When this was so. Milliseconds since the epoch. */
  readonly at: number;
  /** It bounds calls of one model alone: what is left of the provider does not end with it. */
  readonly isOfModel?: boolean;
  /** What counts it, where it is a budget or a limit of a day. */
  readonly meter?: PeriodMeter;
  /** Whose it is, where it is an account's. */
  readonly account?: string;
}

/** The account of keys that share one; undefined of a key of its own. */
export const accountOf = (keys: readonly KeyRecord[]): string | undefined =>
  keys[0]?.account === undefined ? undefined : keys[0].account.name;

/**
 * What is left of a provider as a whole, for each unit in which every key in use has something left: keys without a bound never run out. Where all of them
 * have one thing, it is that.
 * @param inUse The keys that calls may be made with, now or later.
 */
export function fundsOfProvider(found: readonly Funds[], inUse: ReadonlySet<KeyRecord>): Funds[] {
  const all = found.filter(({ isOfModel }) => isOfModel !== true);
  const units = [...new Set(all.map(({ unit }) => unit))];
  return units.flatMap((unit) => {
    const parts = all.filter((each) => each.unit === unit);
    const bounded = new Set(parts.flatMap(({ keys }) => keys));
    if ([...inUse].some((key) => !bounded.has(key))) return [];
    return parts.length === 1 ? parts : sumOf(parts, unit, [...bounded]);
  });
}

function sumOf(parts: readonly Funds[], unit: string, keys: readonly KeyRecord[]): Funds {
  const endsAt = Math.min(...parts.map((each) => each.endsAt ?? Infinity));
  return {
    subject: 'provider',
    keys,
    unit,
    left: parts.reduce((sum, { left }) => sum + Math.max(0, left), 0),
    at: Math.max(...parts.map(({ at }) => at)),
    ...(endsAt < Infinity && { endsAt }),
  };
}
