import assert from 'node:assert/strict';
import type { Type } from '@nestjs/common';
import { KeyManagementModule, KeyPoolService, RetryExecutorService } from '../../../src/key-management';
import { as, type Players } from '../sample';

export const customVendor: Players = {
  Vendors: async (exported, stage) => {
    const url = await stage.vendor((_path, key) =>
      key === 'dead-key-0000000001' ? [401, {}] : key === 'poor-key-0000000002' ? [402, {}] : [200, { said: 'hello' }],
    );
    process.env.CUSTOM_URL = url;
    const keyManagement = KeyManagementModule.forRoot({
      providers: {
        acme: { keys: ['dead-key-0000000001', 'poor-key-0000000002', 'good-key-0000000003'] },
        custom_provider: { keys: ['dead-key-0000000001', 'good-key-0000000003'] },
      },
      admin: false,
    });
    const classes = [as<Type>(exported, 'Vendors'), as<Type>(exported, 'CustomHealthChecker')];
    const app = await stage.start(keyManagement, ...classes);
    const statuses = (provider: string): string[] =>
      app
        .get(KeyPoolService)
        .list(provider)
        .map(({ status }) => status)
        .sort();
    assert.deepEqual(statuses('custom_provider'), ['healthy', 'invalid_key']);
    assert.deepEqual(statuses('acme'), ['healthy', 'healthy', 'healthy']);
    const executor = app.get(RetryExecutorService);
    const call = ({ apiKey }: { apiKey: string }): Promise<Response> =>
      fetch(`${url}/v1/speak`, { headers: { authorization: `Bearer ${apiKey}` } });
    for (let n = 0; n < 5; n += 1) assert.equal((await executor.executeOrThrow('acme', call)).status, 200);
    assert.deepEqual(statuses('acme'), ['healthy', 'invalid_key', 'quota_exceeded']);
  },
};
