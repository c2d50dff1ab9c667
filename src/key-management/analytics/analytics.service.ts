import { Inject, Injectable } from '@nestjs/common';
import { ForecastService } from '../alerts/forecast.service';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { INSTANCE_ID, RESOLVED_OPTIONS, STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import { ProviderHealthService, type ProviderHealth } from '../health/provider-health.service';
import type { KeyPool } from '../pool/key-pool';
import { firstById } from '../pool/key-page';
import { percentage } from '../pool/key/key-snapshot';
import { KeyPoolService } from '../pool/key-pool.service';
import { countStatuses, countStatusesInTurns, totalOf, type StatusCounts } from '../pool/key/status-counts';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { budgetsOf, keyStatusEntry, providerHead, runOutOf, type ProviderHead } from './comprehensive-status';
import { EventLog } from '../events/event-log';
import type {
  ComprehensiveStatus,
  KeyStatusEntry,
  ProviderAnalytics,
  ProviderStatus,
  TimelineEntry,
} from './documents';
import { callSummary, globalStats, recentEvent, timelineEntry } from './provider-analytics';
import { SeriesService, type TimelineQuery } from './series/series.service';
import { statusText, type StatusPart } from './status-text';
import { usageBreakdown } from './usage-breakdown';

/** Of the log, in the analytics of one provider. */
const RECENT_EVENTS = 50;

/** Builds the status and analytics documents from pools, counters and the event log. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly configuration: ConfigurationService,
    private readonly log: EventLog,
    private readonly series: SeriesService,
    private readonly health: ProviderHealthService,
    private readonly forecast: ForecastService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(INSTANCE_ID) private readonly instanceId: string,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
  ) {}

  comprehensiveStatus(): ComprehensiveStatus {
    const providers = this.#listed().map(([health, pool]): [string, ProviderStatus] => {
      const head = providerHead(countStatuses(pool), health, this.forecast.outlook(health.provider), pool);
      return [health.provider, { ...head, keys: [...entriesOf(pool)] }];
    });
    return {
      system_info: this.#systemInfo(),
      key_pools: { providers: Object.fromEntries(providers) },
      global_stats: globalStats(this.series),
    };
  }

  /** The same as JSON, in pieces with turns of the event loop between. */
  comprehensiveStatusText(): AsyncGenerator<string> {
    const parts = this.#listed().map(([health, pool]): StatusPart => {
      const head = async (): Promise<ProviderHead> =>
        providerHead(await countStatusesInTurns(pool), health, this.forecast.outlook(health.provider), pool);
      return { provider: health.provider, head, keys: entriesOf(pool) };
    });
    return statusText(this.#systemInfo(), parts, globalStats(this.series));
  }

  /** All keys of all providers. */
  get keyCount(): number {
    return Array.from(this.pools.pools()).reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The timeline in minutes, and all keys.
   * @throws UnknownProviderError
   */
  providerAnalytics(provider: string): ProviderAnalytics {
    this.registry.assertKnown(provider, this.pools);
    const pool = this.pools.pool(provider);
    return this.#analytics(provider, pool ? countStatuses(pool) : {}, pool ? [...entriesOf(pool)] : []);
  }

  /**
   * The same with at most `limit` keys, in the order of their ids, beginning after the id `after`. Counts the keys in turns of the event loop.
   * @throws UnknownProviderError
   */
  async providerAnalyticsPage(
    provider: string,
    { limit, after }: { limit: number; after?: string | undefined },
  ): Promise<{ analytics: ProviderAnalytics; isLast: boolean }> {
    this.registry.assertKnown(provider, this.pools);
    const pool = this.pools.pool(provider);
    if (!pool) return { analytics: this.#analytics(provider, {}, []), isLast: true };
    const counts = await countStatusesInTurns(pool);
    const found = firstById(pool.records(), limit + 1, after);
    const keys = found.slice(0, limit).map((record) => keyStatusEntry(pool.snapshot(record)));
    return { analytics: this.#analytics(provider, counts, keys), isLast: found.length <= limit };
  }

  /** @throws UnknownProviderError */
  timeline(provider: string, query: TimelineQuery): TimelineEntry[] {
    this.registry.assertKnown(provider, this.pools);
    return this.series.timeline(provider, query).map(timelineEntry);
  }

  /**
   * Attempts with one key. A key that is deleted keeps its timeline.
   * @throws UnknownProviderError
   */
  keyTimeline(provider: string, keyId: string, query: TimelineQuery): TimelineEntry[] {
    this.registry.assertKnown(provider, this.pools);
    return this.series.keyTimeline(provider, keyId, query).map(timelineEntry);
  }

  #systemInfo(): ComprehensiveStatus['system_info'] {
    const { maxRetries, healthCheckIntervalMinutes } = this.configuration.current;
    const filled = Array.from(this.pools.pools()).filter(({ size }) => size > 0);
    return {
      max_retries: maxRetries,
      initialized_providers: filled.map(({ provider }) => provider),
      firebase_available: this.options.store.kind === 'firebase' && this.store.status() === 'up',
      health_check_interval_minutes: healthCheckIntervalMinutes,
      store: this.options.store.kind,
      namespace: this.options.store.namespace,
      instance_id: this.instanceId,
    };
  }

  /** Every provider that has keys or is called. */
  #listed(): [ProviderHealth, KeyPool][] {
    return this.health.all().map((health) => [health, this.pools.pool(health.provider)!]);
  }

  #analytics(provider: string, counts: StatusCounts, keys: KeyStatusEntry[]): ProviderAnalytics {
    const { healthy = 0 } = counts;
    const total = totalOf(counts);
    const { outcomes } = this.series.totals(provider);
    const pool = this.pools.pool(provider);
    return {
      provider,
      summary: {
        total_keys: total,
        healthy_keys: healthy,
        health_percentage: total === 0 ? 0 : percentage(healthy, total),
        ...callSummary(this.series, provider),
        ...runOutOf(this.forecast.outlook(provider)),
        budgets: budgetsOf(pool),
        ...usageBreakdown(pool),
      },
      outcomes,
      timeline: this.timeline(provider, { resolution: 'minute' }),
      keys,
      recent_events: this.log.latest({ limit: RECENT_EVENTS, provider }).flatMap(recentEvent),
    };
  }
}

function* entriesOf(pool: KeyPool): Generator<KeyStatusEntry> {
  for (const record of pool.records()) yield keyStatusEntry(pool.snapshot(record));
}
