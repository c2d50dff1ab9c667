import { addTotals, type UsageTotals } from '../pool/key/key-usage';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyPool } from '../pool/key-pool';
import { usageEntry } from './comprehensive-status';
import type { ModelUsage, ProviderAnalytics } from './documents';

/** Models and accounts in one answer. */
const MOST = 100;

type Sums = Map<string | null, UsageTotals>;

/** What the calls of a provider used, by model and by the account of the vendor; of the keys that are in its pool. */
export function usageBreakdown(
  pool: KeyPool | undefined,
): Pick<ProviderAnalytics['summary'], 'usage_by_model' | 'usage_by_account'> {
  const models: Sums = new Map();
  const accounts: Sums = new Map();
  pool?.calls.flush();
  for (const record of pool?.records() ?? []) {
    if (record.usage === undefined) continue;
    add(accounts, record.quotaGroup ?? record.account?.name ?? null, record.usage.totals());
    for (const [model, totals] of record.usage.byModel()) add(models, model === '' ? null : model, totals);
  }
  return {
    usage_by_model: largest(models).map(([model, totals]) => ({ model, ...usageEntry(totals) })),
    usage_by_account: largest(accounts).map(([account, totals]) => ({ account, ...usageEntry(totals) })),
  };
}

/** What the calls of one key used, by model. */
export function modelUsageOf(record: KeyRecord): ModelUsage[] {
  const models: Sums = new Map();
  for (const [model, totals] of record.usage?.byModel() ?? []) add(models, model === '' ? null : model, totals);
  return largest(models).map(([model, totals]) => ({ model, ...usageEntry(totals) }));
}

function add(sums: Sums, name: string | null, totals: UsageTotals): void {
  const known = sums.get(name);
  sums.set(name, known === undefined ? totals : addTotals(known, totals));
}

const largest = (sums: Sums): [string | null, UsageTotals][] =>
  [...sums].sort(([, one], [, other]) => other.requests - one.requests).slice(0, MOST);
