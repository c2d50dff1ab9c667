import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, ManagedFetchService } from '../../src/key-management';
import { asVendor } from '../canary/canary';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { failureOf } from './managed-app';

type Interim = '100' | '102' | '103';

let server: Server;
let origin: string;
let app: TestingModule;
let interim: readonly Interim[];
let answer: (response: ServerResponse, request: IncomingMessage, body: string) => void;
let seen: { method?: string; body: string; headers: IncomingMessage['headers'] }[];

beforeEach(async () => {
  [interim, seen] = [[], []];
  answer = (response, _request, body) => response.end(JSON.stringify({ body }));
  server = asVendor(createServer((request, response) => void handled(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await startKeyManagement({
    providers: { openai: { keys: [1, 2].map((n) => fakeKey('openai', n)), baseUrl: origin } },
    healthCheckDepth: 'light',
    backoff: { initialMs: 0, maxMs: 0 },
  });
  seen = [];
});
afterEach(async () => {
  expect(
    app
      .get(KeyPoolService)
      .list('openai')
      .map(({ inFlight }) => inFlight),
  ).toEqual([0, 0]);
  await app.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function handled(request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const each of interim) {
    if (each === '100') response.writeContinue();
    else if (each === '102') response.writeProcessing();
    else response.writeEarlyHints({ link: '</x>; rel=preload' });
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  seen.push({ method: request.method, body, headers: request.headers });
  answer(response, request, body);
}

const fetch = (): typeof globalThis.fetch => app.get(ManagedFetchService).for('openai', { maxRetries: 0 });
const post = (body: unknown): RequestInit => ({ method: 'POST', body, duplex: 'half' }) as RequestInit;

it.each<[Interim[]]>([[['100']], [['103']], [['102', '103', '103']], [['103', '100']], [['100', '100', '103']]])(
  'D10: passes over the interim answers %p before the final one',
  async (given) => {
    interim = given;
    for (let call = 0; call < 3; call += 1) {
      const response = await fetch()(`${origin}/v1/x`, post('{"model":"m"}'));
      expect(response).toMatchObject({ status: 200, url: `${origin}/v1/x` });
      expect(await response.json()).toEqual({ body: '{"model":"m"}' });
    }
    expect(app.get(KeyPoolService).list('openai')).toMatchObject([{ errorCount: 0 }, { errorCount: 0 }]);
  },
);

describe('a vendor that sends 100 unasked', () => {
  beforeEach(async () => {
    interim = ['100'];
    await (await fetch()(`${origin}/v1/x`)).text();
    seen.splice(0);
  });

  it('D10: is asked once from then on, with the same headers', async () => {
    await (
      await fetch()(`${origin}/v1/x`, { ...post('text'), headers: { 'x-own': 'a', 'content-type': 'text/x' } })
    ).text();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      body: 'text',
      headers: { 'x-own': 'a', 'content-type': 'text/x', 'content-length': '4' },
    });
    expect(seen[0]!.headers.authorization).toMatch(/^Bearer sk-/);
    expect(seen[0]!.headers['idempotency-key']).toMatch(/^managed-/);
  });

  it.each<[string, () => unknown, string]>([
    ['a form', () => Object.assign(new FormData(), {}), 'multipart/form-data; boundary='],
    ['parameters', () => new URLSearchParams({ a: 'b' }), 'application/x-www-form-urlencoded'],
    ['a blob', () => new Blob(['x'], { type: 'audio/wav' }), 'audio/wav'],
  ])('D10: is sent %s', async (_, body, type) => {
    await (await fetch()(`${origin}/v1/x`, post(body()))).text();
    expect(seen[0]!.headers['content-type']).toContain(type);
  });

  it('D10: is sent a stream, and sends a compressed one', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.end(gzipSync('data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'));
    };
    const response = await fetch()(`${origin}/v1/x`, post(Readable.from(['str', 'eam'])));
    expect(await response.text()).toContain('"content":"a"');
    expect(seen).toMatchObject([{ body: 'stream' }]);
  });

  it('D10: may have an error, an empty answer, or a redirect', async () => {
    answer = (response, { url }) => {
      if (url === '/a') response.writeHead(307, { location: '/b' });
      else if (url === '/b') response.writeHead(204);
      else response.writeHead(400, { 'content-type': 'application/json' });
      response.end(url === '/b' ? undefined : '{"error":{"message":"no"}}');
    };
    expect((await fetch()(`${origin}/a`, post('x'))).status).toBe(204);
    const bad = await fetch()(`${origin}/c`, post('x'));
    expect([bad.status, await bad.json()]).toEqual([400, { error: { message: 'no' } }]);
  });

  it('D10: is left when the caller aborts, before the answer and in it', async () => {
    for (const begins of [false, true]) {
      const controller = new AbortController();
      answer = (response) => {
        if (begins) response.writeHead(200, { 'content-type': 'audio/mpeg' }).write('first');
        controller.abort();
      };
      const answered = fetch()(`${origin}/v1/x`, { ...post('x'), signal: controller.signal }).then((r) => r.text());
      expect(await failureOf(answered)).toMatchObject({ name: 'AbortError' });
    }
  });

  it('D10: may be gone: fetch failed, as ever', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(fetch()(`${origin}/v1/x`, post('x')));
    expect(error).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: expect.stringMatching(/^ECONN/) },
    });
  });
});
