import { isTimeZone, PERIODS } from '../../common/period-end';
import { BUDGET_UNITS, MOST_BUDGETS, type Budget } from '../../pool/limits/budget';
import type { Json } from '../port/key-store';

/** The stored budgets of a key, as many as one may have: a store that others can write to must not bring anything else into the pool. */
export const budgetsIn = (stored: Json | undefined): Budget[] =>
  Array.isArray(stored) ? stored.slice(0, MOST_BUDGETS).flatMap(budgetIn) : [];

function budgetIn(stored: Json): Budget[] {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return [];
  const { timeZone, scope } = stored;
  const per = PERIODS.find((each) => each === stored.per);
  const units = BUDGET_UNITS.filter((unit) => stored[unit] !== undefined);
  const amount = units.length === 1 ? stored[units[0]!] : undefined;
  if (per === undefined || typeof amount !== 'number' || !(amount > 0)) return [];
  const isZone = typeof timeZone === 'string' && isTimeZone(timeZone);
  if ((timeZone !== undefined && !isZone) || (scope !== undefined && scope !== 'key' && scope !== 'account')) return [];
  return [{ [units[0]!]: amount, per, ...(isZone && { timeZone }), ...(scope !== undefined && { scope }) }];
}
