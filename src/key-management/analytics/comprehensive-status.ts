import type { ProviderOutlook } from '../alerts/forecast.service';
import type { ProviderHealth } from '../health/provider-health.service';
import type { KeyPool } from '../pool/key-pool';
import { runOutDates, type BudgetSnapshot, type KeySnapshot } from '../pool/key/key-snapshot';
import { sharedBudgets } from '../pool/shared-budgets';
import type { UsageTotals } from '../pool/key/key-usage';
import type {
  KeyStatusEntry,
  ProviderStateFields,
  ProviderStatus,
  RunOutFields,
  SharedBudgetStatus,
  UsageEntry,
} from './documents';
import { removedOf, totalOf, type StatusCounts } from '../pool/key/status-counts';

const iso = (date: Date | undefined): string | null => date?.toISOString() ?? null;

/** Seconds with milliseconds. */
export const seconds = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms) / 1_000);

/** A sum over calls of which some have no price that is known says how many those are. */
export const usageEntry = (usage: UsageTotals): UsageEntry => ({
  requests: usage.requests,
  requests_without_usage: usage.requestsWithoutUsage,
  ...(usage.requestsWithoutCost > 0 && { requests_without_cost: usage.requestsWithoutCost }),
  input_tokens: usage.inputTokens,
  output_tokens: usage.outputTokens,
  cached_input_tokens: usage.cachedInputTokens,
  cache_write_tokens: usage.cacheWriteTokens,
  reasoning_tokens: usage.reasoningTokens,
  cost_usd: usage.costUsd ?? null,
});

/** When something runs out, as far as that is foretold. */
const runOutFields = ({
  runsOutAt,
  runsOutBetween: range,
}: Pick<BudgetSnapshot, 'runsOutAt' | 'runsOutBetween'>): RunOutFields => ({
  runs_out_at: iso(runsOutAt),
  runs_out_between: range === undefined ? null : { earliest: range.earliest.toISOString(), latest: iso(range.latest) },
});

/** When no key of the provider has anything left. */
export const runOutOf = (outlook: ProviderOutlook | undefined): RunOutFields => runOutFields(runOutDates(outlook));

const budgetEntry = <B extends BudgetSnapshot>({ endsAt, runsOutAt, runsOutBetween, ...budget }: B): Times<B> => ({
  ...budget,
  ends_at: endsAt.toISOString(),
  ...runOutFields({ ...(runsOutAt && { runsOutAt }), ...(runsOutBetween && { runsOutBetween }) }),
});
type Times<B extends BudgetSnapshot> = Omit<B, 'endsAt' | 'runsOutAt' | 'runsOutBetween'> &
  RunOutFields & { ends_at: string };

/** How the budgets of the provider and of its accounts stand. */
export const budgetsOf = (pool: KeyPool | undefined): SharedBudgetStatus[] =>
  pool === undefined ? [] : sharedBudgets(pool.accounts.meters.meters, pool.now).map(budgetEntry);

export const keyStatusEntry = (key: KeySnapshot): KeyStatusEntry => ({
  id: key.id,
  masked_key: key.maskedKey,
  status: key.status,
  success_rate: key.successRate,
  response_time: seconds(key.responseTimeMs),
  error_count: key.errorCount,
  success_count: key.successCount,
  in_flight: key.inFlight,
  usage: usageEntry(key.usage),
  tier: key.tier,
  quota_group: key.quotaGroup ?? null,
  quota_group_from: key.quotaGroupFrom ?? null,
  origin: key.origin,
  expires_at: iso(key.expiresAt),
  balance: key.balance
    ? { left: key.balance.left, unit: key.balance.unit, read_at: key.balance.readAt.toISOString() }
    : null,
  ...runOutFields(key),
  budgets: key.budgets.map(budgetEntry),
  reason: key.reason ?? null,
  cooldown_until: iso(key.cooldownUntil),
  recheck_at: iso(key.recheckAt),
  last_used_at: iso(key.lastUsedAt),
  last_checked_at: iso(key.lastCheckedAt),
});

export const stateFields = ({ state, reason, since, until }: ProviderHealth): ProviderStateFields => ({
  state,
  state_reason: reason,
  state_since: new Date(since).toISOString(),
  state_until: until === undefined ? null : new Date(until).toISOString(),
});

const templateFields = ({ template }: ProviderHealth): Pick<ProviderStatus, 'like' | 'tenant'> =>
  template ? { like: template.like, ...(template.tenant !== undefined && { tenant: template.tenant }) } : {};

/** All of a provider's status but the keys themselves. */
export type ProviderHead = Omit<ProviderStatus, 'keys'>;

export const providerHead = (
  counts: StatusCounts,
  health: ProviderHealth,
  outlook: ProviderOutlook | undefined,
  pool: KeyPool,
): ProviderHead => ({
  ...stateFields(health),
  ...templateFields(health),
  ...runOutOf(outlook),
  budgets: budgetsOf(pool),
  total_keys: totalOf(counts),
  healthy_keys: counts.healthy ?? 0,
  removed_keys: removedOf(counts),
  status_breakdown: counts,
});
