import { Inject, Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { RetryExecutorService } from '../execution/retry-executor.service';
import { ProviderHealthService } from '../health/provider-health.service';
import { METRICS_SETTINGS } from '../key-management.constants';
import type { MetricsSettings } from '../configuration/key-management.options';
import type { KeyChangeEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import { isRemovedStatus } from '../pool/key/key-state';
import { PersistenceService } from '../store/persistence.service';
import { CallCounter } from './call-counter';
import { registerCallMetrics } from './call-metrics';
import { KeyMetrics } from './key-metrics';
import { registerPoolMetrics } from './pool-metrics';
import { CountsByProvider } from './provider-counts';
import { registerStoreMetrics } from './store-metrics';

/**
 * Prometheus metrics of this instance, in a registry of their own: several apps in one process do not meet.
 * An app with a registry of its own joins them: `Registry.merge([mine, keyMetrics.registry])`.
 */
@Injectable()
export class KeyMetricsService {
  readonly registry = new Registry();
  readonly #counts = new CountsByProvider();
  readonly #keys: KeyMetrics | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    executor: RetryExecutorService,
    persistence: PersistenceService,
    health: ProviderHealthService,
    @Inject(METRICS_SETTINGS) { perKey = false }: MetricsSettings,
  ) {
    registerPoolMetrics(this.registry, {
      pools: () => pools.pools(),
      labelOf: (provider) => this.#counts.labelOf(provider),
      queueLength: (provider) => executor.providerContext(provider)?.queue.length ?? 0,
      states: () => health.all(),
      usableKeys: (pool) => health.usableKeys(pool),
    });
    registerCallMetrics(this.registry, this.#counts);
    registerStoreMetrics(this.registry, persistence.link);
    this.#keys = perKey ? new KeyMetrics(this.registry, () => this.#records()) : undefined;
    pools.observe({
      callsOf: (provider) => new CallCounter(this.#counts.of(provider), this.#keys),
      callWaited: (provider, ms) => this.#counts.of(provider).queueTimes.observe(ms),
      affinityServed: (provider, where) => void (this.#counts.of(provider).affinity[where] += 1),
      keyChanged: (record, event) => this.#changed(record, event),
    });
  }

  /** Content type of `text()`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics in Prometheus' text format, as they are now. */
  text(): Promise<string> {
    this.pools.flushCalls();
    return this.registry.metrics();
  }

  #changed(record: KeyRecord, event: KeyChangeEvent): void {
    const counts = this.#counts.of(event.provider);
    if (event.type === 'key_deleted') this.#keys?.forget(record);
    // What a store or another instance tells was counted where it happened.
    if (event.type !== 'status_changed' || event.by === 'store' || event.by === 'instance') return;
    if (isRemovedStatus(event.from) || !isRemovedStatus(event.to)) return;
    counts.removed.set(event.to, (counts.removed.get(event.to) ?? 0) + 1);
  }

  *#records(): Iterable<KeyRecord> {
    for (const pool of this.pools.pools()) yield* pool.records();
  }
}
