import { USAGE_COUNTS, type UsageTotals } from '../../pool/key/key-usage';

/** What is counted of a provider in each minute and hour. The order is that of the columns. */
export const MEASURES = [
  /** Calls, and those of them that failed. */
  'requests',
  'failures',
  /** Attempts that met a rate limit. */
  'rateLimited',
  'keysRemoved',
  /** Attempts that went well, and the milliseconds they took in all. */
  'responses',
  'responseMs',
  /** Further attempts of calls; calls that found no key; failed calls that say nothing against the provider: their caller's own fault, or given up. */
  'retries',
  'refused',
  'excused',
] as const;
export type Measure = (typeof MEASURES)[number];

export const WIDTH = MEASURES.length;

/** Columns of what calls used in a minute or an hour, behind those of all measures; their order is that of `USAGE_COUNTS`. */
export const USAGE_WIDTH = USAGE_COUNTS.length;

/** One bucket of a timeline, of a provider or of a key. */
export interface SeriesEntry extends Readonly<Record<Measure, number>> {
  /** Begin, milliseconds since the epoch. */
  readonly at: number;
  /** What calls used; undefined where none was answered, and of single keys. */
  readonly usage?: UsageTotals;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Minutes for 3 hours, hours for 30 days. */
export type Resolution = 'minute' | 'hour';
export const RESOLUTIONS = ['minute', 'hour'] as const satisfies readonly Resolution[];
export const BUCKET_MS: Readonly<Record<Resolution, number>> = { minute: MINUTE_MS, hour: HOUR_MS };
export const BUCKETS: Readonly<Record<Resolution, number>> = { minute: 180, hour: 720 };

/** The buckets from..to as numbers of minutes or hours since the epoch, cut to what is kept. */
export function bucketsBetween(
  resolution: Resolution,
  from: number,
  to: number,
  now: number,
): readonly [number, number] {
  const ms = BUCKET_MS[resolution];
  const last = Math.floor(now / ms);
  return [Math.max(Math.floor(from / ms), last - BUCKETS[resolution] + 1), Math.min(Math.floor(to / ms), last)];
}
