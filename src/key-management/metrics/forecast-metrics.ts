import type { Registry } from 'prom-client';
import type { ProviderOutlook } from '../alerts/forecast.service';
import { scrapedGauge } from './scraped';

/** Accounts of one provider that have series of their own: there may be as many as there are keys. */
export const MAX_ACCOUNTS = 100;

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
    name: 'ai_keys_account_runs_out_timestamp_seconds',
    help: 'When something that an account has left is spent, at the present pace; of the first hundred accounts of each provider of which that is known.',
    labels: ['provider', 'account'],
    *samples() {
      for (const { provider, accounts } of outlooks()) {
        const known = [...accounts].filter(([, { runsOutAt }]) => runsOutAt !== undefined);
        for (const [account, { runsOutAt }] of known.slice(0, MAX_ACCOUNTS))
          yield [{ provider: labelOf(provider), account }, runsOutAt! / 1_000];
      }
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
