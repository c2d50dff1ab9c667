import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, ManagedFetchService } from '../../src/key-management';
import { failureOf } from '../managed-fetch/managed-app';
import { TinyServer } from '../managed-fetch/tiny-server';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';

const KEY = fakeKey('openai', 1);
const PROXIES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];

let server: TinyServer;
let proxy: TinyServer;
let app: TestingModule | undefined;

beforeEach(async () => {
  [server, proxy] = [await TinyServer.start(), await TinyServer.start()];
});
afterEach(async () => {
  await app?.close();
  await Promise.all([server.close(), proxy.close()]);
});

describe('a vendor on loopback', () => {
  const before = { ...process.env };
  afterEach(() => {
    for (const name of PROXIES) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  });

  it('is asked directly: no proxy of the environment gets to see the key', async () => {
    for (const name of PROXIES) process.env[name] = proxy.origin;
    app = await startKeyManagement({ providers: { openai: { keys: [KEY], baseUrl: server.origin } } });
    await app.get(KeyManagerService).forceHealthCheck();
    await app.get(ManagedFetchService).for('openai')(`${server.origin}/v1/models`);
    expect(proxy.seen).toEqual([]);
    expect(server.seen.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a health check', () => {
  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%d) with the key', async (status) => {
    server.answer = (response) => response.writeHead(status, { location: `${proxy.origin}/steal` }).end();
    app = await startKeyManagement({ providers: { openai: { keys: [KEY], baseUrl: server.origin } } });
    await app.get(KeyManagerService).forceHealthCheck();
    expect(server.seen.length).toBeGreaterThanOrEqual(1);
    expect(proxy.seen).toEqual([]);
  });
});

describe('a base URL with a path, as gateways of many tenants have', () => {
  let fetch: typeof globalThis.fetch;
  beforeEach(async () => {
    app = await startKeyManagement({
      providers: { openai: { keys: [KEY], baseUrl: `${server.origin}/tenant-a/openai` } },
      healthCheckDepth: 'light',
    });
    fetch = app.get(ManagedFetchService).for('openai');
    server.seen.splice(0);
  });

  it.each([
    '/tenant-a/openai/v1/models',
    '/tenant-a/openai',
    '/tenant-a/openai?x=1',
    '/tenant-a/openai/v1/models/ft:gpt-4o:org::id',
    '/tenant-a/openai/v1/models/meta-llama%2FLlama-3.3',
    '/tenant-a/openai/v1beta/models/gemini-x:streamGenerateContent?alt=sse',
  ])('is met by %s', async (path) => {
    await fetch(server.origin + path);
    expect(server.seen.map(({ url }) => url)).toEqual([path]);
  });

  it.each([
    '/tenant-b/openai/v1/models',
    '/tenant-a/openai-evil/v1/models',
    '/tenant-a/openai/../../tenant-b/v1',
    '/tenant-a/openai/%2e%2e/%2e%2e/tenant-b/v1',
    '/tenant-a/openai\\..\\..\\tenant-b',
    '/tenant-a/openai/..%2f..%2ftenant-b/v1',
    '/tenant-a/openai/%2e%2e%5c..%5ctenant-b/v1',
    '/tenant-a/openai/%252e%252e/%252e%252e/tenant-b/v1',
    '/tenant-a/openai/..;/..;/tenant-b/v1',
    '/tenant-a/openai/%2e%2e;x=1/tenant-b/v1',
    '/tenant-a/openai%2f..%2f..%2ftenant-b/v1',
    '/',
  ])('is left by %s, so no key goes there', async (path) => {
    const error = await failureOf(fetch(server.origin + path));
    expect(error).toMatchObject({
      name: 'RefusedDestinationError',
      message: expect.stringContaining('/tenant-a/openai'),
    });
    expect(server.seen).toEqual([]);
  });

  it.each(['/tenant-b/v1/models', '/tenant-a/openai/..;/tenant-b', '/tenant-a/openai/%252e%252e/tenant-b'])(
    'is not left by a redirect to %s',
    async (location) => {
      server.answer = (response) => response.writeHead(307, { location }).end();
      expect(await failureOf(fetch(`${server.origin}/tenant-a/openai/v1/models`))).toMatchObject({
        name: 'RefusedDestinationError',
      });
      expect(server.seen).toHaveLength(1);
    },
  );
});

describe('a base URL', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://10.0.0.1',
    'http://metadata.google.internal',
    'http://[fe80::1]',
    'http://0.0.0.0:8080',
    'http://localhost.evil.test',
    'http://127.0.0.1.evil.test',
    'https://user:password@api.openai.com',
    'https://api.openai.com?key=x',
    'ftp://api.openai.com',
    'file:///etc/passwd',
    'data:text/plain,x',
  ])('like %s stops the start', async (baseUrl) => {
    const failure = await failureOf(startKeyManagement({ providers: { openai: { keys: [KEY], baseUrl } } }));
    expect(failure.message).toMatch(/providers\.openai\.baseUrl: must be an https URL \(http only on loopback\)/);
    expect(failure.message).not.toContain('password');
  });
});
