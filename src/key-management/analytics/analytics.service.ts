import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { UnknownProviderError } from '../errors';
import { INSTANCE_ID, RESOLVED_OPTIONS, STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import { ProviderHealthService } from '../health/provider-health.service';
import type { KeyPool } from '../pool/key-pool';
import { firstById } from '../pool/key-page';
import { percentage } from '../pool/key-snapshot';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyStatus } from '../pool/key-state';
import { HealthCheckerRegistry } from '../vendors/health-checker.registry';
import { callSummary, globalStats } from './call-summary';
import {
  keyStatusEntry,
  providerHead,
  type ComprehensiveStatus,
  type KeyStatusEntry,
  type ProviderStatus,
} from './comprehensive-status';
import { EventLog } from './event-log';
import { recentEvent, timelineEntry, type ProviderAnalytics, type TimelineEntry } from './provider-analytics';
import { SeriesService, type TimelineQuery } from './series.service';
import { statusText, type StatusPart } from './status-text';

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
    private readonly health: ProviderHealthService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(INSTANCE_ID) private readonly instanceId: string,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
  ) {}

  comprehensiveStatus(): ComprehensiveStatus {
    const providers = this.#parts().map(
      ({ provider, head, keys }) => [provider, { ...head, keys: [...keys] }] satisfies [string, ProviderStatus],
    );
    return {
      system_info: this.#systemInfo(),
      key_pools: { providers: Object.fromEntries(providers) },
      global_stats: globalStats(this.series),
    };
  }

  /** The same as JSON, in pieces with turns of the event loop between. */
  comprehensiveStatusText(): AsyncGenerator<string> {
    return statusText(this.#systemInfo(), this.#parts(), globalStats(this.series));
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
    return this.#analytics(provider, (pool) => [...entriesOf(pool)]);
  }

  /**
   * The same with so many keys, in the order of their ids, after the one given.
   * @throws UnknownProviderError
   */
  providerAnalyticsPage(
    provider: string,
    { limit, after }: { limit: number; after?: string | undefined },
  ): { analytics: ProviderAnalytics; isLast: boolean } {
    let isLast = true;
    const analytics = this.#analytics(provider, (pool) => {
      const found = firstById(pool.records(), limit + 1, after);
      isLast = found.length <= limit;
      return found.slice(0, limit).map((record) => keyStatusEntry(pool.snapshot(record)));
    });
    return { analytics, isLast };
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

  #systemInfo(): ComprehensiveStatus['system_info'] {
    const { maxRetries, healthCheckIntervalMinutes } = this.configuration.current;
    const filled = Array.from(this.pools.pools()).filter(({ size }) => size > 0);
    return {
      max_retries: maxRetries,
      initialized_providers: filled.map(({ provider }) => provider),
      firebase_available: this.options.store.kind === 'firebase' && this.store.status() === 'up',
      health_check_interval_minutes: healthCheckIntervalMinutes,
      store: this.options.store.kind,
      instance_id: this.instanceId,
    };
  }

  /** Of every provider that has keys or is called. */
  #parts(): StatusPart[] {
    return this.health.all().map((health) => {
      const pool = this.pools.pool(health.provider)!;
      return { provider: health.provider, head: providerHead(statusesOf(pool), health), keys: entriesOf(pool) };
    });
  }

  #analytics(provider: string, keysOf: (pool: KeyPool) => KeyStatusEntry[]): ProviderAnalytics {
    this.#known(provider);
    const pool = this.pools.pool(provider);
    let healthy = 0;
    for (const status of pool ? statusesOf(pool) : []) if (status === 'healthy') healthy += 1;
    const total = pool?.size ?? 0;
    const { outcomes } = this.series.totals(provider);
    return {
      provider,
      summary: {
        total_keys: total,
        healthy_keys: healthy,
        health_percentage: total === 0 ? 0 : percentage(healthy, total),
        ...callSummary(this.series, provider),
      },
      outcomes,
      timeline: this.timeline(provider, { resolution: 'minute' }),
      keys: pool ? keysOf(pool) : [],
      recent_events: this.log.latest({ limit: RECENT_EVENTS, provider }).flatMap(recentEvent),
    };
  }

  #known(provider: string): void {
    if (!this.pools.pool(provider) && !this.registry.has(provider)) {
      throw new UnknownProviderError(provider, this.registry.providers());
    }
  }
}

function* entriesOf(pool: KeyPool): Generator<KeyStatusEntry> {
  for (const record of pool.records()) yield keyStatusEntry(pool.snapshot(record));
}

function* statusesOf(pool: KeyPool): Generator<KeyStatus> {
  // Keys whose rest is over are healthy from here on.
  pool.wake();
  for (const { status } of pool.records()) yield status;
}
