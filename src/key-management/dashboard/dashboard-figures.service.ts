import { Inject, Injectable } from '@nestjs/common';
import { runOutTime, stateFields } from '../analytics/comprehensive-status';
import type { CallSummary, ComprehensiveStatus, ProviderStateFields, TimelineEntry } from '../analytics/documents';
import { callSummary, globalStats, timelineEntry } from '../analytics/provider-analytics';
import type { Resolution } from '../analytics/series/measures';
import { SeriesService } from '../analytics/series/series.service';
import { profileOf } from '../vendors/vendor-of';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import type { Clock } from '../common/clock';
import { getOrCreate } from '../common/get-or-create';
import { ForecastService } from '../alerts/forecast.service';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { ProviderHealthService, type ProviderHealth } from '../health/provider-health.service';
import { isInTrouble } from '../health/provider-watch';
import { CLOCK, RESOLVED_OPTIONS, STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import { percentage } from '../pool/key/key-snapshot';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';

/** What the calls of the last five minutes came to, as the state is judged by. */
interface CallWindow {
  calls: number;
  /** Those that speak against the provider: faults of the caller do not. */
  failures: number;
  /** Per cent; null where no call ended. */
  success_rate: number | null;
}

/** Calls that their account served, calls that went to another, and requests for an object to accounts that do not have it. */
interface CallsByAffinity {
  kept: number;
  moved: number;
  asked: number;
}

export interface ProviderFigures extends ProviderStateFields {
  /** Whose keys these are: a provider may have any name. */
  vendor: { name: string; label: string };
  /** When no key has anything left, at the present pace; null where that is not known, or does not come. */
  runs_out_at: string | null;
  /** Somebody called it within the hour. */
  called: boolean;
  window: CallWindow;
  /** Calls with an affinity, of this instance since its start; null where there were none. */
  affinity: CallsByAffinity | null;
  summary: { total_keys: number } & CallSummary;
  timeline: TimelineEntry[];
  /** Pools like it that were opened at run time and are used, and those of them that serve nobody; null where there are none. */
  opened: { pools: number; in_trouble: number } | null;
}

export interface DashboardFigures {
  at: string;
  system_info: Pick<ComprehensiveStatus['system_info'], 'store' | 'max_retries' | 'health_check_interval_minutes'> & {
    /** Since when the store is away; null while it is there. */
    store_away_since: string | null;
  };
  global_stats: ComprehensiveStatus['global_stats'];
  providers: Record<string, ProviderFigures>;
}

/** Many open pages ask often; the figures are made at most once in this time. */
const FRESH_MS = 1_000;

/**
 * The figures of all providers in one small document. It looks at no key, so that an open page costs the same with 3 keys or
 * 100,000: how many are healthy the page counts itself.
 */
@Injectable()
export class DashboardFiguresService {
  readonly #made = new Map<Resolution, { readonly at: number; readonly figures: DashboardFigures }>();

  constructor(
    private readonly pools: KeyPoolService,
    private readonly series: SeriesService,
    private readonly health: ProviderHealthService,
    private readonly forecast: ForecastService,
    private readonly checkers: HealthCheckerRegistry,
    private readonly configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  current(resolution: Resolution): DashboardFigures {
    const now = this.clock.now();
    const made = this.#made.get(resolution);
    if (made && now - made.at < FRESH_MS && now >= made.at) return made.figures;
    const figures = this.#make(resolution, now);
    this.#made.set(resolution, { at: now, figures });
    return figures;
  }

  #make(resolution: Resolution, now: number): DashboardFigures {
    const { maxRetries, healthCheckIntervalMinutes } = this.configuration.current;
    const all = this.health.all();
    // There may be very many of those that were opened at run time.
    const listed = all.filter(({ template }) => template === undefined);
    const opened = openedByProvider(all);
    return {
      at: new Date(now).toISOString(),
      system_info: {
        store: this.options.store.kind,
        max_retries: maxRetries,
        health_check_interval_minutes: healthCheckIntervalMinutes,
        store_away_since: this.#storeAwaySince(now),
      },
      global_stats: globalStats(this.series),
      providers: Object.fromEntries(
        listed.map((health) => [
          health.provider,
          {
            ...stateFields(health),
            runs_out_at: runOutTime(this.forecast.outlook(health.provider)),
            vendor: this.#vendorOf(health.provider),
            called: health.isCalled,
            window: callWindow(health),
            affinity: callsByAffinity(this.pools.pool(health.provider)!),
            summary: {
              total_keys: this.pools.pool(health.provider)!.size,
              ...callSummary(this.series, health.provider),
            },
            timeline: this.series.timeline(health.provider, { resolution }).map(timelineEntry),
            opened: opened.get(health.provider) ?? null,
          },
        ]),
      ),
    };
  }

  /** As the managed fetch goes by it: the checker's own profile, else that of the provider's settings or name. */
  #vendorOf(provider: string): ProviderFigures['vendor'] {
    const { name, label = name } = this.checkers.has(provider)
      ? this.checkers.vendor(provider)
      : profileOf(provider, this.options.providers.get(provider));
    return { name, label };
  }

  #storeAwaySince(now: number): string | null {
    return this.store.status() === 'up' ? null : new Date(this.store.awaySince ?? now).toISOString();
  }
}

/** By the provider that they are like. */
function openedByProvider(all: readonly ProviderHealth[]): Map<string, NonNullable<ProviderFigures['opened']>> {
  const opened = new Map<string, NonNullable<ProviderFigures['opened']>>();
  for (const { template, state } of all) {
    if (template === undefined) continue;
    const counts = getOrCreate(opened, template.like, () => ({ pools: 0, in_trouble: 0 }));
    counts.pools += 1;
    if (isInTrouble(state)) counts.in_trouble += 1;
  }
  return opened;
}

const callsByAffinity = ({ calls: { byAffinity } }: KeyPool): CallsByAffinity | null =>
  byAffinity.kept + byAffinity.moved + byAffinity.asked > 0 ? { ...byAffinity } : null;

const callWindow = ({ calls, failures }: { calls: number; failures: number }): CallWindow => ({
  calls,
  failures,
  success_rate: calls === 0 ? null : percentage(calls - failures, calls),
});
