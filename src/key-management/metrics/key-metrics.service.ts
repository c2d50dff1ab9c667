import { Inject, Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { ForecastService, type ProviderOutlook } from '../alerts/forecast.service';
import { WebhookService } from '../alerts/webhook.service';
import { RetryExecutorService } from '../execution/retry-executor.service';
import { KeySourcesService } from '../health/key-sources.service';
import { ProviderHealthService } from '../health/provider-health.service';
import { METRICS_SETTINGS } from '../key-management.constants';
import type { MetricsSettings } from '../configuration/key-management.options';
import type { KeyChangeEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import { isRemovedStatus } from '../pool/key/key-state';
import { PersistenceService } from '../store/persistence.service';
import { registerBudgetMetrics } from './budget-metrics';
import { CallCounter } from './call-counter';
import { registerCallMetrics } from './call-metrics';
import { registerForecastMetrics } from './forecast-metrics';
import { KeyMetrics } from './key-metrics';
import { registerPoolMetrics } from './pool-metrics';
import { promClient } from './prom-client';
import { CountsByProvider } from './provider-counts';
import { registerSourceMetrics } from './source-metrics';
import { registerStoreMetrics } from './store-metrics';
import { registerWebhookMetrics } from './webhook-metrics';

/**
 * Prometheus metrics of this instance, in a registry of their own: several apps in one process do not meet.
 * An app with a registry of its own joins them: `Registry.merge([mine, keyMetrics.registry])`.
 */
@Injectable()
export class KeyMetricsService {
  #registry: Registry | undefined;
  readonly #counts: CountsByProvider;
  readonly #keys: KeyMetrics | undefined;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly executor: RetryExecutorService,
    private readonly persistence: PersistenceService,
    private readonly health: ProviderHealthService,
    private readonly sources: KeySourcesService,
    private readonly webhook: WebhookService,
    private readonly forecast: ForecastService,
    @Inject(METRICS_SETTINGS) { perKey = false }: MetricsSettings,
  ) {
    this.#counts = new CountsByProvider((provider) => pools.templateOf(provider)?.like ?? provider);
    this.#keys = perKey ? new KeyMetrics() : undefined;
    pools.observe({
      callsOf: (provider) =>
        new CallCounter(this.#counts.of(provider), this.#isOpened(provider) ? undefined : this.#keys),
      poolClosed: (provider) => this.#closed(provider),
      callWaited: (provider, ms) => this.#counts.of(provider).queueTimes.observe(ms),
      keyChanged: (record, event) => this.#changed(record, event),
    });
  }

  /** The metrics, for an app that joins them to its own. Made when it is first asked for; what happened before is in it. */
  get registry(): Registry {
    this.#registry ??= this.#newRegistry();
    return this.#registry;
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

  #newRegistry(): Registry {
    const registry = new (promClient().Registry)();
    registerPoolMetrics(registry, {
      pools: () => this.pools.pools(),
      labelOf: (provider) => this.#counts.labelOf(provider),
      queueLength: (provider) => this.executor.providerContext(provider)?.queue.length ?? 0,
      ofClosed: (label) => this.#counts.labelled(label).closed,
      states: () => this.health.all().filter(({ template }) => template === undefined),
      usableKeys: (pool) => this.health.usableKeys(pool),
    });
    registerCallMetrics(registry, this.#counts);
    registerStoreMetrics(registry, this.persistence.link);
    registerSourceMetrics(
      registry,
      (provider) => this.#counts.labelOf(provider),
      () => this.sources.statuses(),
    );
    registerWebhookMetrics(registry, this.webhook);
    registerForecastMetrics(
      registry,
      (provider) => this.#counts.labelOf(provider),
      () => this.#outlooks(),
    );
    registerBudgetMetrics(
      registry,
      (provider) => this.#counts.labelOf(provider),
      () => this.pools.pools(),
      this.#keys !== undefined,
    );
    this.#keys?.register(registry, () => this.#records());
    return registry;
  }

  #changed(record: KeyRecord, event: KeyChangeEvent): void {
    const counts = this.#counts.of(event.provider);
    if (event.type === 'key_deleted') this.#keys?.forget(record);
    // What a store or another instance tells was counted where it happened.
    if (event.type !== 'status_changed' || event.by === 'store' || event.by === 'instance') return;
    if (isRemovedStatus(event.from) || !isRemovedStatus(event.to)) return;
    counts.removed.set(event.to, (counts.removed.get(event.to) ?? 0) + 1);
  }

  #closed(provider: string): void {
    const { closed } = this.#counts.of(provider);
    const { kept, moved, asked } = this.pools.pool(provider)!.calls.byAffinity;
    closed.kept += kept;
    closed.moved += moved;
    closed.asked += asked;
  }

  /** There may be very many of those that were opened at run time: their keys have no series of their own. */
  *#records(): Iterable<KeyRecord> {
    for (const pool of this.pools.pools()) if (!this.#isOpened(pool.provider)) yield* pool.records();
  }

  *#outlooks(): Iterable<ProviderOutlook> {
    for (const outlook of this.forecast.outlooks()) if (!this.#isOpened(outlook.provider)) yield outlook;
  }

  #isOpened(provider: string): boolean {
    return this.pools.templateOf(provider) !== undefined;
  }
}
