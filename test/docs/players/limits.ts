import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import {
  KeyManagementModule,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type ExecutionResult,
} from '../../../src/key-management';
import { as, type Players } from '../sample';

type Chat = { chat(apiKey: string, prompt: string, maxTokens: number): Promise<string> };

export const limits: Players = {
  summarize: async (exported, stage) => {
    type Summarize = (executor: RetryExecutorService, client: Chat, text: string) => Promise<ExecutionResult<string>>;
    const summarize = as<Summarize>(exported, 'summarize');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const [pools, executor] = [app.get(KeyPoolService), app.get(RetryExecutorService)];
    for (const { id } of pools.list('openai')) await pools.update('openai', id, { limits: { tokensPerMinute: 1_000 } });
    const client: Chat = { chat: (_key, prompt, most) => Promise.resolve(`${prompt.length} ${most}`) };
    assert((await summarize(executor, client, 'short '.repeat(10))).success);
    const large = await summarize(executor, client, 'long '.repeat(1_000));
    assert.match(large.success ? '' : large.errorMessage, /1,750 tokens.* is 1,000 \(request_exceeds_key_limit\)/);
  },

  isTooLarge: async (exported, stage) => {
    const isTooLarge = as<(result: ExecutionResult<unknown>) => boolean>(exported, 'isTooLarge');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const [pools, executor] = [app.get(KeyPoolService), app.get(RetryExecutorService)];
    for (const { id } of pools.list('openai')) await pools.update('openai', id, { limits: { tokensPerMinute: 1_000 } });
    const ask = (estimatedTokens: number) =>
      executor.executeOpenAi(() => Promise.resolve('hello'), { estimatedTokens });
    assert.equal(isTooLarge(await ask(1_001)), true);
    assert.equal(isTooLarge(await ask(500)), false);
    assert.equal(isTooLarge(await executor.executeOpenAi(() => Promise.reject(new Error('other')))), false);
  },

  clients: async (exported, stage) => {
    type Clients = (fetch: ManagedFetchService, baseURL?: string) => { chat: OpenAI; nightly: OpenAI };
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const { chat, nightly } = as<Clients>(exported, 'clients')(
      app.get(ManagedFetchService),
      `${stage.simulator.openai.baseUrl}/v1`,
    );
    for (const client of [chat, nightly]) {
      const answer = await client.chat.completions.create({
        model: 'gpt-4o',
        messages: [{ role: 'user', content: 'Hi' }],
      });
      assert.match(answer.choices[0]!.message.content ?? '', /Hello/);
    }
  },
};
