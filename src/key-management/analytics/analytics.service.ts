import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { UnknownProviderError } from '../errors';
import { INSTANCE_ID, RESOLVED_OPTIONS, STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import { percentage } from '../pool/key-snapshot';
import { KeyPoolService } from '../pool/key-pool.service';
import { HealthCheckerRegistry } from '../vendors/health-checker.registry';
import { callSummary, globalStats } from './call-summary';
import { keyStatusEntry, providerStatus, type ComprehensiveStatus } from './comprehensive-status';
import { EventLog } from './event-log';
import { recentEvent, timelineEntry, type ProviderAnalytics, type TimelineEntry } from './provider-analytics';
import { SeriesService, type TimelineQuery } from './series.service';

/** Of the log, in the analytics of one provider. */
const RECENT_EVENTS = 50;

/** What calls came to, and the documents built of it. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly configuration: ConfigurationService,
    private readonly log: EventLog,
    private readonly series: SeriesService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(INSTANCE_ID) private readonly instanceId: string,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
  ) {}

  comprehensiveStatus(): ComprehensiveStatus {
    const pools = [...this.pools.pools()].filter(({ size }) => size > 0);
    return {
      system_info: {
        max_retries: this.configuration.current.maxRetries,
        initialized_providers: pools.map(({ provider }) => provider),
        firebase_available: this.options.store.kind === 'firebase' && this.store.status() === 'up',
        health_check_interval_minutes: this.configuration.current.healthCheckIntervalMinutes,
        store: this.options.store.kind,
        namespace: this.options.store.namespace,
        instance_id: this.instanceId,
      },
      key_pools: {
        providers: Object.fromEntries(
          pools.map(({ provider }) => [provider, providerStatus(this.pools.list(provider))]),
        ),
      },
      global_stats: globalStats(this.series),
    };
  }

  /**
   * The timeline in minutes unless another part of it is asked for.
   * @throws UnknownProviderError
   */
  providerAnalytics(provider: string, timeline: TimelineQuery = { resolution: 'minute' }): ProviderAnalytics {
    this.#known(provider);
    const keys = this.pools.list(provider);
    const { outcomes } = this.series.totals(provider);
    const healthy = keys.filter(({ status }) => status === 'healthy').length;
    return {
      provider,
      summary: {
        total_keys: keys.length,
        healthy_keys: healthy,
        health_percentage: keys.length === 0 ? 0 : percentage(healthy, keys.length),
        ...callSummary(this.series, provider),
      },
      outcomes,
      timeline: this.timeline(provider, timeline),
      keys: keys.map(keyStatusEntry),
      recent_events: this.log.latest({ limit: RECENT_EVENTS, provider }).flatMap(recentEvent),
    };
  }

  /** @throws UnknownProviderError */
  timeline(provider: string, query: TimelineQuery): TimelineEntry[] {
    this.#known(provider);
    return this.series.timeline(provider, query).map(timelineEntry);
  }

  /**
   * Attempts with one key. A key that is deleted keeps its timeline.
   * @throws UnknownProviderError
   */
  keyTimeline(provider: string, keyId: string, query: TimelineQuery): TimelineEntry[] {
    this.#known(provider);
    return this.series.keyTimeline(provider, keyId, query).map(timelineEntry);
  }

  #known(provider: string): void {
    if (!this.pools.pool(provider) && !this.registry.has(provider)) {
      throw new UnknownProviderError(provider, this.registry.providers());
    }
  }
}
