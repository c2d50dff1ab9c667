import assert from 'node:assert/strict';
import type { Type } from '@nestjs/common';
import {
  KeyManagementModule,
  ManagedFetchService,
  RetryExecutorService,
  type ExecutionResult,
  type Usage,
} from '../../../src/key-management';
import { as, type Players } from '../sample';

type Asked = (fetch: ManagedFetchService, question: string, baseURL: string) => Promise<unknown>;

export const usage: Players = {
  priceOf: async (exported, stage) => {
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const priceOf = as<Asked>(exported, 'priceOf');
    const used = (await priceOf(app.get(ManagedFetchService), 'Hi', `${stage.simulator.openai.baseUrl}/v1`)) as Usage;
    assert(used.inputTokens > 0 && used.outputTokens > 0);
    assert(used.costUsd !== undefined && used.costUsd > 0);
  },

  streamed: async (exported, stage) => {
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const streamed = as<Asked>(exported, 'streamed');
    const tokens = await streamed(app.get(ManagedFetchService), 'Hi', `${stage.simulator.openai.baseUrl}/v1`);
    assert((tokens as number) > 0);
  },

  askBySocket: async (exported, stage) => {
    type Ask = (key: string) => Promise<{ text: string; in: number; out: number }>;
    type AskBySocket = (executor: RetryExecutorService, ask: Ask) => Promise<ExecutionResult<string>>;
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const ask: Ask = () => Promise.resolve({ text: 'hello', in: 100, out: 7 });
    const result = await as<AskBySocket>(exported, 'askBySocket')(app.get(RetryExecutorService), ask);
    assert(result.success && result.response === 'hello');
    assert.deepEqual([result.usage?.inputTokens, result.usage?.outputTokens], [100, 7]);
  },

  PricedModule: async (exported, stage) => {
    const app = await stage.start(as<Type>(exported, 'PricedModule'));
    const result = await app.get(RetryExecutorService).execute(
      'openai',
      (context) => {
        context.reportUsage({ inputTokens: 1_000_000 });
        return Promise.resolve('priced');
      },
      { model: 'gpt-5-nano' },
    );
    assert.equal(result.usage?.costUsd, 0.04);
  },
};
