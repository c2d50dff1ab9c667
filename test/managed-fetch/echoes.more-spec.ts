import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import type { TestingModule } from '@nestjs/testing';
import OpenAI from 'openai';
import { ManagedFetchService, RetryExecutorService } from '../../src/key-management';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { failureOf } from './managed-app';
import { TinyServer } from './tiny-server';

const keys = [1, 2].map((n) => fakeKey('openai', n));
let server: TinyServer;
let app: TestingModule;
let managed: typeof globalThis.fetch;

beforeEach(async () => {
  server = await TinyServer.start();
  app = await startKeyManagement({
    providers: { openai: { keys, baseUrl: server.origin } },
    healthCheckDepth: 'light',
    backoff: { initialMs: 0, maxMs: 0 },
  });
  managed = app.get(ManagedFetchService).for('openai', { maxRetries: 0 });
});
afterEach(async () => {
  await app.close();
  await server.close();
});

const POST = { method: 'POST', body: '{"model":"m"}' };
type Echo = (response: ServerResponse, key: string) => void;
const echo = (how: Echo): void => {
  server.answer = (response, { headers }) => {
    how(response, headers.authorization!.slice('Bearer '.length));
  };
};
const json =
  (status: number, body: (key: string) => unknown, headers = {}): Echo =>
  (response, key) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body(key)));

/** No part of a key that says more than its mask. */
function expectNoKey(text: string): void {
  for (const key of keys) {
    const spellings = [
      key,
      encodeURIComponent(key),
      Buffer.from(key).toString('base64').slice(0, -4),
      Buffer.from(key).toString('hex'),
    ];
    for (const spelling of spellings) expect(text).not.toContain(spelling);
  }
}

describe('D8: no answer of the managed fetch shows a key', () => {
  it.each<[string, Echo]>([
    ['400', json(400, (key) => ({ error: { message: `rejected for key ${key}`, type: 'invalid_request_error' } }))],
    ['401', json(401, (key) => ({ error: { message: `Bad key: ${key}` } }))],
    [
      '429',
      json(429, (key) => ({ error: { message: `Rate limit for ${key}`, code: 'rate_limit_exceeded' } }), {
        'retry-after': '1',
      }),
    ],
    ['500', json(500, (key) => ({ error: { message: `headers: authorization=Bearer ${key}` } }))],
    ['500 in base64', json(500, (key) => ({ error: { message: Buffer.from(`Bearer ${key}`).toString('base64') } }))],
    ['200', json(200, (key) => ({ choices: [], echo: key, hex: Buffer.from(key).toString('hex') }))],
    ['200 with an error', json(200, (key) => ({ error: { code: 500, message: `for ${key}` } }))],
    [
      'gzip',
      (response, key) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(JSON.stringify({ key }))),
    ],
    [
      'plain text',
      (response, key) => response.writeHead(200, { 'content-type': 'text/plain' }).end(`your key is ${key}`),
    ],
    [
      'an error event',
      (response, key) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(`data: {"error":{"message":"for ${key}","type":"server_error"}}\n\n`),
    ],
    [
      'a stream',
      (response, key) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(`data: {"choices":[{"delta":{"content":"${key}"}}]}\n\n`),
    ],
  ])('in %s', async (_, how) => {
    echo(how);
    const text = await (await managed(`${server.origin}/v1/x`, POST)).text();
    expectNoKey(text);
    expect(text.length).toBeGreaterThan(10);
  });

  it('cut across chunks', async () => {
    echo((response, key) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: {"choices":[{"delta":{"content":"${key.slice(0, 20)}`);
      setTimeout(() => response.end(`${key.slice(20)}"}}]}\n\n`), 20);
    });
    const text = await (await managed(`${server.origin}/v1/x`, POST)).text();
    expectNoKey(text);
    expect(text).toMatch(/^data: \{"choices":\[\{"delta":\{"content":"[^"]{1,20}"\}\}\]\}\n\n$/);
  });

  it('in headers and the address, and a length stays true', async () => {
    echo((response, key) => {
      const body = `sound ${key} sound`;
      const headers = { 'x-debug-auth': `Bearer ${key}`, 'content-type': 'audio/mpeg', 'content-length': body.length };
      response.writeHead(200, headers).end(body);
    });
    const response = await managed(`${server.origin}/v1/x`, POST);
    expectNoKey(JSON.stringify([...response.headers, response.url]));
    expect(response.headers.get('x-debug-auth')).toMatch(/^Bearer .{7}\.\.\..{4}$/);
    const text = await response.text();
    expectNoKey(text);
    expect([null, String(text.length)]).toContain(response.headers.get('content-length'));
  });

  it('in the text of its status, also where it has no body', async () => {
    for (const status of [204, 200, 400]) {
      echo((response, key) => response.writeHead(status, `for ${encodeURIComponent(key)}`).end());
      const response = await managed(`${server.origin}/v1/x`, POST);
      expect(response.status).toBe(status);
      expect(response.statusText).toMatch(/^for .{7}\.\.\..{4}$/);
    }
  });

  it.each([200, 204])('in the address that it was redirected to (%s), which it tells', async (status) => {
    server.answer = (response, { url, headers }) => {
      const hex = Buffer.from(headers.authorization!.slice('Bearer '.length)).toString('hex');
      if (url === '/v1/x') response.writeHead(307, { location: `/v1/y?key=${hex.replace(/../g, '%$&')}` }).end();
      else response.writeHead(status).end();
    };
    const response = await managed(`${server.origin}/v1/x`, POST);
    expect(response.redirected).toBe(true);
    expect(response.url).toMatch(/\/v1\/y\?key=.{7}\.\.\..{4}$/);
  });

  it('of an earlier attempt', async () => {
    let first: string | undefined;
    echo((response, key) => {
      first ??= key;
      json(key === first ? 401 : 200, () => ({ error: key === first ? { code: 'invalid_api_key' } : null, first }))(
        response,
        key,
      );
    });
    expectNoKey(await (await managed(`${server.origin}/v1/x`, POST)).text());
  });

  it('in what an SDK throws', async () => {
    echo(json(400, (key) => ({ error: { message: `rejected for key ${key}`, type: 'invalid_request_error' } })));
    const client = new OpenAI({ apiKey: 'managed', baseURL: `${server.origin}/v1`, fetch: managed, maxRetries: 0 });
    const error = await failureOf(client.chat.completions.create({ model: 'm', messages: [] }));
    expect(error.message).toContain('rejected for key');
    expectNoKey(error.message);
  });
});

it('an answer of the context’s fetch is the caller’s, which knows the key', async () => {
  echo(json(200, (key) => ({ key })));
  const shown = await app.get(RetryExecutorService).executeOrThrow('openai', async ({ fetch, apiKey }) => {
    const response = await fetch(`${server.origin}/v1/x`, { ...POST, headers: { authorization: `Bearer ${apiKey}` } });
    return ((await response.json()) as { key: string }).key === apiKey;
  });
  expect(shown).toBe(true);
});
