import { getOrCreate } from '../../common/get-or-create';
import { HOUR_MS, MINUTE_MS } from './measures';
import type { KeyRecord } from '../../pool/key/key-record';
import type { UsedKeys } from '../../pool/key/used-keys';
import { KeySeries } from './key-series';
import { keptDocuments, ProviderSeries, totalsIn, type ProviderTotals } from './provider-series';
import { ALL_OPENED, keyDoc, seriesDoc, type SeriesOfProvider } from './series-names';
import { CounterDocument, TOTALS, type DocumentKind } from './counter-document';
import { ProviderTally } from './provider-tally';

/** Fewer used keys are kept until the minute is over, also those of closed pools. */
const LEAST_LOOKED_AT = 1_000;

/** All counters: the tallies of the current minute, and the series that they are added to. Its callers pass the time. */
export class SeriesBook {
  readonly #providers = new Map<string, ProviderSeries>();
  readonly #tallies = new Map<string, ProviderTally>();
  #dirtyTallies: ProviderTally[] = [];
  /** Of the minute that ended last: the keys that were used, taken over some at a time. */
  #late: { readonly minute: number; readonly records: KeyRecord[] } | undefined;
  /** Minute since the epoch that is being counted; -1 while nothing is. */
  #minute = -1;
  #prunedHour = -1;
  /** With so many used keys it is looked whether some are of closed pools. */
  #mostUsed = LEAST_LOOKED_AT;
  /** Called with the name of each document that was forgotten. */
  onDropped: (doc: string) => void = () => undefined;
  /** Sums since the first start of the providers that nobody has asked for yet, together. */
  readonly #others = new CounterDocument(TOTALS);
  /** Of all pools that were ever opened at run time, together. */
  readonly opened = new CounterDocument(TOTALS);
  /** Whether the provider is a pool that was opened at run time. */
  isOpened: (provider: string) => boolean = () => false;

  /**
   * @param used The keys that were used since they were last settled.
   * @param counted What all instances counted in a document, by field, as far as it is known: but for what this one has not handed on yet.
   * @param flushCalls Makes the pools deliver the calls that they hold back, so that the tallies are complete.
   */
  constructor(
    readonly used: UsedKeys,
    private readonly counted: (doc: string) => Readonly<Record<string, number>>,
    private readonly now: () => number,
    private readonly flushCalls: () => void,
    readonly keys = new KeySeries(),
  ) {}

  /** Whether a minute is being counted. */
  get isOpen(): boolean {
    return this.#minute >= 0;
  }

  tally(provider: string): ProviderTally {
    return getOrCreate(this.#tallies, provider, () => new ProviderTally(provider));
  }

  /** Marks the tally as written to, so that it is taken over. */
  markDirty(tally: ProviderTally): void {
    if (tally.isDirty) return;
    tally.isDirty = true;
    this.#dirtyTallies.push(tally);
  }

  /** Begins to count the minute that `now` is in. */
  open(now: number): void {
    this.#minute = Math.floor(now / MINUTE_MS);
  }

  /** The minute is over: all is taken over, but of keys what `closeKeys` is for. Answers whether anything was counted in it. */
  close(): boolean {
    this.flushCalls();
    const wasBusy = this.#dirtyTallies.length + this.used.length > 0;
    this.settleProviders();
    this.#settleLate(Infinity);
    this.#late = { minute: this.#minute, records: this.used.take() };
    this.#minute = -1;
    return wasBusy;
  }

  /** Takes over at most `limit` keys of the minute that is over. True while more are left; otherwise forgets what is too old. */
  closeKeys(limit: number, now: number): boolean {
    if (this.#settleLate(limit)) return true;
    this.#prune(now);
    return false;
  }

  settleProviders(): void {
    this.flushCalls();
    const dirty = this.#dirtyTallies;
    if (dirty.length === 0) return;
    this.#dirtyTallies = [];
    for (const tally of dirty) this.provider(tally.provider).take(tally, this.#minute);
  }

  settleKeys(): void {
    this.flushCalls();
    this.#settleLate(Infinity);
    for (const record of this.used.take()) this.#settle(record, this.#minute);
  }

  /** One key alone: it stays among those that are taken over, with nothing. */
  settleKey(record: KeyRecord): void {
    this.flushCalls();
    this.#settle(record, this.#lastMinute);
  }

  get #lastMinute(): number {
    return this.isOpen ? this.#minute : (this.#late?.minute ?? -1);
  }

  #settleLate(limit: number): boolean {
    const { minute, records } = this.#late ?? { minute: -1, records: [] };
    for (const record of records.splice(0, limit)) this.#settle(record, minute);
    return records.length > 0;
  }

  #settle(record: KeyRecord, minute: number): void {
    const { attempts, failures, rateLimited, okMs } = record.takeAttemptCounters();
    if (attempts === 0) return;
    const counts = { requests: attempts, failures, rateLimited, responseMs: okMs };
    this.keys.count(minute, record.provider, record.id, counts);
  }

  /** The last minute whose rows of keys may go to the store: it is over, unless everything must go. */
  lastMinute(isEnding: boolean): number {
    return this.#minute < 0 || isEnding ? Infinity : this.#minute - 1;
  }

  /** The series of a provider. They are made when they are first asked for, of all that was ever counted. */
  provider(provider: string): ProviderSeries {
    return getOrCreate(this.#providers, provider, () => {
      const series = new ProviderSeries(this.isOpened(provider) ? this.opened : undefined);
      for (const [kind, period] of keptDocuments(this.now())) {
        const sums = this.counted(seriesDoc(kind, provider, kind === TOTALS ? undefined : period));
        for (const [field, sum] of Object.entries(sums)) noteIn(series, { kind, period }, field, sum);
      }
      if (series.totals.kind === TOTALS) this.#others.take(series.totals);
      return series;
    });
  }

  /** Forgets the series of a pool that was closed, all of which must have been handed to the store. */
  forget(provider: string): void {
    this.#tallies.delete(provider);
    this.#providers.delete(provider);
    if (this.used.length >= this.#mostUsed) this.#letDeletedGo();
  }

  /** Settles the used keys that are deleted before the minute is over, so that the pools of one minute do not add up. */
  #letDeletedGo(): void {
    for (const record of this.used.take()) {
      if (record.deleted) this.#settle(record, this.#lastMinute);
      else this.used.add(record);
    }
    // Each look costs as much as what came since the last.
    this.#mostUsed = Math.max(2 * this.used.length, LEAST_LOOKED_AT);
  }

  /** The series of each provider that somebody asked for. */
  get providers(): ReadonlyMap<string, ProviderSeries> {
    return this.#providers;
  }

  /** Of every provider whose series somebody asked for; of all others, and of all opened pools, together. */
  *totals(): Iterable<ProviderTotals> {
    for (const [, series] of this.#providers) if (series.totals.kind === TOTALS) yield series.total();
    yield totalsIn(this.#others.sums);
    yield totalsIn(this.opened.sums);
  }

  /** Another instance counted, and what it counted is noted. */
  received(name: SeriesOfProvider, field: string, by: number): void {
    const series = this.#providers.get(name.provider);
    if (series) noteIn(series, name, field, by);
    if (name.kind !== TOTALS) return;
    if (name.provider === ALL_OPENED) note(this.opened, name.kind, field, by);
    else if (series?.totals.kind !== TOTALS) note(this.#others, name.kind, field, by);
  }

  #prune(now: number): void {
    // As they were: with its last row a provider is forgotten.
    const named = [...this.keys.numbers.providers()];
    this.keys.prune(now, (resolution, index) => {
      for (const provider of named) this.onDropped(keyDoc(resolution, provider, index));
    });
    const hour = Math.floor(now / HOUR_MS);
    if (hour === this.#prunedHour) return;
    this.#prunedHour = hour;
    for (const [provider, series] of this.#providers) {
      series.prune(now, (kind, period) => this.onDropped(seriesDoc(kind, provider, period)));
    }
  }
}

/** Notes what others counted in a field; nothing where there is no such field. */
function note(document: Pick<CounterDocument, 'received'>, kind: DocumentKind, field: string, by: number): void {
  const column = kind.columns.get(field);
  if (column !== undefined) document.received(column, by);
}

const noteIn = (
  series: ProviderSeries,
  { kind, period }: Pick<SeriesOfProvider, 'kind' | 'period'>,
  field: string,
  by: number,
): void => note(kind.spanMs === 0 ? series.totals : series.document(kind, period), kind, field, by);
