import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, Type } from '@nestjs/common';
import { KeyPoolService, RESOLVED_OPTIONS, type KeyToken, type ResolvedOptions } from '../../../src/key-management';
import { as, type Players } from '../sample';

export const configuration: Players = {
  ConfiguredModule: async (exported, stage) => {
    const app = await stage.start(as<Type>(exported, 'ConfiguredModule'));
    assert.equal(app.get<ResolvedOptions>(RESOLVED_OPTIONS).maxRetries, 5);
    assert.equal(app.get(KeyPoolService).list('openai').length, 2);
  },

  vertexToken: async (exported) => {
    const server = createServer(({ headers }, response) => {
      if (headers['metadata-flavor'] !== 'Google') response.writeHead(403);
      response.end(JSON.stringify({ access_token: 'ya29.FAKE', expires_in: 3_599, token_type: 'Bearer' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const from = Date.now();
    const { port } = server.address() as AddressInfo;
    const get = as<(source: string) => Promise<KeyToken>>(exported, 'vertexToken');
    const token = await get(`http://127.0.0.1:${port}`);
    server.close();
    assert.equal(token.key, 'ya29.FAKE');
    assert(token.expiresAt!.getTime() >= from + 3_599_000);
  },

  vertex: (exported) => {
    assert.equal(typeof as<DynamicModule>(exported, 'vertex').module, 'function');
  },

  configured: async (exported, stage) => {
    const app = await stage.start(as<DynamicModule>(exported, 'configured'));
    const keys = app.get(KeyPoolService).list();
    assert.deepEqual(keys.map(({ provider }) => provider).filter((name) => name === 'groq').length, 1);
    const google = keys.filter(({ provider, quotaGroup }) => provider === 'google' && quotaGroup === 'project-a');
    assert.equal(google.length, 2);
    assert(keys.every(({ provider, status }) => provider === 'anthropic' || status === 'healthy'));
  },
};
