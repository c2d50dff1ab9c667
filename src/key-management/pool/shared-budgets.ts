import type { BudgetScope } from './limits/budget';
import type { PeriodMeter } from './limits/period-meter';
import { budgetSnapshot, isBudget, type BudgetSnapshot } from './key/key-snapshot';

/** How a budget of a whole provider, or of one account of it, stands. */
export interface SharedBudget extends BudgetSnapshot {
  /** Whose it is, where it is an account's. */
  account?: string;
}

/** How near its limit a budget is: 0 for nothing spent, 1 for all. */
const partOf = ({ spent, limit }: SharedBudget): number => spent / limit;

/**
 * The budgets of the provider, then those of accounts, the nearest to its limit first. Those of an account that is a key alone are the key's.
 * @param meters The meters of a pool that are in use.
 * @param now Milliseconds since the epoch.
 */
export function sharedBudgets(meters: Iterable<PeriodMeter>, now: number): SharedBudget[] {
  const found: Record<Exclude<BudgetScope, 'key'>, SharedBudget[]> = { provider: [], account: [] };
  for (const meter of meters) {
    const { scope, subject } = meter.terms;
    if (!isBudget(meter) || scope === 'key') continue;
    const account = scope === 'account' ? accountIn(subject) : undefined;
    if (scope === 'account' && account === undefined) continue;
    found[scope].push({ ...budgetSnapshot(meter, now), ...(account !== undefined && { account }) });
  }
  return [...found.provider, ...found.account.toSorted((a, b) => partOf(b) - partOf(a))];
}

/** The name of the account that a meter counts; undefined for a key alone. */
const accountIn = (subject: string): string | undefined =>
  subject.startsWith('key:') ? undefined : subject.slice(subject.indexOf(':') + 1);
