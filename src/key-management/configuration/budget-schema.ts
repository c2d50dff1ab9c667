import { z } from 'zod';
import { isTimeZone, PERIODS } from '../common/period-end';
import { strictObject } from '../common/strict-object';
import { BUDGET_UNITS, MOST_BUDGETS, type BudgetScope, type BudgetUnit } from '../pool/limits/budget';
import { QUANTA } from '../pool/limits/period-meter';

export const TIME_ZONE_RULE = 'must be a time zone of the IANA database, such as Europe/Paris';

type Amounts = Readonly<Partial<Record<BudgetUnit, unknown>>>;

/** What is wrong with the amounts of one budget; undefined for nothing. */
export function unitsFlaw(budget: Amounts): string | undefined {
  const units = BUDGET_UNITS.filter((unit) => budget[unit] !== undefined);
  if (units.length === 1) return undefined;
  return units.length === 0
    ? 'must have one of usd, tokens and requests'
    : `must have one of usd, tokens and requests, and has ${units.join(' and ')}: make a budget of each`;
}

/** What of a budget tells it from the others of its list. */
type Told = Amounts & {
  readonly per: string;
  readonly timeZone?: string | undefined;
  readonly scope?: string | undefined;
};

/** Budgets that count the same as an earlier one of the list. */
export function repeatedBudgets(budgets: readonly Told[]): { readonly index: number; readonly problem: string }[] {
  const seen = new Map<string, number>();
  return budgets.flatMap((budget, index) => {
    const { per, timeZone = 'UTC', scope = '' } = budget;
    const name = [...BUDGET_UNITS.filter((unit) => budget[unit] !== undefined), per, timeZone, scope].join(' ');
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    return first === undefined
      ? []
      : [{ index, problem: `counts the same as budgets.${first}: leave one of the two out` }];
  });
}

const whole = z
  .number('must be a number')
  .positive('must be more than 0')
  .max(Number.MAX_SAFE_INTEGER, `must be ${Number.MAX_SAFE_INTEGER} or less`)
  .int('must be a whole number');

const budget = (scopes: readonly BudgetScope[], scopeRule: string) =>
  strictObject(
    {
      usd: z
        .number('must be a number of US dollars')
        .positive('must be more than 0')
        .refine((usd) => !(usd > 0 && usd < QUANTA.usd), 'must be a millionth of a dollar or more')
        .max(Number.MAX_SAFE_INTEGER, `must be ${Number.MAX_SAFE_INTEGER} or less`)
        .optional(),
      tokens: whole.optional(),
      requests: whole.optional(),
      per: z.enum(PERIODS, 'must be minute, hour, day or month'),
      timeZone: z.string('must be text').refine(isTimeZone, TIME_ZONE_RULE).optional(),
      scope: z.enum(scopes, scopeRule).optional(),
    },
    'setting',
  ).superRefine((given, context) => {
    const message = unitsFlaw(given);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const listOf = (schema: ReturnType<typeof budget>) =>
  z
    .array(schema, 'must be a list of budgets')
    .max(MOST_BUDGETS, `must have ${MOST_BUDGETS} budgets or fewer`)
    .superRefine((given, context) => {
      for (const { index, problem } of repeatedBudgets(given))
        context.addIssue({ code: 'custom', path: [index], message: problem });
    });

/** The budgets of a key. */
export const KEY_BUDGETS = listOf(
  budget(
    ['key', 'account'],
    'must be key or account; what all keys may spend together belongs into the budgets of the provider',
  ),
);

/** The budgets of a provider. */
export const PROVIDER_BUDGETS = listOf(budget(['key', 'account', 'provider'], 'must be key, account or provider'));
