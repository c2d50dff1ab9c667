import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../../common/clock';
import { CLOCK } from '../../key-management.constants';
import type { KeyChangeEvent } from '../../pool/key-events';
import { KeyPoolService } from '../../pool/key-pool.service';
import { isRemovedStatus } from '../../pool/key/key-state';
import { SLICE } from '../../common/event-loop';
import { PersistenceService } from '../../store/persistence.service';
import { CallCounter } from './call-counter';
import { bucketsBetween, MINUTE_MS, type Resolution, type SeriesEntry } from './measures';
import type { ProviderTotals } from './provider-series';
import { sketchOf } from './response-bins';
import { SeriesBook } from './series-book';
import { SeriesPersistence } from './series-persistence';

/** Which part of a timeline; milliseconds since the epoch, both within what is kept. */
export interface TimelineQuery {
  readonly resolution: Resolution;
  readonly from?: number;
  readonly to?: number;
}

/** Response times of the last 24 hours; milliseconds, quantiles within 1 %. */
export interface ResponseTimes {
  readonly averageMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Counts calls and attempts by provider and by key, over all instances and restarts. */
@Injectable()
export class SeriesService implements OnModuleDestroy, BeforeApplicationShutdown {
  readonly #book: SeriesBook;
  readonly #persistence: SeriesPersistence;
  readonly #link: PersistenceService['link'];
  #cancelMinute: (() => void) | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    persistence: PersistenceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { link } = persistence;
    this.#link = link;
    const counted = (doc: string): Readonly<Record<string, number>> => link.totals(doc);
    this.#book = new SeriesBook(
      pools.usedKeys(),
      counted,
      () => clock.now(),
      () => pools.flushCalls(),
    );
    this.#book.isOpened = (provider) => pools.templateOf(provider) !== undefined;
    this.#persistence = new SeriesPersistence(this.#book, this.#link, () => clock.now());
    this.#link.own(this.#persistence);
    pools.observe({
      callsOf: (provider) => new CallCounter(this.#book.tally(provider), this.#book),
      callsPending: () => this.#begin(),
      keyChanged: (_, event) => this.#changed(event),
      poolIdle: (provider) => this.#settleAll(provider),
      poolClosed: (provider) => this.#persistence.closed(provider),
    });
  }

  /** Sums since the first start, of all instances. */
  totals(provider: string): ProviderTotals {
    this.#look();
    return this.#book.provider(provider).total();
  }

  /** The same of all providers, also of those that are closed or unknown by now. */
  allTotals(): ProviderTotals[] {
    this.#look();
    return [...this.#book.totals()];
  }

  responseTimes(provider: string): ResponseTimes | undefined {
    this.#look();
    const now = this.clock.now();
    const sketch = sketchOf(this.#book.provider(provider).recentTimes(now));
    if (sketch.count === 0) return undefined;
    const hours = this.timeline(provider, { resolution: 'hour', from: now - 23 * 60 * MINUTE_MS });
    const responses = hours.reduce((sum, hour) => sum + hour.responses, 0);
    const totalMs = hours.reduce((sum, hour) => sum + hour.responseMs, 0);
    return {
      // The sums are exact; the sketch is not.
      averageMs: responses === 0 ? sketch.sum / sketch.count : totalMs / responses,
      p50Ms: sketch.getValueAtQuantile(0.5),
      p95Ms: sketch.getValueAtQuantile(0.95),
    };
  }

  /** The buckets asked for, without a gap, from the first that holds anything. */
  timeline(provider: string, { resolution, from = 0, to = Infinity }: TimelineQuery): SeriesEntry[] {
    this.#look();
    const [first, last] = bucketsBetween(resolution, from, to, this.clock.now());
    return this.#book.provider(provider).timeline(resolution, first, last);
  }

  /** Attempts with one key, as above. */
  keyTimeline(provider: string, keyId: string, { resolution, from = 0, to = Infinity }: TimelineQuery): SeriesEntry[] {
    this.#link.looked();
    this.#settle(provider, keyId);
    const [first, last] = bucketsBetween(resolution, from, to, this.clock.now());
    return this.#book.keys.timeline(resolution, this.#book.keys.numbers.find(provider, keyId), first, last);
  }

  /** Before figures of providers are shown. */
  #look(): void {
    this.#link.looked();
    this.#book.settleProviders();
  }

  beforeApplicationShutdown(): void {
    this.#persistence.isEnding = true;
  }

  onModuleDestroy(): void {
    this.#cancelMinute?.();
    this.#cancelMinute = undefined;
  }

  #changed(event: KeyChangeEvent): void {
    // A change that came from the store or another instance was counted where it happened.
    if (event.type !== 'status_changed' || event.by === 'store' || event.by === 'instance') return;
    // What an administrator switches off has not died.
    if (event.to === 'disabled' || !isRemovedStatus(event.to) || isRemovedStatus(event.from)) return;
    const tally = this.#book.tally(event.provider);
    this.#book.markDirty(tally);
    tally.keysRemoved += 1;
    this.#begin();
  }

  /** Opens the minute that is counted, and has the counters written within the second. */
  #begin(): void {
    this.#link.statisticsPending();
    if (!this.#book.isOpen) this.#openMinute();
  }

  #openMinute(): void {
    const now = this.clock.now();
    this.#book.open(now);
    // The process may end before the minute does.
    this.#cancelMinute = this.clock.after(MINUTE_MS - (now % MINUTE_MS), () => this.#minuteOver(), false);
  }

  #minuteOver(): void {
    const wasBusy = this.#book.close();
    this.#closeKeys();
    if (wasBusy) this.#openMinute();
  }

  /** Some at a time: ten thousand keys at once would hold up the calls. */
  #closeKeys(): void {
    const isLeft = this.#book.closeKeys(SLICE, this.clock.now());
    this.#link.statisticsPending();
    if (isLeft) setImmediate(() => this.#closeKeys());
    else void this.#persistence.prune();
  }

  /** Before the records are gone: whoever opens the pool again finds what was counted in this minute. */
  #settleAll(provider: string): void {
    for (const record of this.pools.pool(provider)?.records() ?? []) this.#book.settleKey(record);
  }

  #settle(provider: string, keyId: string): void {
    const record = this.pools.pool(provider)?.record(keyId);
    if (record) this.#book.settleKey(record);
    // Calls may have outlived their key.
    else this.#book.settleKeys();
  }
}
