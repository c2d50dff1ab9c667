import type { RunOutTimes } from '../../forecast/run-out';
import type { Outcome } from '../../vendors/contract/outcome';
import { isCooldownOver, isCoolingDown, isRemoved, type KeyStatus, type PartCooldown } from './key-state';
import type { AccountOrigin } from './account';
import type { KeyOrigin } from './key-input';
import type { Period } from '../../common/period-end';
import type { BudgetScope, BudgetUnit } from '../limits/budget';
import type { KeyLimits } from '../limits/hard-limits';
import { shownAmount, type PeriodMeter } from '../limits/period-meter';
import { OFF, type KeyRecord } from './key-record';
import { NO_USAGE, type UsageTotals } from './key-usage';

/** How a budget that counts a key's calls stands. */
export interface BudgetSnapshot {
  /** Whose calls it counts. */
  scope: BudgetScope;
  per: Period;
  unit: BudgetUnit;
  limit: number;
  /** What all instances have spent of it in the period, as far as it is known; without calls in flight. */
  spent: number;
  /** When the period ends. */
  endsAt: Date;
  /** When it is expected to be spent, where that is before the period ends. */
  runsOutAt?: Date;
  /** Between which times that may be, as long as it is not sure. */
  runsOutBetween?: RunOutRange;
}

/** What is foretold before enough was seen to name one time. */
export interface RunOutRange {
  earliest: Date;
  /** Without it, it may also not run out. */
  latest?: Date;
}

/** One key as others may see it, at one moment. It never holds the raw key. */
export interface KeySnapshot {
  id: string;
  provider: string;
  maskedKey: string;
  label?: string;
  /** What gave the key: `environment`, `options`, `administrator`, or the name of its `KeySource`. */
  origin: KeyOrigin;
  /** When the vendor ends the key, where that is known. */
  expiresAt?: Date;
  status: KeyStatus;
  reason?: string;
  /** End of the cooldown for all models. */
  cooldownUntil?: Date;
  /** Cooldowns for single models and endpoints. */
  cooldowns: { model?: string; endpoint?: string; until: Date; outcome: Outcome }[];
  /** When a removed key is probed next. */
  recheckAt?: Date;
  successCount: number;
  errorCount: number;
  /** Per cent of the calls whose outcome speaks of the key; 100 before the first. */
  successRate: number;
  /** What its calls used since it was first added, on all instances, with what they cost as far as that is known. */
  usage: UsageTotals;
  /** Milliseconds, exponentially weighted. */
  responseTimeMs?: number;
  inFlight: number;
  weight: number;
  /** Keys of lower tiers are used first. */
  tier: number;
  limits?: KeyLimits;
  /** The budgets that count its calls: its own, and those of its account and its provider. */
  budgets: BudgetSnapshot[];
  /** The account whose limits it shares with other keys: as the user says, or as answers name it. */
  quotaGroup?: string;
  /** How that is known. */
  quotaGroupFrom?: AccountOrigin;
  /** What the vendor last said is left of the key's money or quota, or of its account's; in the vendor's own unit, as `usd`. */
  balance?: { left: number; unit: string; readAt: Date };
  /** When what is left of it, by its balance or its limits, is spent at the present pace. */
  runsOutAt?: Date;
  /** Between which times that may be, as long as it is not sure. */
  runsOutBetween?: RunOutRange;
  models?: string[];
  lastUsedAt?: Date;
  lastCheckedAt?: Date;
}

/** How the budget stands that this meter counts. */
export function budgetSnapshot(meter: PeriodMeter, now: number): BudgetSnapshot {
  const { scope, per, unit } = meter.terms;
  const spent = shownAmount(meter.spent(now), unit);
  const endsAt = new Date(meter.endsAt(now));
  return { scope, per, unit, limit: meter.limit, spent, endsAt, ...runOutDates(meter.runsOut) };
}

/** The times as others may see them. */
export function runOutDates(times: RunOutTimes | undefined): Pick<KeySnapshot, 'runsOutAt' | 'runsOutBetween'> {
  const { runsOutAt, runsOutBetween } = times ?? {};
  const { earliest, latest } = runsOutBetween ?? {};
  return {
    ...(runsOutAt !== undefined && { runsOutAt: new Date(runsOutAt) }),
    ...(earliest !== undefined && {
      runsOutBetween: { earliest: new Date(earliest), ...(latest !== undefined && { latest: new Date(latest) }) },
    }),
  };
}

export const isBudget = ({ terms }: PeriodMeter): boolean => terms.kind === 'budget';

const budgetsOf = ({ meters = [] }: KeyRecord, now: number): BudgetSnapshot[] =>
  meters.filter(isBudget).map((meter) => budgetSnapshot(meter, now));

const date = (ms: number): Date | undefined => (ms > 0 ? new Date(ms) : undefined);

/** Per cent with one decimal, 100 where nothing was counted yet. */
export const percentage = (part: number, whole: number): number =>
  whole === 0 ? 100 : Math.round((part / whole) * 1_000) / 10;

/** Why a key is out of use that its vendor may take, where no administrator is the cause. */
const offReason = ({ off }: KeyRecord): string | undefined => {
  if ((off & OFF.expired) !== 0) return EXPIRED;
  return (off & OFF.gone) !== 0 ? GONE : undefined;
};
export const EXPIRED = 'expired';
export const GONE = 'its source gives it no longer: calls in flight end, then it is removed';

const balanceOf = ({ funds }: KeyRecord): Pick<KeySnapshot, 'balance'> =>
  funds?.balance ? { balance: { ...funds.balance, readAt: new Date(funds.balance.readAt) } } : {};

/**
 * The key as others may see it.
 * @param configuredBy What gives the keys of the configuration that no source gives.
 * @param cooldowns The key's cooldowns for models and endpoints that are not over at `now`.
 */
export function snapshotOf(
  record: KeyRecord,
  configuredBy: KeyOrigin,
  cooldowns: Iterable<PartCooldown>,
  now: number,
): KeySnapshot {
  const { state } = record;
  const isOver = isCooldownOver(state, now);
  return {
    id: record.id,
    provider: record.provider,
    maskedKey: record.key.masked,
    label: record.label,
    origin: record.source ?? (record.origin === 'runtime' ? 'administrator' : configuredBy),
    expiresAt: record.expiresAt === undefined ? undefined : new Date(record.expiresAt),
    status: record.enabled && isOver ? 'healthy' : record.status,
    reason: offReason(record) ?? (isOver ? undefined : record.reason),
    cooldownUntil: isCoolingDown(state) && !isOver ? new Date(state.until) : undefined,
    cooldowns: Array.from(cooldowns, ({ scope, cooldown: { until, outcome } }) => ({
      ...scope,
      until: new Date(until),
      outcome,
    })),
    recheckAt: record.enabled && isRemoved(state) ? new Date(state.recheckAt) : undefined,
    successCount: record.successCount,
    errorCount: record.errorCount,
    successRate: percentage(record.successCount, record.successCount + record.errorCount),
    usage: record.usage?.totals() ?? { ...NO_USAGE },
    responseTimeMs: record.responseMs < 0 ? undefined : record.responseMs,
    inFlight: record.inFlight,
    weight: record.weight,
    tier: record.tier,
    limits: Object.keys(record.limits).length > 0 ? { ...record.limits } : undefined,
    budgets: budgetsOf(record, now),
    quotaGroup: record.quotaGroup ?? record.account?.name,
    quotaGroupFrom: record.quotaGroup === undefined ? record.account?.from : 'declared',
    ...balanceOf(record),
    ...runOutDates(record.funds),
    models: record.models && [...record.models],
    lastUsedAt: date(record.lastUsedAt),
    lastCheckedAt: date(record.lastCheckedAt),
  };
}
