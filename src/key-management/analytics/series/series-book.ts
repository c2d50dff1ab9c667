import { getOrCreate } from '../../common/get-or-create';
import { HOUR_MS, MINUTE_MS } from './measures';
import type { KeyRecord } from '../../pool/key/key-record';
import type { UsedKeys } from '../../pool/key/used-keys';
import { KeySeries } from './key-series';
import { ProviderSeries } from './provider-series';
import { keyDoc, seriesDoc } from './series-names';
import { TOTALS, type DocumentKind, type CounterDocument } from './counter-document';
import { ProviderTally } from './provider-tally';

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
  /** Called with the name of each document that was forgotten. */
  onDropped: (doc: string) => void = () => undefined;

  /**
   * @param used The keys that were used since they were last settled.
   * @param flushCalls Makes the pools deliver the calls that they hold back, so that the tallies are complete.
   */
  constructor(
    readonly used: UsedKeys,
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
    this.#settle(record, this.isOpen ? this.#minute : (this.#late?.minute ?? -1));
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

  provider(provider: string): ProviderSeries {
    return getOrCreate(this.#providers, provider, () => new ProviderSeries());
  }

  /** Forgets what is in memory of a provider whose pool was closed. What is stored of it goes with its age. */
  forget(provider: string): void {
    this.settleProviders();
    this.#tallies.delete(provider);
    this.#providers.delete(provider);
  }

  providers(): Iterable<readonly [provider: string, series: ProviderSeries]> {
    return this.#providers;
  }

  document(provider: string, kind: DocumentKind, period: number): CounterDocument {
    const series = this.provider(provider);
    return kind === TOTALS ? series.totals : series.document(kind, period);
  }

  #prune(now: number): void {
    this.keys.prune(now, (resolution, index) => {
      for (const provider of this.keys.numbers.providers()) this.onDropped(keyDoc(resolution, provider, index));
    });
    const hour = Math.floor(now / HOUR_MS);
    if (hour === this.#prunedHour) return;
    this.#prunedHour = hour;
    for (const [provider, series] of this.#providers) {
      series.prune(now, (kind, period) => this.onDropped(seriesDoc(kind, provider, period)));
    }
  }
}
