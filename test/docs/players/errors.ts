import assert from 'node:assert/strict';
import { KeyManagementModule, RetryExecutorService } from '../../../src/key-management';
import { as, type Players } from '../sample';

type AskOrWait = (executor: RetryExecutorService, ask: (apiKey: string) => Promise<string>) => Promise<string>;

export const errors: Players = {
  askOrWait: async (exported, stage) => {
    const askOrWait = as<AskOrWait>(exported, 'askOrWait');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const executor = app.get(RetryExecutorService);
    const failing = (status: number, type: string) => () =>
      Promise.reject(Object.assign(new Error('refused'), { status, headers: {}, error: { type } }));
    assert.equal(await askOrWait(executor, () => Promise.resolve('hello')), 'hello');
    assert.match(
      await askOrWait(executor, failing(400, 'invalid_request_error')),
      /^mend the request \(sk-proj\.\.\.\w{4} bad_request\)$/,
    );
    assert.match(
      await askOrWait(executor, failing(401, 'authentication_error')),
      /^try again in \d+ s \(.* invalid_key, .* invalid_key\)$/,
    );
  },
};
