import type { Period } from '../../common/period-end';

/** What a budget counts. */
export const BUDGET_UNITS = ['usd', 'tokens', 'requests'] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

/** Whose calls count against a budget. */
export const BUDGET_SCOPES = ['key', 'account', 'provider'] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

/** The most that may be spent in each period, over all instances and restarts. It has one of `usd`, `tokens` and `requests`. */
export interface Budget {
  /** US dollars. What a call costs that is not known counts as calls cost lately; a model whose price turns out not to be known is refused. */
  usd?: number;
  /** Input and output together, what was read from a cache included. */
  tokens?: number;
  /** Attempts. */
  requests?: number;
  /** The period of the calendar after which it begins anew. */
  per: Period;
  /** Where the period begins: a name of the IANA database, as `Europe/Berlin`. Default `UTC`. */
  timeZone?: string;
  /**
   * `key`: the calls of each key for itself. `account`: those of all keys of its account (`quotaGroup`, or found). `provider`: those of all keys.
   * Default: `key` of a key's budgets, `provider` of a provider's. A key's budgets have no scope `provider`.
   */
  scope?: BudgetScope;
}

/** More budgets of one key or provider are a mistake. */
export const MOST_BUDGETS = 20;

/** The budget without what is left open. */
export const statedBudget = (budget: Budget): Budget =>
  Object.fromEntries(Object.entries(budget).filter(([, value]) => value !== undefined)) as unknown as Budget;

/** The unit and the amount of a budget. */
export function amountOf(budget: Budget): { readonly unit: BudgetUnit; readonly limit: number } {
  const unit = BUDGET_UNITS.find((each) => budget[each] !== undefined) ?? 'requests';
  return { unit, limit: budget[unit] ?? Infinity };
}

/** How far a budget is spent when it is told of. Per cent. */
export const BUDGET_THRESHOLDS = [50, 80, 100] as const;
export type BudgetThreshold = (typeof BUDGET_THRESHOLDS)[number];

/** An amount for people: `10 USD`, `500 tokens`. */
export const amountText = (amount: number, unit: BudgetUnit): string => `${amount} ${unit === 'usd' ? 'USD' : unit}`;
