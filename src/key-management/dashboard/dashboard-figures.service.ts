import { Inject, Injectable } from '@nestjs/common';
import { callSummary, globalStats, type CallSummary } from '../analytics/call-summary';
import type { ComprehensiveStatus } from '../analytics/comprehensive-status';
import { timelineEntry, type ProviderAnalytics } from '../analytics/provider-analytics';
import { SeriesService } from '../analytics/series.service';
import type { Clock } from '../clock';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CLOCK, RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyPoolService } from '../pool/key-pool.service';

export interface ProviderFigures {
  summary: { total_keys: number } & CallSummary;
  timeline: ProviderAnalytics['timeline'];
}

export interface DashboardFigures {
  at: string;
  system_info: Pick<ComprehensiveStatus['system_info'], 'store' | 'max_retries' | 'health_check_interval_minutes'>;
  global_stats: ComprehensiveStatus['global_stats'];
  providers: Record<string, ProviderFigures>;
}

export const RESOLUTIONS = ['minute', 'hour'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

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
    private readonly configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
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
    const filled = [...this.pools.pools()].filter(({ size }) => size > 0);
    return {
      at: new Date(now).toISOString(),
      system_info: {
        store: this.options.store.kind,
        max_retries: maxRetries,
        health_check_interval_minutes: healthCheckIntervalMinutes,
      },
      global_stats: globalStats(this.series),
      providers: Object.fromEntries(
        filled.map(({ provider, size }) => [
          provider,
          {
            summary: { total_keys: size, ...callSummary(this.series, provider) },
            timeline: this.series.timeline(provider, { resolution }).map(timelineEntry),
          },
        ]),
      ),
    };
  }
}
