import { isTimeZone } from '../../../common/period-end';
import type { KeyDetails } from '../api/types';
import { numberOf } from './number-of';

export type OwnBudget = KeyDetails['own_budgets'][number];

export const UNITS = { usd: 'US dollars', tokens: 'tokens', requests: 'requests' } as const;
export const PERIODS = { minute: 'minute', hour: 'hour', day: 'day', month: 'month' } as const;
export const SCOPES = { key: 'this key', account: 'its account' } as const;
const UNIT_NAMES = Object.keys(UNITS) as (keyof typeof UNITS)[];
const LEAST_USD = 0.000_001;

/** One budget as the form has it. */
export interface BudgetRow {
  readonly amount: string;
  readonly unit: keyof typeof UNITS;
  readonly per: keyof typeof PERIODS;
  readonly zone: string;
  readonly scope: keyof typeof SCOPES;
}

export const NEW_BUDGET: BudgetRow = { amount: '', unit: 'usd', per: 'day', zone: 'UTC', scope: 'key' };

export function budgetRow(budget: OwnBudget): BudgetRow {
  const unit = UNIT_NAMES.find((each) => budget[each] !== undefined) ?? 'requests';
  const { per, time_zone: zone = 'UTC', scope = 'key' } = budget;
  return { amount: String(budget[unit] ?? ''), unit, per, zone, scope };
}

/** The budgets of these rows as they are sent, and what is wrong with them, by field: `budgets.0.amount`, `budgets.0.zone`. */
export function budgetsIn(rows: readonly BudgetRow[]): { budgets: OwnBudget[]; problems: Record<string, string> } {
  const problems: Record<string, string> = {};
  const budgets = rows.map(({ amount: text, unit, per, zone: typed, scope }, at): OwnBudget => {
    const amount = numberOf(text) ?? 0;
    const zone = typed.trim() || 'UTC';
    const flaw = amountFlaw(amount, unit);
    if (flaw !== undefined) problems[`budgets.${at}.amount`] = flaw;
    if (!isTimeZone(zone)) problems[`budgets.${at}.zone`] = 'Enter a time zone such as Europe/Paris.';
    return {
      [unit]: amount,
      per,
      ...(zone !== 'UTC' && { time_zone: zone }),
      ...(scope !== 'key' && { scope }),
    };
  });
  return { budgets, problems };
}

/** The server's name of a field (`budgets.0.usd`) as the form's (`budgets.0.amount`); undefined for what is none of a budget. */
export function budgetFieldNamed(name: string): string | undefined {
  const [, at, field = 'row'] = /^budgets\.(\d+)(?:\.(\w+))?$/.exec(name) ?? [];
  if (at === undefined) return undefined;
  return `budgets.${at}.${field === 'time_zone' ? 'zone' : field in UNITS ? 'amount' : 'row'}`;
}

/** The server counts budgets from 0, the form from 1. */
export const budgetProblem = (problem: string): string =>
  problem.replace(/\bbudgets\.(\d+)/, (_, at: string) => `budget ${Number(at) + 1}`);

function amountFlaw(amount: number, unit: BudgetRow['unit']): string | undefined {
  if (amount <= 0 || amount > Number.MAX_SAFE_INTEGER) return 'Enter a number above 0.';
  if (unit === 'usd') return amount < LEAST_USD ? 'Enter a millionth of a dollar or more.' : undefined;
  return Number.isInteger(amount) ? undefined : 'Enter a whole number.';
}
