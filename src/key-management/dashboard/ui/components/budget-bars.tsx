import type { JSX } from 'preact';
import type { SharedBudget } from '../api/types';
import { budgetBar, budgetsText, tightest } from '../model/budgets';

const Bar = ({ length, tone, label }: { length: number; tone: string; label: string }): JSX.Element => (
  <span class="budget-bar" role="img" aria-label={label}>
    <span class={`budget-spent fill-${tone}`} style={{ width: `${length}%` }} />
  </span>
);

/** What is spent of the budgets of a provider and its accounts; nothing where there are none. */
export function BudgetBars({ budgets }: { budgets: readonly SharedBudget[] }): JSX.Element | null {
  if (budgets.length === 0) return null;
  return (
    <ul class="budgets" aria-label="Budgets">
      {budgets.map((each) => {
        const { name, text, length, tone } = budgetBar(each);
        return (
          <li key={`${name} ${each.unit} ${each.ends_at}`}>
            <Bar length={length} tone={tone} label={`${Math.floor(length)} % spent`} />
            <span class={tone === 'healthy' ? '' : `tone-${tone}`}>{text}</span> <span class="faint">{name}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** The tightest of the budgets that count a key's calls as a thin bar, with all of them in its title. */
export function KeyBudget({ budgets }: { budgets: readonly SharedBudget[] }): JSX.Element | null {
  const budget = tightest(budgets);
  if (budget === undefined) return null;
  const { name, text, length, tone } = budgetBar(budget);
  return (
    <span class="key-budget" title={budgetsText(budgets)}>
      <Bar length={length} tone={tone} label={`Budget: ${text} ${name}`} />
    </span>
  );
}
