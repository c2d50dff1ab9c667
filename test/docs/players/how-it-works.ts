import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KeyManagementModule,
  ManagedFetchService,
  RetryExecutorService,
  type ExecutionResult,
  type ManagedCall,
  type ManagedFetch,
} from '../../../src/key-management';
import { as, type Players } from '../sample';

const REFUSED = Object.assign(new Error('no such model'), {
  status: 404,
  headers: {},
  error: { code: 'model_not_found' },
});

export const howItWorks: Players = {
  describe: async (exported, stage) => {
    const describe = as<(result: ExecutionResult<unknown>) => string>(exported, 'describe');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const executor = app.get(RetryExecutorService);
    const good = await executor.executeOpenAi(() => Promise.resolve('hello'));
    assert.match(describe(good), /^answered after 1 attempts with keys sk-proj\.\.\./);
    const bad = await executor.executeOpenAi(() => Promise.reject(REFUSED));
    assert.match(describe(bad), /^CALL_REJECTED, try again in .* ms: sk-proj\.\.\.\w{4} model_unavailable .* → /);
  },

  askAnyone: async (exported, stage) => {
    type Ask = (
      executor: RetryExecutorService,
      one: ManagedCall<string>,
      other: ManagedCall<string>,
    ) => Promise<ExecutionResult<string>>;
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }));
    const askAnyone = as<Ask>(exported, 'askAnyone');
    const down = Object.assign(new Error('down'), { status: 401, headers: {}, error: { code: 'invalid_api_key' } });
    const answered = () => Promise.resolve('from anthropic');
    const result = await askAnyone(app.get(RetryExecutorService), () => Promise.reject(down), answered);
    assert.equal(result.success && result.response, 'from anthropic');
    assert.equal(result.provider, 'anthropic');
  },

  upload: async (exported, stage) => {
    const upload = as<(fetch: ManagedFetch, url: string, path: string) => Promise<Response>>(exported, 'upload');
    let asked = 0;
    const url = await stage.vendor(() => ((asked += 1) === 1 ? [500, {}] : [200, { id: 'file-1' }]));
    const keys = ['sk-test-0000000000000001', 'sk-test-0000000000000002'];
    const providers = { storage: { keys, baseUrl: url, compatibleWith: 'openai' } } as const;
    const app = await stage.start(KeyManagementModule.forRoot({ providers, admin: false }));
    const folder = mkdtempSync(join(tmpdir(), 'docs-'));
    try {
      asked = 0;
      writeFileSync(join(folder, 'song.bin'), Buffer.alloc(100_000));
      const answer = await upload(
        app.get(ManagedFetchService).for('storage'),
        `${url}/v1/files`,
        join(folder, 'song.bin'),
      );
      assert.equal(answer.status, 200);
      assert.equal(asked, 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
