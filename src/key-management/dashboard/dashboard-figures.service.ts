import { Inject, Injectable } from '@nestjs/common';
import { budgetsOf, runOutOf, stateFields } from '../analytics/comprehensive-status';
import { ModelCallsService } from '../analytics/model-calls.service';
import { callSummary, globalStats } from '../analytics/provider-analytics';
import { SeriesService } from '../analytics/series/series.service';
import { windowRange, type WindowName, type WindowRange } from '../analytics/series/windows';
import { profileOf } from '../vendors/vendor-of';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import type { Clock } from '../common/clock';
import { getOrCreate } from '../common/get-or-create';
import { ForecastService } from '../alerts/forecast.service';
import { ConfigurationService } from '../configuration/configuration.service';
import type { ResolvedOptions } from '../configuration/resolved-options';
import type { FailedCallEntry } from '../execution/failures/failed-calls';
import { RetryExecutorService } from '../execution/retry-executor.service';
import { speaksAgainst, WINDOW_MS } from '../health/provider-facts';
import { ProviderHealthService, type ProviderHealth } from '../health/provider-health.service';
import { isInTrouble } from '../health/provider-watch';
import { CLOCK, RESOLVED_OPTIONS, STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import { CALL_ENDS } from '../pool/call-batches';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import {
  failureReasons,
  modelFigures,
  unservedModel,
  windowCalls,
  windowTimeline,
  type DashboardFigures,
  type FailureReason,
  type ProviderFigures,
  type VendorName,
} from './figures';

/** Many open pages ask often; the figures are made at most once in this time. */
const FRESH_MS = 1_000;
/** Of each provider. */
const MOST_MODELS = 12;
const MOST_FAILED_CALLS = 20;
const MOST_REASONS = 5;
/** There may be as many accounts as keys. */
const MOST_BUDGETS_SHOWN = 6;

/**
 * The figures of all providers in one small document. It has no key in it, so that an open page costs the same with 3 keys or
 * 100,000: how many are healthy the page counts itself.
 */
@Injectable()
export class DashboardFiguresService {
  readonly #made = new Map<WindowName, { readonly at: number; readonly figures: DashboardFigures }>();

  constructor(
    private readonly pools: KeyPoolService,
    private readonly series: SeriesService,
    private readonly models: ModelCallsService,
    private readonly executor: RetryExecutorService,
    private readonly health: ProviderHealthService,
    private readonly forecast: ForecastService,
    private readonly checkers: HealthCheckerRegistry,
    private readonly configuration: ConfigurationService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  current(window: WindowName): DashboardFigures {
    const now = this.clock.now();
    const made = this.#made.get(window);
    if (made && now - made.at < FRESH_MS && now >= made.at) return made.figures;
    const figures = this.#make(window, now);
    this.#made.set(window, { at: now, figures });
    return figures;
  }

  /** As the managed fetch goes by it: the checker's own profile, else that of the provider's settings or name. */
  vendorOf(provider: string): VendorName {
    const { name, label = name } = this.checkers.has(provider)
      ? this.checkers.vendor(provider)
      : profileOf(provider, this.options.providers.get(provider));
    return { name, label };
  }

  #make(window: WindowName, now: number): DashboardFigures {
    const { maxRetries, healthCheckIntervalMinutes } = this.configuration.current;
    const range = windowRange(window, now);
    const all = this.health.all();
    // There may be very many of those that were opened at run time.
    const listed = all.filter(({ template }) => template === undefined);
    const opened = openedByProvider(all);
    return {
      at: isoOf(now),
      system_info: {
        store: this.options.store.kind,
        max_retries: maxRetries,
        health_check_interval_minutes: healthCheckIntervalMinutes,
        store_away_since: this.#storeAwaySince(now),
        started_at: isoOf(this.models.since),
      },
      window: { name: window, since: isoOf(range.from) },
      global_stats: globalStats(this.series),
      providers: Object.fromEntries(
        listed.map((health) => [
          health.provider,
          { ...this.#provider(health, range, now), opened: opened.get(health.provider) ?? null },
        ]),
      ),
    };
  }

  #provider(health: ProviderHealth, range: WindowRange, now: number): Omit<ProviderFigures, 'opened'> {
    const { provider } = health;
    const pool = this.pools.pool(provider)!;
    const entries = this.series.timeline(provider, range);
    return {
      ...stateFields(health),
      ...runOutOf(this.forecast.outlook(provider)),
      vendor: this.vendorOf(provider),
      budgets: budgetsOf(pool).slice(0, MOST_BUDGETS_SHOWN),
      called: health.isCalled,
      held_back: health.isHeldBack,
      removals_doubted: pool.doubtsRemovals(now),
      judged: { calls: health.calls, failures: health.failures },
      unserved_models: health.isCalled ? health.unserved.map(unservedModel) : [],
      failure_reasons: health.failures > 0 ? this.#failureReasons(provider, now) : [],
      window: windowCalls(entries),
      models: this.models.within(provider, range).slice(0, MOST_MODELS).map(modelFigures),
      in_flight: inFlightOf(pool),
      waiting: this.executor.providerContext(provider)?.queue.length ?? 0,
      affinity: callsByAffinity(pool),
      summary: { total_keys: pool.size, ...callSummary(this.series, provider) },
      timeline: windowTimeline(entries),
    };
  }

  /** What the vendor said lately, where failed calls are kept. */
  #failureReasons(provider: string, now: number): FailureReason[] {
    const where = ({ at, outcome }: FailedCallEntry): boolean =>
      now - at < WINDOW_MS && outcome !== 'no_key' && speaksAgainst(CALL_ENDS.indexOf(outcome));
    const latest = this.executor.failedCalls?.latest({ provider, where, limit: MOST_FAILED_CALLS }) ?? [];
    return failureReasons(latest).slice(0, MOST_REASONS);
  }

  #storeAwaySince(now: number): string | null {
    return this.store.status() === 'up' ? null : isoOf(this.store.awaySince ?? now);
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

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

function inFlightOf(pool: KeyPool): number {
  let inFlight = 0;
  for (const record of pool.records()) inFlight += record.inFlight;
  return inFlight;
}

const callsByAffinity = ({ calls: { byAffinity } }: KeyPool): ProviderFigures['affinity'] =>
  byAffinity.kept + byAffinity.moved + byAffinity.asked > 0 ? { ...byAffinity } : null;
