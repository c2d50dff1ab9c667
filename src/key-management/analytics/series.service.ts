import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../clock';
import { CLOCK } from '../key-management.constants';
import type { KeyEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key-record';
import { isRemovedStatus } from '../pool/key-state';
import type { EndedCall } from '../pool/pool-observer';
import type { Settlement, Source } from '../pool/settlement';
import { SLICE } from '../slices';
import { PersistenceService } from '../store/persistence.service';
import { bucketsBetween, MINUTE_MS, type Resolution, type SeriesEntry } from './series/measures';
import type { ProviderTotals } from './series/provider-series';
import { binOf, sketchOf } from './series/response-bins';
import { SeriesBook } from './series/series-book';
import { SeriesPersistence } from './series/series-persistence';
import { PLACE, type KeyTally, type ProviderTally } from './series/tallies';

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

/** Counts what calls come to, by provider and by key, over all instances and restarts. */
@Injectable()
export class SeriesService implements OnModuleDestroy, BeforeApplicationShutdown {
  readonly #book = new SeriesBook();
  readonly #persistence: SeriesPersistence;
  readonly #keys = new Map<KeyRecord, KeyTally>();
  readonly #link: PersistenceService['link'];
  #cancelMinute: (() => void) | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    persistence: PersistenceService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#link = persistence.link;
    this.#persistence = new SeriesPersistence(this.#book, this.#link, () => clock.now());
    persistence.own(this.#persistence);
    pools.observe({
      leaseSettled: (record, settlement, durationMs, source) => {
        this.#settled(record, settlement, durationMs, source);
      },
      callEnded: (call) => {
        this.#ended(call);
      },
      keyChanged: (record, event) => {
        this.#changed(record, event);
      },
    });
  }

  /** Sums since the first start, of all instances. */
  totals(provider: string): ProviderTotals {
    this.#book.settleProviders();
    return this.#book.provider(provider).total();
  }

  allTotals(): ProviderTotals[] {
    this.#book.settleProviders();
    return Array.from(this.#book.providers(), ([, series]) => series.total());
  }

  responseTimes(provider: string): ResponseTimes | undefined {
    this.#book.settleProviders();
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
    this.#book.settleProviders();
    const [first, last] = bucketsBetween(resolution, from, to, this.clock.now());
    return this.#book.provider(provider).timeline(resolution, first, last);
  }

  /** Attempts with one key, as above. */
  keyTimeline(provider: string, keyId: string, { resolution, from = 0, to = Infinity }: TimelineQuery): SeriesEntry[] {
    this.#settle(provider, keyId);
    const [first, last] = bucketsBetween(resolution, from, to, this.clock.now());
    return this.#book.keys.timeline(resolution, this.#book.keys.slots.find(provider, keyId), first, last);
  }

  beforeApplicationShutdown(): void {
    this.#persistence.isEnding = true;
  }

  onModuleDestroy(): void {
    this.#cancelMinute?.();
    this.#cancelMinute = undefined;
  }

  /** On the hot path. */
  #settled(record: KeyRecord, { outcome }: Settlement, durationMs: number, source: Source): void {
    if (source !== 'call') return;
    const key = this.#keys.get(record) ?? this.#newKey(record);
    if (!key.isDirty) this.#book.dirtyKey(key);
    const provider = key.ofProvider;
    if (!provider.isDirty) this.#begin(provider);
    key.requests += 1;
    provider.outcomes[PLACE[outcome]]! += 1;
    if (outcome === 'ok') {
      key.responseMs += durationMs;
      provider.responses += 1;
      provider.responseMs += durationMs;
      provider.bins[binOf(durationMs)]! += 1;
      return;
    }
    key.failures += 1;
    if (outcome !== 'rate_limited') return;
    key.rateLimited += 1;
    provider.rateLimited += 1;
  }

  /** On the hot path. */
  #ended({ provider, success, attempts }: EndedCall): void {
    const tally = this.#book.tally(provider);
    if (!tally.isDirty) this.#begin(tally);
    tally.requests += 1;
    if (!success) tally.failures += 1;
    if (attempts > 1) tally.retries += attempts - 1;
  }

  #changed(record: KeyRecord, event: KeyEvent): void {
    if (event.type === 'key_deleted') this.#forget(record);
    // What the store or another instance tells was counted where it happened.
    if (event.type !== 'status_changed' || event.by === 'store' || event.by === 'instance') return;
    if (!isRemovedStatus(event.to) || isRemovedStatus(event.from)) return;
    const tally = this.#book.tally(event.provider);
    if (!tally.isDirty) this.#begin(tally);
    tally.keysRemoved += 1;
  }

  /** Once a second at most, while anything happens. */
  #begin(tally: ProviderTally): void {
    this.#book.dirtyProvider(tally);
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
  }

  #settle(provider: string, keyId: string): void {
    const record = this.pools.pool(provider)?.record(keyId);
    const tally = record && this.#keys.get(record);
    if (tally) this.#book.settleKey(tally);
    // Calls may have outlived their key.
    else this.#book.settleKeys();
  }

  #newKey(record: KeyRecord): KeyTally {
    const tally = this.#book.keyTally(record.provider, record.id);
    // A call may outlive its key: then the key is counted, but not remembered.
    if (this.pools.pool(record.provider)?.record(record.id) !== record) return tally;
    this.#book.keys.slots.hold(tally.slot);
    this.#keys.set(record, tally);
    return tally;
  }

  #forget(record: KeyRecord): void {
    const tally = this.#keys.get(record);
    if (!tally || !this.#keys.delete(record)) return;
    this.#book.settleKey(tally);
    this.#book.keys.slots.release(tally.slot);
  }
}
