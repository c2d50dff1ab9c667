import { RetryBudget } from './retry-budget';

describe('RetryBudget', () => {
  const taken = (budget: RetryBudget): number => {
    let count = 0;
    while (budget.take()) count += 1;
    return count;
  };

  it('has a reserve for little traffic', () => {
    expect(taken(new RetryBudget())).toBe(20);
  });

  it('lets a fifth of the calls be retried, and saves up to a bound', () => {
    const budget = new RetryBudget();
    taken(budget);
    for (let call = 0; call < 50; call += 1) budget.called();
    expect(taken(budget)).toBe(10);
    for (let call = 0; call < 10_000; call += 1) budget.called();
    expect(taken(budget)).toBe(100);
  });
});
