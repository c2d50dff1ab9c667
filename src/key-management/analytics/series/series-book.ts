import { HOUR_MS, MINUTE_MS } from './measures';
import { KeySeries } from './key-series';
import { ProviderSeries } from './provider-series';
import { keyDoc, seriesDoc } from './series-names';
import { TOTALS, type DocumentKind, type SumDocument } from './sum-document';
import { KeyTally, ProviderTally } from './tallies';

/** All figures: what is being counted now, and what it adds up to. Time is told to it. */
export class SeriesBook {
  readonly keys: KeySeries;
  readonly #providers = new Map<string, ProviderSeries>();
  readonly #tallies = new Map<string, ProviderTally>();
  #dirtyProviders: ProviderTally[] = [];
  #dirtyKeys: KeyTally[] = [];
  /** Of the minute that ended last: what was counted of keys, and is taken over some at a time. */
  #late: { readonly minute: number; readonly tallies: KeyTally[] } | undefined;
  /** Minute since the epoch that is being counted; -1 while nothing is. */
  #minute = -1;
  #prunedHour = -1;
  /** A document that was forgotten. */
  onDropped: (doc: string) => void = () => undefined;

  constructor(keys = new KeySeries()) {
    this.keys = keys;
  }

  /** Something is being counted. */
  get isOpen(): boolean {
    return this.#minute >= 0;
  }

  tally(provider: string): ProviderTally {
    let tally = this.#tallies.get(provider);
    if (!tally) this.#tallies.set(provider, (tally = new ProviderTally(provider)));
    return tally;
  }

  keyTally(provider: string, keyId: string): KeyTally {
    return new KeyTally(this.keys.slots.of(provider, keyId), this.tally(provider));
  }

  /** The tally is written to for the first time since it was taken over. */
  dirtyProvider(tally: ProviderTally): void {
    tally.isDirty = true;
    this.#dirtyProviders.push(tally);
  }

  dirtyKey(tally: KeyTally): void {
    tally.isDirty = true;
    this.#dirtyKeys.push(tally);
  }

  /** Begins to count the minute that `now` is in. */
  open(now: number): void {
    this.#minute = Math.floor(now / MINUTE_MS);
  }

  /** The minute is over: all is taken over, but of keys what `closeKeys` is for. Answers whether anything was counted in it. */
  close(): boolean {
    const wasBusy = this.#dirtyProviders.length + this.#dirtyKeys.length > 0;
    this.settleProviders();
    this.#settleLate(Infinity);
    this.#late = { minute: this.#minute, tallies: this.#dirtyKeys };
    this.#dirtyKeys = [];
    this.#minute = -1;
    return wasBusy;
  }

  /** Takes over so many keys of the minute that is over. True while more are left; then forgets what is too old. */
  closeKeys(limit: number, now: number): boolean {
    if (this.#settleLate(limit)) return true;
    this.#prune(now);
    return false;
  }

  settleProviders(): void {
    const dirty = this.#dirtyProviders;
    if (dirty.length === 0) return;
    this.#dirtyProviders = [];
    for (const tally of dirty) this.provider(tally.provider).take(tally, this.#minute);
  }

  settleKeys(): void {
    this.#settleLate(Infinity);
    const dirty = this.#dirtyKeys;
    this.#dirtyKeys = [];
    for (const tally of dirty) this.#settle(tally, this.#minute);
  }

  /** One key alone: it stays among those that are taken over, with nothing. */
  settleKey(tally: KeyTally): void {
    if (tally.isDirty) this.#settle(tally, this.isOpen ? this.#minute : (this.#late?.minute ?? -1));
  }

  #settleLate(limit: number): boolean {
    const { minute, tallies } = this.#late ?? { minute: -1, tallies: [] };
    for (const tally of tallies.splice(0, limit)) this.#settle(tally, minute);
    return tallies.length > 0;
  }

  #settle(tally: KeyTally, minute: number): void {
    if (tally.requests > 0) this.keys.add(minute, tally.slot, tally);
    tally.clear();
  }

  /** The last minute whose rows of keys may go to the store: it is over, unless everything must go. */
  lastMinute(isEnding: boolean): number {
    return this.#minute < 0 || isEnding ? Infinity : this.#minute - 1;
  }

  provider(provider: string): ProviderSeries {
    let series = this.#providers.get(provider);
    if (!series) this.#providers.set(provider, (series = new ProviderSeries()));
    return series;
  }

  providers(): Iterable<readonly [provider: string, series: ProviderSeries]> {
    return this.#providers;
  }

  document(provider: string, kind: DocumentKind, period: number): SumDocument {
    const series = this.provider(provider);
    return kind === TOTALS ? series.totals : series.document(kind, period);
  }

  #prune(now: number): void {
    this.keys.prune(now, (resolution, index) => {
      for (const provider of this.keys.slots.providers()) this.onDropped(keyDoc(resolution, provider, index));
    });
    const hour = Math.floor(now / HOUR_MS);
    if (hour === this.#prunedHour) return;
    this.#prunedHour = hour;
    for (const [provider, series] of this.#providers) {
      series.prune(now, (kind, period) => {
        this.onDropped(seriesDoc(kind, provider, period));
      });
    }
  }
}
