import assert from 'node:assert/strict';
import {
  KeyManagementModule,
  ManagedFetchService,
  RetryExecutorService,
  type ExecutionResult,
  type ManagedCall,
} from '../../../src/key-management';
import { as, type Players } from '../sample';

export const affinity: Players = {
  askIn: async (exported, stage) => {
    type AskIn = (
      executor: RetryExecutorService,
      id: string,
      call: ManagedCall<string>,
    ) => Promise<ExecutionResult<string>>;
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const askIn = as<AskIn>(exported, 'askIn');
    const keys = new Set<string>();
    for (let turn = 0; turn < 5; turn += 1) {
      const result = await askIn(app.get(RetryExecutorService), 'one', ({ keyId }) => Promise.resolve(keyId));
      assert(result.success && result.affinity === 'kept');
      keys.add(result.response);
    }
    assert.equal(keys.size, 1);
  },

  answerIn: async (exported, stage) => {
    type AnswerIn = (fetch: ManagedFetchService, id: string, question: string, baseURL: string) => Promise<unknown>;
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const answerIn = as<AnswerIn>(exported, 'answerIn');
    const used = new Set<string>();
    for (let turn = 0; turn < 5; turn += 1) {
      await answerIn(app.get(ManagedFetchService), 'one', 'Hi', `${stage.simulator.openai.baseUrl}/v1`);
      used.add(JSON.stringify(stage.simulator.openai.calls.last?.credentials));
    }
    assert.equal(used.size, 1);
  },

  reportingFetch: async (exported, stage) => {
    type Reporting = (fetch: ManagedFetchService, log: (where?: string) => void) => typeof globalThis.fetch;
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const seen: (string | undefined)[] = [];
    const fetch = as<Reporting>(exported, 'reportingFetch')(app.get(ManagedFetchService), (where) => seen.push(where));
    const answer = await fetch(`${stage.simulator.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-nano', messages: [], prompt_cache_key: 'one' }),
    });
    await answer.text();
    assert.deepEqual(seen, ['kept']);
  },
};
