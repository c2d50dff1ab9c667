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
  for (const { name, help, of } of TIMES)
    scrapedGauge(registry, {
      name: `ai_keys_runs_out_${name}timestamp_seconds`,
      help,
      labels: ['provider'],
      *samples() {
        for (const outlook of outlooks()) {
          const at = of(outlook);
          if (at !== undefined) yield [{ provider: labelOf(outlook.provider) }, at / 1_000];
        }
      },
    });
}

const TIMES: readonly { name: string; help: string; of: (outlook: ProviderOutlook) => number | undefined }[] = [
  {
    name: '',
    help: 'When no key of the provider has anything left, at the present pace of spending; only where that is known.',
    of: ({ runsOutAt }) => runsOutAt,
  },
  {
    name: 'earliest_',
    help: 'Before which time that is hardly to come, as long as it is not sure when it does.',
    of: ({ runsOutBetween }) => runsOutBetween?.earliest,
  },
  {
    name: 'latest_',
    help: 'The same, after which time; nothing where it may also not come.',
    of: ({ runsOutBetween }) => runsOutBetween?.latest,
  },
];
