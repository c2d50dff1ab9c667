import assert from 'node:assert/strict';
import type { DynamicModule, Type } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import {
  KeyManagementModule,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type KeyStatus,
} from '../../../src/key-management';
import { as, type Players } from '../sample';

const statusesOf = (pools: KeyPoolService, provider: string): KeyStatus[] =>
  pools.list(provider).map(({ status }) => status);

/** How a vendor of sockets ends a session, by what the key says. */
const SOCKET_FAILURES: Readonly<Record<string, object | string | number>> = {
  'poor-key-0000000000001': {
    type: 'error',
    error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota.' },
  },
  'dead-key-0000000000002': 'invalid_request_error.invalid_api_key',
  'shut-key-0000000000003': 401,
};

async function realtimeVendor(): Promise<{ url: string; close(): void }> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    verifyClient: ({ req }: { req: { headers: { authorization?: string } } }, done) => {
      const refused = SOCKET_FAILURES[(req.headers.authorization ?? '').slice(7)];
      done(typeof refused !== 'number', typeof refused === 'number' ? refused : undefined);
    },
  });
  server.on('connection', (socket, { headers }) => {
    const failure = SOCKET_FAILURES[(headers.authorization ?? '').slice(7)];
    socket.on('message', () => {
      if (typeof failure === 'string') socket.close(3000, failure);
      else if (headers.authorization?.startsWith('Bearer cut-')) socket.terminate();
      else socket.send(JSON.stringify(failure ?? { type: 'response.done' }));
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  return { url: `ws://127.0.0.1:${port}`, close: () => server.close() };
}

export const customVendor: Players = {
  gateways: async (exported, stage) => {
    const asked = new Set<string>();
    const url = await stage.vendor((path, key, headers) => {
      if (key === 'batch-key-000000001') asked.add('openai-batch');
      if (key === 'lan-key-00000001') asked.add('lan');
      if (headers['x-gateway-key'] === 'messages-key-00000001' && headers['x-tenant'] === 'acme' && path === '/v1/me')
        asked.add('messages');
      if (path === '/v1/me?token=gemini-key-000000001&api-version=2026-10-01') asked.add('gemini');
      if (path === '/v1/me?api-version=2026-10-01&token=gemini-key-000000001') asked.add('gemini');
      return [200, { data: [] }];
    });
    const gateways = as<(gateway: string, lan: string) => DynamicModule>(exported, 'gateways');
    const app = await stage.start(gateways(url, url));
    for (const provider of ['openai-batch', 'lan', 'messages', 'gemini'])
      assert.deepEqual(statusesOf(app.get(KeyPoolService), provider), ['healthy'], provider);
    assert.deepEqual([...asked].sort(), ['gemini', 'lan', 'messages', 'openai-batch']);
  },

  acmePool: async (exported, stage) => {
    const url = await stage.vendor((path, _key, { 'x-acme-key': key }) => {
      if (key === 'ac-dead-00000000001') return [403, { error: { message: 'This key was revoked by its owner.' } }];
      if (path === '/v1/chat' && key === 'ac-poor-00000000002') return [400, { error: { code: 'wallet_empty' } }];
      return [200, { said: 'hello' }];
    });
    const pool = as<(url: string, keys: string[]) => DynamicModule>(exported, 'acmePool');
    const app = await stage.start(pool(url, ['ac-dead-00000000001', 'ac-poor-00000000002', 'ac-good-00000000003']));
    assert.deepEqual(statusesOf(app.get(KeyPoolService), 'acme'), ['invalid_key', 'quota_exceeded', 'healthy']);
    const answer = await app.get(ManagedFetchService).for('acme')(`${url}/v1/chat`, { method: 'POST', body: '{}' });
    assert.deepEqual(await answer.json(), { said: 'hello' });
  },

  RealtimeService: async (exported, stage) => {
    const vendor = await realtimeVendor();
    try {
      const Service = as<Type<{ say(text: string, url: string): Promise<string> }>>(exported, 'RealtimeService');
      const end = async (key: string, errorClassification?: 'status'): Promise<KeyStatus[]> => {
        const baseUrl = await stage.vendor(() => [200, { data: [] }]);
        const keyManagement = KeyManagementModule.forRoot({
          providers: { openai: { keys: [key], baseUrl } },
          errorClassification,
          admin: false,
        });
        const app = await stage.start(keyManagement, Service);
        const said = app.get(Service).say('hello', vendor.url);
        if (key.startsWith('good')) assert.equal(await said, '{"type":"response.done"}');
        else await assert.rejects(said, ({ message }: Error) => !message.includes(key));
        const statuses = statusesOf(app.get(KeyPoolService), 'openai');
        await stage.clear();
        return statuses;
      };
      assert.deepEqual(await end('poor-key-0000000000001'), ['quota_exceeded']);
      assert.deepEqual(await end('dead-key-0000000000002'), ['invalid_key']);
      assert.deepEqual(await end('shut-key-0000000000003'), ['invalid_key']);
      assert.deepEqual(await end('cut-key-00000000000004'), ['healthy']);
      assert.deepEqual(await end('good-key-0000000000005'), ['healthy']);
      // The table of statuses alone: of an event without a status it knows nothing.
      assert.deepEqual(await end('shut-key-0000000000003', 'status'), ['invalid_key']);
      assert.deepEqual(await end('poor-key-0000000000001', 'status'), ['healthy']);
    } finally {
      vendor.close();
    }
  },

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
