import { KeyNumbers } from './key-numbers';
import type { KeyCounts } from './key-bucket';
import { KeyTable } from './key-table';
import { BUCKET_MS, BUCKETS, RESOLUTIONS, type Resolution, type SeriesEntry } from './measures';

/**
 * Rows kept of all keys together: every minute of 3 hours of 333 keys, every hour of 30 days of 166 keys. With more keys that are
 * never idle, the timelines of keys (not those of providers) begin later. Full, both take 4.3 MB.
 */
const MAX_ROWS: Readonly<Record<Resolution, number>> = { minute: 60_000, hour: 120_000 };

/** Sums of one key in one minute or hour, by field, as the store has them. */
export type KeyRow = { readonly [field in keyof KeyCounts]?: number };

interface Tables {
  /** All that is known; and what of it the store has not had yet. */
  readonly known: KeyTable;
  readonly unsent: KeyTable;
}

/** Minutes and hours of all keys. */
export class KeySeries {
  readonly numbers = new KeyNumbers();
  readonly #tables: Readonly<Record<Resolution, Tables>>;

  constructor(maxRows: Readonly<Record<Resolution, number>> = MAX_ROWS) {
    const table = (resolution: Resolution): KeyTable =>
      new KeyTable(this.numbers, maxRows[resolution], BUCKETS[resolution]);
    this.#tables = {
      minute: { known: table('minute'), unsent: table('minute') },
      hour: { known: table('hour'), unsent: table('hour') },
    };
  }

  rows(resolution: Resolution): number {
    return this.#tables[resolution].known.rows;
  }

  /** Takes in what was counted of a key in a minute (since the epoch). Its number stays as long as a row holds it. */
  count(minute: number, provider: string, keyId: string, counts: KeyCounts): void {
    const keyNumber = this.numbers.of(provider, keyId);
    this.numbers.hold(keyNumber);
    this.add(minute, keyNumber, counts);
    this.numbers.release(keyNumber);
  }

  add(minute: number, keyNumber: number, counts: KeyCounts): void {
    for (const [resolution, index] of [['minute', minute] as const, ['hour', Math.floor(minute / 60)] as const]) {
      this.#tables[resolution].known.add(index, keyNumber, counts);
      this.#tables[resolution].unsent.add(index, keyNumber, counts);
    }
  }

  /** Another instance counted. */
  received(resolution: Resolution, index: number, keyNumber: number, row: KeyRow): void {
    this.#tables[resolution].known.add(index, keyNumber, { ...NOTHING, ...row });
  }

  /** All buckets were taken in as a whole. */
  seal(): void {
    for (const resolution of RESOLUTIONS)
      for (const [, bucket] of this.#tables[resolution].known.buckets()) bucket.seal();
  }

  /** Gives up to that many rows that the store has not had, of minutes up to `untilMinute`. True if some are left. */
  takeUnsent(
    limit: number,
    untilMinute: number,
    taken: (resolution: Resolution, index: number, keyNumber: number, counts: KeyCounts) => void,
  ): boolean {
    const { minute, hour } = this.#tables;
    minute.unsent.take(limit, untilMinute, (...row) => taken('minute', ...row));
    hour.unsent.take(limit, Math.floor(untilMinute / 60), (...row) => taken('hour', ...row));
    return hour.unsent.rows > 0 || [...minute.unsent.buckets()].some(([index]) => index <= untilMinute);
  }

  /** Gives all rows of a provider's keys that the store has not had. */
  takeUnsentOf(
    provider: string,
    taken: (resolution: Resolution, index: number, keyNumber: number, counts: KeyCounts) => void,
  ): void {
    const keyNumbers = this.numbers.ofProvider(provider);
    for (const resolution of RESOLUTIONS)
      this.#tables[resolution].unsent.takeOf(keyNumbers, (...row) => taken(resolution, ...row));
  }

  /** Forgets the rows of a provider's keys. */
  forget(provider: string): void {
    const keyNumbers = this.numbers.ofProvider(provider);
    for (const resolution of RESOLUTIONS) this.#tables[resolution].known.takeOf(keyNumbers, () => undefined);
  }

  /** Forgets what is too old or too much, and tells of each bucket. */
  prune(now: number, dropped: (resolution: Resolution, index: number) => void): void {
    for (const resolution of RESOLUTIONS) {
      const { known, unsent } = this.#tables[resolution];
      for (const index of known.prune(Math.floor(now / BUCKET_MS[resolution]))) {
        unsent.drop(index);
        dropped(resolution, index);
      }
    }
  }

  /** Another instance forgot the bucket. */
  drop(resolution: Resolution, index: number): void {
    this.#tables[resolution].known.drop(index);
    this.#tables[resolution].unsent.drop(index);
  }

  /** Every bucket from..to of one key, from the first in which it was used. */
  timeline(resolution: Resolution, keyNumber: number | undefined, from: number, to: number): SeriesEntry[] {
    const entries: SeriesEntry[] = [];
    if (keyNumber === undefined) return entries;
    for (let index = from; index <= to; index += 1) {
      const counts = this.#tables[resolution].known.bucket(index)?.get(keyNumber);
      if (!counts && entries.length === 0) continue;
      const { requests, failures, rateLimited, responseMs } = counts ?? NOTHING;
      const at = index * BUCKET_MS[resolution];
      const attempts = { requests, failures, rateLimited, responses: requests - failures, responseMs };
      entries.push({ ...ONLY_OF_PROVIDERS, ...attempts, at });
    }
    return entries;
  }
}

const ONLY_OF_PROVIDERS = { keysRemoved: 0, retries: 0, refused: 0, excused: 0 };
const NOTHING: KeyCounts = Object.freeze({ requests: 0, failures: 0, rateLimited: 0, responseMs: 0 });
