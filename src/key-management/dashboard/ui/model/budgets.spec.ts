import type { SharedBudget } from '../api/types';
import { budgetBar, budgetsText, tightest } from './budgets';

const budget = (more: Partial<SharedBudget>): SharedBudget => ({
  scope: 'key',
  per: 'day',
  unit: 'usd',
  limit: 10,
  spent: 4.2,
  ends_at: '2030-03-02T00:00:00.000Z',
  runs_out_at: null,
  runs_out_between: null,
  ...more,
});

it.each<[Partial<SharedBudget>, ReturnType<typeof budgetBar>]>([
  [{}, { name: 'a day', text: '$4.20 of $10.00', length: 42, tone: 'healthy' }],
  [
    { scope: 'provider', per: 'month', unit: 'tokens', limit: 20_000, spent: 16_000 },
    { name: 'a month, provider', text: '16,000 of 20,000 tokens', length: 80, tone: 'cooling_down' },
  ],
  [
    { scope: 'account', account: 'team-a', unit: 'requests', limit: 8, spent: 9 },
    { name: 'a day, team-a', text: '9 of 8 requests', length: 100, tone: 'removed' },
  ],
])('a bar of %j', (more, bar) => expect(budgetBar(budget(more))).toEqual(bar));

it('the tightest budget is the one with the least left of it, as a part', () => {
  const [loose, tight] = [budget({ spent: 9, limit: 100 }), budget({ spent: 1, limit: 2 })];
  expect(tightest([loose, tight])).toBe(tight);
  expect(tightest([])).toBeUndefined();
});

it('all of them in words', () => {
  expect(budgetsText([budget({}), budget({ unit: 'requests', spent: 0, per: 'hour' })])).toBe(
    '$4.20 of $10.00 a day (42.0 %)\n0 of 10 requests an hour (0 %)',
  );
});
