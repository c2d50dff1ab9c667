import type { SharedBudget } from '../api/types';
import { percent, wholeNumber, words } from './format';
import type { Standing } from './status';

/** One budget as a bar shows it. */
export interface BudgetBar {
  /** Whose it is, and of how long: `a day`, `a month, team-a`. */
  readonly name: string;
  /** `$4.20 of $10.00`. */
  readonly text: string;
  /** How long the bar is: 0..100. */
  readonly length: number;
  /** It warns from 80 % on, and is bad once the budget is spent. */
  readonly tone: Standing;
}

const DOLLARS = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 2 });
const NEAR = 80;

const amount = (value: number, unit: SharedBudget['unit']): string =>
  unit === 'usd' ? DOLLARS.format(value) : wholeNumber(value);

/** Per cent with one decimal, 0 or more. */
const spentOf = ({ spent, limit }: SharedBudget): number => Math.round((spent / limit) * 1_000) / 10;

export function budgetBar(budget: SharedBudget): BudgetBar {
  const { account, scope, per, unit, spent, limit } = budget;
  const whole = spentOf(budget);
  const whose = account ?? (scope === 'key' ? undefined : words(scope));
  return {
    name: `${per === 'hour' ? 'an' : 'a'} ${per}${whose === undefined ? '' : `, ${whose}`}`,
    text: `${amount(spent, unit)} of ${amount(limit, unit)}${unit === 'usd' ? '' : ` ${unit}`}`,
    length: Math.min(100, whole),
    tone: whole >= 100 ? 'removed' : whole >= NEAR ? 'cooling_down' : 'healthy',
  };
}

/** The one that is nearest to its limit: it ends first what a key may do. */
export const tightest = (budgets: readonly SharedBudget[]): SharedBudget | undefined =>
  budgets.toSorted((a, b) => spentOf(b) - spentOf(a)).at(0);

/** All of them in words, for a title: `$4.20 of $10.00 a day (42.0 %)`. */
export const budgetsText = (budgets: readonly SharedBudget[]): string =>
  budgets
    .map((each) => {
      const { name, text } = budgetBar(each);
      return `${text} ${name} (${percent(spentOf(each))})`;
    })
    .join('\n');
