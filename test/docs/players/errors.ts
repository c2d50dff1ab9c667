import assert from 'node:assert/strict';
import { KeyManagementModule, RetryExecutorService } from '../../../src/key-management';
import { as, type Players } from '../sample';

type AskOrWait = (executor: RetryExecutorService, ask: (apiKey: string) => Promise<string>) => Promise<string>;

export const errors: Players = {
  askOrWait: async (exported, stage) => {
    const askOrWait = as<AskOrWait>(exported, 'askOrWait');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const executor = app.get(RetryExecutorService);
    const failing = (status: number, error: { type?: string; code?: string }) => () =>
      Promise.reject(Object.assign(new Error('refused'), { status, headers: {}, error }));
    assert.equal(await askOrWait(executor, () => Promise.resolve('hello')), 'hello');
    assert.match(
      await askOrWait(executor, failing(400, { type: 'invalid_request_error' })),
      /^mend the request \(sk-proj\.\.\.\w{4} bad_request\)$/,
    );
    assert.match(
      await askOrWait(executor, failing(401, { code: 'invalid_api_key' })),
      /^try again in \d+ s \(.* invalid_key, .* invalid_key\)$/,
    );
  },
};
