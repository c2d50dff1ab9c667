import type { Registry } from 'prom-client';
import type { KeyPool } from '../pool/key-pool';
import type { BudgetScope, BudgetUnit } from '../pool/limits/budget';
import { isBudget } from '../pool/key/key-snapshot';
import type { PeriodMeter } from '../pool/limits/period-meter';
import type { Period } from '../common/period-end';
import { MAX_ACCOUNTS } from './forecast-metrics';
import { scrapedGauge, type Sample } from './scraped';

const LABELS = ['provider', 'scope', 'account', 'unit', 'period'] as const;
const KEY_LABELS = ['provider', 'key_id', 'unit', 'period'] as const;
const KEY = 'key:';

/** What one meter says. */
interface Standing {
  readonly meter: PeriodMeter;
  readonly labels: { scope: BudgetScope; account: string; unit: BudgetUnit; period: Period };
}
type ValueOf = (meter: PeriodMeter, now: number) => number;

const VALUES: readonly { name: string; help: string; of: ValueOf }[] = [
  { name: 'limit', help: 'What budgets allow in their period', of: ({ limit }) => limit },
  {
    name: 'spent',
    help: 'What was spent of them, by all instances that share a store',
    of: (meter, now) => meter.spent(now),
  },
];

/**
 * Registers the gauges of budgets. Budgets that count the same for different keys, or for accounts beyond the first hundred, are summed up, so that
 * the number of series is bounded.
 * @param perKey Whether each key has series of its own.
 */
export function registerBudgetMetrics(
  registry: Registry,
  labelOf: (provider: string) => string,
  pools: () => Iterable<KeyPool>,
  perKey: boolean,
): void {
  for (const { name, help, of } of VALUES) {
    scrapedGauge(registry, {
      name: `ai_keys_budget_${name}`,
      help: `${help}: of providers, of accounts, and of all keys that have budgets of their own together. Instances that share a store tell the same.`,
      labels: LABELS,
      *samples(): Iterable<Sample<(typeof LABELS)[number]>> {
        for (const pool of pools())
          for (const { meter, labels } of standings(pool))
            yield [{ provider: labelOf(pool.provider), ...labels }, of(meter, pool.now)];
      },
    });
    if (!perKey) continue;
    scrapedGauge(registry, {
      name: `ai_keys_key_budget_${name}`,
      help: `${help}: of each key.`,
      labels: KEY_LABELS,
      *samples(): Iterable<Sample<(typeof KEY_LABELS)[number]>> {
        for (const pool of pools())
          for (const meter of budgetsOf(pool)) {
            const { scope, subject, unit, per } = meter.terms;
            if (scope === 'key')
              yield [
                { provider: labelOf(pool.provider), key_id: subject.slice(KEY.length), unit, period: per },
                of(meter, pool.now),
              ];
          }
      },
    });
  }
}

function* budgetsOf({ accounts }: KeyPool): Iterable<PeriodMeter> {
  for (const meter of accounts.meters.meters) if (isBudget(meter)) yield meter;
}

function* standings(pool: KeyPool): Iterable<Standing> {
  const named = new Set<string>();
  for (const meter of budgetsOf(pool)) {
    const { scope, subject, unit, per } = meter.terms;
    let account = '';
    if (scope === 'account' && !subject.startsWith(KEY) && (named.has(subject) || named.size < MAX_ACCOUNTS)) {
      named.add(subject);
      account = subject.slice(subject.indexOf(':') + 1);
    }
    yield { meter, labels: { scope, account, unit, period: per } };
  }
}
