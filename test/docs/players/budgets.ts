import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DynamicModule, Type } from '@nestjs/common';
import { KeyManagementModule, KeyPoolService, RetryExecutorService } from '../../../src/key-management';
import { as, type Players } from '../sample';

export const budgets: Players = {
  withBudgets: async (exported, stage) => {
    const app = await stage.start(as<DynamicModule>(exported, 'withBudgets'));
    const shown = app.get(KeyPoolService).list('openai');
    assert.deepEqual(
      shown.map((key) => key.budgets.map(({ scope, unit, limit, per }) => [scope, unit, limit, per])),
      [
        [
          ['key', 'tokens', 20_000_000, 'day'],
          ['provider', 'tokens', 500_000_000, 'month'],
        ],
        [
          ['provider', 'tokens', 500_000_000, 'month'],
          ['account', 'requests', 50_000, 'day'],
        ],
      ],
    );
  },

  BudgetWatch: async (exported, stage) => {
    const BudgetWatch = as<Type<{ readonly reasons: string[] }>>(exported, 'BudgetWatch');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }), BudgetWatch);
    const [pools, executor] = [app.get(KeyPoolService), app.get(RetryExecutorService)];
    for (const { id } of pools.list('openai'))
      await pools.update('openai', id, { budgets: [{ requests: 4, per: 'month' }] });
    for (let call = 0; call < 8; call += 1)
      assert((await executor.executeOpenAi(() => Promise.resolve('hello'), { maxWaitMs: 2_000 })).success);
    const refused = await executor.executeOpenAi(() => Promise.resolve('hello'), { maxWaitMs: 100 });
    assert.match(refused.success ? '' : refused.errorMessage, /budget of 4 requests per month is spent/);
    const { reasons } = app.get(BudgetWatch);
    for (let turn = 0; turn < 100 && reasons.length < 2; turn += 1) await nextTurn();
    assert.match(reasons.at(-1)!, /^the budget of 4 requests per month of key [\w-]+ is spent$/);
  },
};
