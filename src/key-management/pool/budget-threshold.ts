import type { BudgetThresholdEvent } from './key-events';
import { amountText, type BudgetThreshold } from './limits/budget';
import { shownAmount, type PeriodMeter } from './limits/period-meter';

/** What of the pool an event of a budget says. */
interface ThresholdContext {
  readonly provider: string;
  /** The masked key of this id. */
  readonly keyOf: (id: string) => string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const KEY = 'key:';

/** The event that tells of a threshold of a budget. */
export function budgetThreshold(
  meter: PeriodMeter,
  percent: BudgetThreshold,
  { provider, keyOf, now }: ThresholdContext,
): BudgetThresholdEvent {
  const { scope, subject, unit, per } = meter.terms;
  const { limit } = meter;
  const id = subject.startsWith(KEY) ? subject.slice(KEY.length) : undefined;
  const budget = `the budget of ${amountText(limit, unit)} per ${per} of ${id ? `key ${id}` : nameOf(scope, subject, provider)}`;
  return {
    type: 'budget_threshold',
    provider,
    ...(id !== undefined && { keyId: id, maskedKey: keyOf(id) ?? '***' }),
    at: new Date(now),
    by: 'call',
    scope,
    ...(scope === 'account' && id === undefined && { account: accountOf(subject) }),
    percent,
    unit,
    limit,
    spent: shownAmount(meter.spent(now), unit),
    per,
    until: new Date(meter.endsAt(now)),
    reason: percent === 100 ? `${budget} is spent` : `${percent} % of ${budget} are spent`,
  };
}

/** The account's name, without how it is known. */
const accountOf = (subject: string): string => subject.slice(subject.indexOf(':') + 1);

const nameOf = (scope: string, subject: string, provider: string): string =>
  scope === 'account' ? `account ${accountOf(subject)}` : provider;
