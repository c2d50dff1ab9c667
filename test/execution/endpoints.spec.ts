import type { TestingModule } from '@nestjs/testing';
import {
  HealthCheckerRegistry,
  KeyManagerService,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type BaseHealthChecker,
} from '../../src/key-management';
import { HealthCheckService } from '../../src/key-management/health/health-check.service';
import { TinyServer } from '../managed-fetch/tiny-server';
import { startKeyManagement } from '../support/key-management-app';
import { keyText } from '../support/pool';

const GOOD = { object: 'list', data: [{ id: 'm' }], choices: [{ message: { content: 'x' } }] };
const SCOPES = {
  error: {
    message: 'You have insufficient permissions for this operation. Missing scopes: api.embeddings.request.',
    type: 'invalid_request_error',
  },
};
const DENIED = {
  error: { type: 'permission_error', message: 'Your API key does not have permission to use the specified resource.' },
};

describe('over HTTP', () => {
  let server: TinyServer;
  let app: TestingModule;
  let refused: (url: string, key: string) => object | undefined;
  const start = async (provider: string, count: number) => {
    server = await TinyServer.start();
    refused = () => undefined;
    server.answer = (response, { url, headers }) => {
      const key = String(headers.authorization ?? headers['x-api-key']);
      const body = refused(url, key);
      response.writeHead(body ? 403 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? GOOD));
    };
    app = await startKeyManagement({
      providers: {
        [provider]: {
          ...(provider === 'acme' && { compatibleWith: 'openai' as const }),
          baseUrl: server.origin,
          keys: Array.from({ length: count }, (_, n) => keyText(n)),
        },
      },
      healthCheckDepth: 'light',
      backoff: { initialMs: 1, maxMs: 2 },
    });
  };
  afterEach(async () => {
    await app.close();
    await server.close();
  });
  const list = (provider = 'openai') => app.get(KeyPoolService).list(provider);
  const post = async (path: string, provider = 'openai', model = 'm') => {
    const fetch = app.get(ManagedFetchService).for(provider);
    const response = await fetch(server.origin + path, { method: 'POST', body: JSON.stringify({ model }) });
    return { status: response.status, body: await response.text() };
  };

  it('A9: a refusal that all keys share is handed on as the vendor gave it, and takes nothing away', async () => {
    await start('openai', 3);
    refused = (url) => (url === '/v1/embeddings' ? SCOPES : undefined);
    expect(await post('/v1/embeddings')).toEqual({ status: 403, body: JSON.stringify(SCOPES) });
    expect(await post('/v1/chat/completions')).toMatchObject({ status: 200 });
    for (const key of list()) expect(key).toMatchObject({ status: 'healthy', cooldowns: [], errorCount: 0 });
  });

  it('A9: one key’s missing right cools that key down for that endpoint, and calls choose around it', async () => {
    await start('anthropic', 2);
    const restricted = keyText(0);
    refused = (url, key) => (url === '/v1/files' && key === restricted ? DENIED : undefined);
    for (let n = 0; n < 6; n += 1) expect(await post('/v1/files', 'anthropic')).toMatchObject({ status: 200 });
    const cooldowns = list('anthropic').flatMap((key) => key.cooldowns);
    expect(cooldowns).toMatchObject([{ endpoint: '/v1/files', outcome: 'permission_denied' }]);
    const asked = server.seen.filter(({ url, headers }) => url === '/v1/files' && headers['x-api-key'] === restricted);
    expect(asked).toHaveLength(1);
    for (let n = 0; n < 4; n += 1) await post('/v1/messages', 'anthropic');
    expect(
      server.seen.filter(({ url, headers }) => url === '/v1/messages' && headers['x-api-key'] === restricted),
    ).not.toEqual([]);
  });

  it('A9: a single key answers with the refusal of the vendor, and serves other endpoints', async () => {
    await start('openai', 1);
    refused = (url) => (url === '/v1/embeddings' ? SCOPES : undefined);
    expect(await post('/v1/embeddings')).toMatchObject({ status: 403 });
    expect(list()).toMatchObject([{ status: 'healthy', cooldowns: [{ endpoint: '/v1/embeddings' }] }]);
    expect(await post('/v1/chat/completions')).toMatchObject({ status: 200 });
    expect(await post('/v1/embeddings')).toMatchObject({ status: 429 });
  });

  it('A9: context.fetch shows the endpoint that the caller did not name', async () => {
    await start('openai', 1);
    refused = (url) => (url.startsWith('/v1/files') ? SCOPES : undefined);
    const result = await app
      .get(RetryExecutorService)
      .execute('openai', ({ fetch, apiKey }) =>
        fetch(`${server.origin}/v1/files/file-abc123`, { headers: { authorization: `Bearer ${apiKey}` } }),
      );
    expect(result).toMatchObject({ success: false, error: { code: 'CALL_REJECTED' } });
    expect(list()).toMatchObject([{ status: 'healthy', cooldowns: [{ endpoint: 'GET /v1/files/{id}' }] }]);
  });

  it('A9: a flagged prompt is the caller’s fault', async () => {
    await start('acme', 3);
    const flagged = {
      error: { code: 403, message: 'Your chosen model requires moderation and your input was flagged' },
    };
    refused = (url) => (url === '/v1/chat/completions' ? flagged : undefined);
    for (let n = 0; n < 5; n += 1) expect(await post('/v1/chat/completions', 'acme')).toMatchObject({ status: 403 });
    // Probes ask with an empty body.
    expect(server.seen.filter(({ method, body }) => method === 'POST' && body !== '{}')).toHaveLength(5);
    for (const key of list('acme')) expect(key).toMatchObject({ status: 'healthy', cooldowns: [], errorCount: 0 });
  });

  describe('A10: a cooldown of a whole key', () => {
    const DISABLED = {
      error: { message: 'Your IP is not authorized to access this project.', code: 'ip_not_authorized' },
    };
    const coolDown = async () => {
      await start('openai', 1);
      refused = (url) => (url === '/v1/chat/completions' ? DISABLED : undefined);
      await post('/v1/chat/completions');
      expect(list()).toMatchObject([{ status: 'cooling_down' }]);
    };
    const check = () => {
      const pool = app.get(KeyPoolService).pool('openai')!;
      return { checks: app.get(HealthCheckService), pool, records: [...pool.records()] };
    };

    it('is ended by a check of an administrator’s', async () => {
      await coolDown();
      const { checks, pool, records } = check();
      await checks.check(pool, records[0]!);
      expect(list()).toMatchObject([{ status: 'healthy' }]);
    });

    it('is ended by health checks on demand', async () => {
      await coolDown();
      await app.get(KeyManagerService).forceHealthCheck('openai');
      expect(list()).toMatchObject([{ status: 'healthy' }]);
    });

    it('is not ended by a scheduled light check', async () => {
      await coolDown();
      const { checks, pool, records } = check();
      await checks.checkAll(pool, records);
      expect(list()).toMatchObject([{ status: 'cooling_down' }]);
    });

    it('is not ended by a check that proves nothing', async () => {
      await coolDown();
      refused = () => DISABLED;
      const { checks, pool, records } = check();
      await checks.check(pool, records[0]!);
      expect(list()).toMatchObject([{ status: 'cooling_down' }]);
    });
  });

  it('E15: what a checker makes of a key’s form or of a probe hurts nobody', async () => {
    await start('openai', 2);
    const registry = app.get(HealthCheckerRegistry);
    const built = registry.get('openai');
    const make = (own: object) => Object.assign(Object.create(built) as BaseHealthChecker, own);
    const throwing = () => {
      throw new Error('a bug');
    };
    const formats: unknown[] = [
      throwing,
      () => null,
      () => 'no',
      () => Promise.reject(new Error('a bug')),
      () => ({ valid: 'maybe' }),
    ];
    const results: unknown[] = [
      null,
      7,
      { outcome: 'invalid' },
      { outcome: 'rate_limited', notBefore: 'soon', retryAfterMs: NaN },
    ];
    for (const validateFormat of formats) {
      registry.addChecker('openai', make({ validateFormat }));
      await app.get(KeyManagerService).forceHealthCheck('openai');
      expect(list().map(({ status }) => status)).toEqual(['healthy', 'healthy']);
    }
    for (const result of results) {
      registry.addChecker('openai', make({ checkHealth: () => Promise.resolve(result) }));
      const report = await app.get(KeyManagerService).forceHealthCheck('openai');
      expect(report.keys).toHaveLength(2);
      expect(() => JSON.stringify(list())).not.toThrow();
    }
  });
});
