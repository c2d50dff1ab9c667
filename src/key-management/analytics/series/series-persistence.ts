import { forEachInChunks } from '../../common/event-loop';
import type { DocumentOwner } from '../../store/sync/document-owner';
import type { FieldChange, StoredDocument } from '../../store/port/key-store';
import type { StoreLink } from '../../store/sync/store-link';
import type { KeyRow } from './key-series';
import type { KeyCounts } from './key-bucket';
import { BUCKET_MS, BUCKETS, DAY_MS, HOUR_MS, type Resolution } from './measures';
import { isKept, type ProviderSeries } from './provider-series';
import type { SeriesBook } from './series-book';
import {
  ALL_OPENED,
  keyDoc,
  keyFields,
  readKeyField,
  readSeriesName,
  SERIES,
  seriesDoc,
  seriesPlaces,
  type SeriesName,
  type SeriesOfProvider,
} from './series-names';
import { OPENED, TOTALS, type CounterDocument } from './counter-document';

/** Of an opened pool: when it was last counted in; milliseconds since the epoch. */
const COUNTED_AT = 'countedAt';
/** The sums of an opened pool that nobody serves are dropped from the store after so long; milliseconds. */
const OPENED_KEPT_MS = 31 * DAY_MS;
/** Rows of keys that go out in one second: a thousand cost the event loop less than a few milliseconds. */
const ROWS_AT_ONCE = 500;

/** Keeps the counters in the store, and adds what other instances counted. */
export class SeriesPersistence implements DocumentOwner {
  readonly prefix = SERIES;
  /** The app is shutting down: everything is handed over at once. */
  isEnding = false;
  #prunedHour = -1;

  constructor(
    private readonly book: SeriesBook,
    private readonly link: Pick<StoreLink, 'add' | 'counted' | 'drop' | 'raise' | 'statisticsPending'>,
    private readonly now: () => number,
  ) {
    // Each instance drops what is too old by itself.
    book.onDropped = (doc) => link.drop(doc, 'nobody');
  }

  merge({ doc, sums }: StoredDocument): void {
    const name = readSeriesName(doc);
    if (!name) return;
    if (this.#isKept(name)) this.#received(name, sums);
    else this.link.drop(doc, 'nobody');
  }

  merged(): void {
    this.book.keys.seal();
  }

  dropped(doc: string): boolean {
    const name = readSeriesName(doc);
    if (name?.of === 'keys' && this.#isKept(name)) this.book.keys.drop(name.resolution, name.index);
    // Another instance, which does not serve the pool, took it for forgotten.
    const isWanted = isOfOpened(name) && this.book.providers.has(name.provider);
    if (isWanted) this.link.raise(doc, COUNTED_AT, this.now());
    return isWanted;
  }

  changed(change: FieldChange): void {
    const name = readSeriesName(change.doc);
    if (name && change.kind === 'add' && this.#isKept(name)) this.#received(name, { [change.field]: change.by });
  }

  collect(): boolean {
    this.book.settleProviders();
    if (this.isEnding) this.book.settleKeys();
    for (const [provider, series] of this.book.providers) this.#collect(provider, series);
    this.#addUnsent(this.book.opened, ALL_OPENED);
    const isLeft = this.book.keys.takeUnsent(ROWS_AT_ONCE, this.book.lastMinute(this.isEnding), (...row) =>
      this.#addRow(...row),
    );
    if (isLeft && !this.isEnding) this.link.statisticsPending();
    return isLeft && this.isEnding;
  }

  /** The provider's pool is closed: what was counted goes to the store, and its series are forgotten here until they are asked for again. */
  closed(provider: string): void {
    this.book.settleProviders();
    const series = this.book.providers.get(provider);
    if (series) this.#collect(provider, series);
    this.book.forget(provider);
    this.book.keys.takeUnsentOf(provider, (...row) => this.#addRow(...row));
  }

  /** Every instance keeps the totals of the providers of the app, and those of all opened pools together. */
  providerOf(doc: string): string | undefined {
    const name = readSeriesName(doc);
    return name === undefined || (name.of === 'provider' && name.kind === TOTALS) ? undefined : name.provider;
  }

  placesOf(provider: string): readonly string[] {
    return seriesPlaces(provider);
  }

  passedBy({ doc, maxima }: StoredDocument): void {
    const name = readSeriesName(doc)!;
    const isOld = isOfOpened(name) && (maxima[COUNTED_AT] ?? Infinity) < this.now() - OPENED_KEPT_MS;
    if (isOld || !this.#isKept(name)) this.link.drop(doc);
  }

  forget(provider: string): void {
    this.book.keys.forget(provider);
  }

  /** Drops what is too old of providers that nobody asks for, from time to time. */
  async prune(): Promise<void> {
    const hour = Math.floor(this.now() / HOUR_MS);
    if (hour === this.#prunedHour) return;
    this.#prunedHour = hour;
    await forEachInChunks(this.link.counted(SERIES), (doc) => {
      const name = readSeriesName(doc);
      if (name && !this.#isKept(name)) this.link.drop(doc, 'nobody');
    });
  }

  #addRow(resolution: Resolution, index: number, keyNumber: number, counts: KeyCounts): void {
    const { provider, keyId } = this.book.keys.numbers.keyOf(keyNumber);
    const doc = keyDoc(resolution, provider, index);
    for (const [field, by] of keyFields(keyId, counts)) this.link.add(doc, field, by);
  }

  #collect(provider: string, series: ProviderSeries): void {
    for (const [document, period] of series.documents()) this.#addUnsent(document, provider, period);
  }

  #addUnsent(document: CounterDocument, provider: string, period?: number): void {
    const doc = seriesDoc(document.kind, provider, period);
    if (document.takeUnsent((field, by) => this.link.add(doc, field, by)) && document.kind === OPENED)
      this.link.raise(doc, COUNTED_AT, this.now());
  }

  #received(name: SeriesName, sums: Readonly<Record<string, number>>): void {
    if (name.of === 'provider') {
      for (const [field, by] of Object.entries(sums)) this.book.received(name, field, by);
    } else {
      for (const [keyId, row] of rowsOf(sums)) {
        this.book.keys.received(name.resolution, name.index, this.book.keys.numbers.of(name.provider, keyId), row);
      }
    }
  }

  #isKept(name: SeriesName): boolean {
    const now = this.now();
    if (name.of === 'provider') return isKept(name.kind, name.period, now);
    const ms = BUCKET_MS[name.resolution];
    return name.index > Math.floor(now / ms) - BUCKETS[name.resolution] && name.index * ms <= now + HOUR_MS;
  }
}

const isOfOpened = (name: SeriesName | undefined): name is SeriesOfProvider =>
  name?.of === 'provider' && name.kind === OPENED;

function rowsOf(sums: Readonly<Record<string, number>>): Map<string, KeyRow> {
  const rows = new Map<string, Record<string, number>>();
  for (const [field, total] of Object.entries(sums)) {
    const read = readKeyField(field);
    if (!read) continue;
    const row = rows.get(read.keyId) ?? {};
    row[read.of] = (row[read.of] ?? 0) + total;
    rows.set(read.keyId, row);
  }
  return rows;
}
