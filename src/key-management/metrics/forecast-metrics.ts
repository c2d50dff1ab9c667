import type { Registry } from 'prom-client';
import type { ProviderOutlook } from '../alerts/forecast.service';
import { scrapedGauge } from './scraped';

/** Registers the gauges of balances and forecasts. */
export function registerForecastMetrics(
  registry: Registry,
  labelOf: (provider: string) => string,
  outlooks: () => Iterable<ProviderOutlook>,
): void {
  scrapedGauge(registry, {
    name: 'ai_keys_balance',
    help: 'What vendors say is left of the keys and accounts of each provider, by its unit. Instances that share a store all tell the same.',
    labels: ['provider', 'unit'],
    *samples() {
      for (const { provider, balances } of outlooks())
        for (const [unit, left] of balances) yield [{ provider: labelOf(provider), unit }, left];
    },
  });
  scrapedGauge(registry, {
    name: 'ai_keys_runs_out_timestamp_seconds',
    help: 'When no key of the provider has anything left, at the present pace of spending; only where that is known.',
    labels: ['provider'],
    *samples() {
      for (const { provider, runsOutAt } of outlooks())
        if (runsOutAt !== undefined) yield [{ provider: labelOf(provider) }, runsOutAt / 1_000];
    },
  });
}
