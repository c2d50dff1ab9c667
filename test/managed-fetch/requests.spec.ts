import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import type { TestingModule } from '@nestjs/testing';
import {
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  StatusTableHealthChecker,
  HealthCheckerRegistry,
  type ManagedFetchOptions,
} from '../../src/key-management';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { failureOf } from './managed-app';
import { TinyServer } from './tiny-server';

type FetchInput = Parameters<typeof globalThis.fetch>[0];

const keys = [1, 2, 3].map((n) => fakeKey('openai', n));
let server: TinyServer;
let elsewhere: TinyServer;
let app: TestingModule;
let fetch: typeof globalThis.fetch;

beforeEach(async () => {
  [server, elsewhere] = [await TinyServer.start(), await TinyServer.start()];
  app = await startKeyManagement({
    providers: { openai: { keys, baseUrl: server.origin }, plain: { keys: [fakeKey('plain', 1)] } },
    healthCheckDepth: 'light',
    backoff: { initialMs: 0, maxMs: 0 },
  });
  fetch = app.get(ManagedFetchService).for('openai');
  server.seen.splice(0);
});
afterEach(async () => {
  expect(
    app
      .get(KeyPoolService)
      .list()
      .reduce((sum, { inFlight }) => sum + inFlight, 0),
  ).toBe(0);
  await app.close();
  await Promise.all([server.close(), elsewhere.close()]);
});

const refuseFirst = (status: number) => {
  server.answer = (response) => {
    response.statusCode = server.seen.length === 1 ? status : 200;
    response.end(server.seen.length === 1 ? '{"error":{"code":"invalid_api_key"}}' : '{"fine":true}');
  };
};

describe('the signal of a request', () => {
  /** The signals that the global fetch was given. */
  const signals: (AbortSignal | null | undefined)[] = [];
  let usual: typeof globalThis.fetch;
  beforeEach(() => {
    signals.length = 0;
    usual = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      signals.push(init?.signal);
      return usual(input, init);
    };
  });
  afterEach(() => {
    globalThis.fetch = usual;
  });
  const own = new AbortController().signal;

  it.each<[string, ManagedFetchOptions, RequestInit]>([
    ['nothing', {}, {}],
    ['no more than silence', { idleTimeoutMs: 60_000 }, {}],
    ['a stream’s beginning', { holdBackMs: 60_000 }, {}],
  ])(
    'is left out where %s ends an attempt early: it costs fetch as much as the rest of a request',
    async (_, options, init) => {
      const made = app.get(ManagedFetchService).for('openai', options);
      expect(await (await made(server.origin, init)).text()).toBe('{}');
      expect(signals).toEqual([undefined]);
    },
  );

  it.each<[string, ManagedFetchOptions, RequestInit]>([
    ['the time limit of the call', { timeoutMs: 60_000 }, {}],
    ['the time limit of an attempt', { attemptTimeoutMs: 60_000 }, {}],
    ['the time limit of the first byte', { firstByteTimeoutMs: 60_000 }, {}],
    ['the caller’s signal', { signal: own }, {}],
    ['the signal of a request', {}, { signal: own }],
  ])('is there for %s', async (_, options, init) => {
    const made = app.get(ManagedFetchService).for('openai', options);
    expect(await (await made(server.origin, init)).text()).toBe('{}');
    expect(signals).toEqual([expect.any(AbortSignal)]);
  });

  it('of an SDK goes on as it is where nothing else ends the attempt early', async () => {
    const result = await app
      .get(RetryExecutorService)
      .execute('openai', async (context) => (await context.fetch(server.origin, { signal: own })).text());
    expect(result).toMatchObject({ success: true, response: '{}' });
    expect(signals).toEqual([own]);
  });
});

describe('the options of a managed fetch', () => {
  it.each<[string, unknown, string]>([
    ['a limit that is no number', { idleTimeoutMs: NaN }, 'idleTimeoutMs must be a number of milliseconds'],
    ['a limit in text', { firstByteTimeoutMs: '5' }, 'firstByteTimeoutMs must be'],
    ['an option of calls', { maxRetries: -1 }, 'maxRetries must be'],
    ['an unknown option', { timeout: 5 }, 'Did you mean timeoutMs?'],
    ['nothing', null, 'options must be an object'],
  ])('A12: with %s are refused where it is made', (_, options, message) => {
    const make = () => app.get(ManagedFetchService).for('openai', options as never);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('A14: a provider that is no text is refused there, too', () => {
    expect(() => app.get(ManagedFetchService).for(undefined as never)).toThrow('provider must be');
  });

  it('A12: that are changed later change nothing', async () => {
    const options = { timeoutMs: 60_000 };
    const made = app.get(ManagedFetchService).for('openai', options);
    options.timeoutMs = NaN;
    expect((await made(`${server.origin}/v1/x`)).status).toBe(200);
  });

  it('A12: may say that there is no limit', async () => {
    const made = app.get(ManagedFetchService).for('openai', { idleTimeoutMs: Infinity, firstByteTimeoutMs: Infinity });
    expect((await made(`${server.origin}/v1/x`)).status).toBe(200);
  });
});

describe('where a key may go', () => {
  it.each([
    ['another host', () => `${elsewhere.origin}/v1/chat`],
    ['a host of the same port by another name', () => server.origin.replace('127.0.0.1', 'localhost')],
    ['https of the same host', () => server.origin.replace('http:', 'https:')],
  ])('refuses %s before any key is used', async (_, url) => {
    const lease = jest.spyOn(app.get(KeyPoolService).pool('openai')!, 'lease');
    const error = await failureOf(fetch(url(), { method: 'POST', body: '{}' }));
    expect(error).toMatchObject({ name: 'RefusedDestinationError', message: expect.stringContaining(server.origin) });
    expect(error).toBeInstanceOf(TypeError);
    expect(lease).not.toHaveBeenCalled();
    expect([...server.seen, ...elsewhere.seen]).toEqual([]);
  });

  it('refuses a provider whose place nobody told', async () => {
    const plain = app.get(ManagedFetchService).for('plain');
    expect(await failureOf(plain(server.origin))).toMatchObject({ message: expect.stringMatching(/plain\.baseUrl/) });
  });

  it('takes a key as a bearer token to a provider known by a base URL and a status table alone', async () => {
    const key = fakeKey('mine', 1);
    const own = await startKeyManagement({ providers: { mine: { keys: [key], baseUrl: server.origin } } });
    own.get(HealthCheckerRegistry).addChecker('mine', StatusTableHealthChecker.from({ 401: 'invalid_key' }));
    await own.get(ManagedFetchService).for('mine')(`${server.origin}/x`, { headers: { authorization: 'no' } });
    expect(server.seen[0]!.headers.authorization).toBe(`Bearer ${key}`);
    await own.close();
  });

  it.each([301, 302, 303, 307, 308])('follows a redirect within the origin (%d), as fetch does', async (status) => {
    server.answer = (response, { url }) => {
      if (url === '/a') response.writeHead(status, { location: '/b?x=1' });
      response.end('{}');
    };
    await (await fetch(`${server.origin}/a`, { method: 'POST', body: '{"model":"m"}' })).text();
    const kept = status > 303;
    expect(server.seen[1]).toMatchObject({
      url: '/b?x=1',
      method: kept ? 'POST' : 'GET',
      body: kept ? '{"model":"m"}' : '',
    });
    expect(keys.map((key) => `Bearer ${key}`)).toContain(server.seen[1]!.headers.authorization);
  });

  it('never follows a redirect elsewhere', async () => {
    server.answer = (response) => response.writeHead(307, { location: `${elsewhere.origin}/steal` }).end();
    const error = await failureOf(fetch(`${server.origin}/a`));
    expect(error).toMatchObject({
      name: 'RefusedDestinationError',
      message: expect.stringContaining(elsewhere.origin),
    });
    expect(server.seen).toHaveLength(1);
    expect(elsewhere.seen).toEqual([]);
  });

  it('never follows a redirect that brings a password, and blames no key for it', async () => {
    const location = `${server.origin.replace('//', '//user:word@')}/b`;
    server.answer = (response) => response.writeHead(307, { location }).end();
    const error = await failureOf(fetch(`${server.origin}/a`));
    expect(error).toMatchObject({ name: 'RefusedDestinationError', message: expect.not.stringContaining('word') });
    expect(server.seen).toHaveLength(1);
    expect(app.get(KeyPoolService).list('openai')).toMatchObject(keys.map(() => ({ errorCount: 0 })));
  });

  it('ends a circle of redirects, and honours redirect: manual and error', async () => {
    server.answer = (response) => response.writeHead(302, { location: '/again' }).end();
    expect(await failureOf(fetch(`${server.origin}/a`))).toMatchObject({ name: 'RefusedDestinationError' });
    expect(server.seen).toHaveLength(6);
    expect((await fetch(`${server.origin}/a`, { redirect: 'manual' })).status).toBe(302);
    expect(await failureOf(fetch(`${server.origin}/a`, { redirect: 'error' }))).toBeInstanceOf(TypeError);
  });
});

it('E8: headers that name an account go out with the credential, and the others stay', async () => {
  const account = ['OpenAI-Organization', 'openai-project', 'anthropic-workspace-id', 'X-Goog-User-Project'];
  const headers = Object.fromEntries([...account, 'x-mine'].map((name) => [name, 'org-a']));
  await (await fetch(`${server.origin}/v1/x`, { method: 'POST', body: '{}', headers })).text();
  const sent = server.seen[0]!.headers;
  expect(account.filter((name) => name.toLowerCase() in sent)).toEqual([]);
  expect(sent['x-mine']).toBe('org-a');
});

describe('a body', () => {
  const form = () => {
    const data = new FormData();
    data.set('model', 'whisper-1');
    data.set('file', new Blob(['sound']), 'a.wav');
    return data;
  };

  it.each<[string, () => BodyInit, string]>([
    ['text', () => '{"a":1}', '{"a":1}'],
    ['bytes', () => new TextEncoder().encode('bytes'), 'bytes'],
    ['an ArrayBuffer', () => new TextEncoder().encode('buffer').buffer, 'buffer'],
    ['parameters', () => new URLSearchParams({ a: 'b c' }), 'a=b+c'],
    ['a blob', () => new Blob(['blob']), 'blob'],
    ['a form', form, 'sound'],
  ])('of %s is sent again to the next key', async (_, body, text) => {
    refuseFirst(401);
    const response = await fetch(`${server.origin}/v1/x`, { method: 'POST', body: body() });
    expect(response.status).toBe(200);
    await response.text();
    expect(server.seen.map((seen) => seen.body.includes(text))).toEqual([true, true]);
    expect(server.seen[0]!.headers.authorization).not.toBe(server.seen[1]!.headers.authorization);
  });

  it('of a Request is sent again too', async () => {
    refuseFirst(401);
    const request = new Request(`${server.origin}/v1/x`, { method: 'POST', body: 'once', headers: { 'x-a': 'b' } });
    expect((await fetch(request)).status).toBe(200);
    expect(server.seen.map(({ body, headers }) => [body, headers['x-a']])).toEqual([
      ['once', 'b'],
      ['once', 'b'],
    ]);
  });

  const post = (body: unknown): RequestInit => ({ method: 'POST', body, duplex: 'half' }) as RequestInit;
  async function* parts(count: number, bytes: number) {
    for (let n = 0; n < count; n += 1) yield await Promise.resolve(new Uint8Array(bytes).fill(120));
  }

  it.each<[string, () => unknown]>([
    ['a stream', () => new Blob(['stream']).stream()],
    ['a Node stream', () => Readable.from(['str', 'eam'])],
    [
      'an async iterable',
      async function* () {
        yield await Promise.resolve(new TextEncoder().encode('stream'));
      },
    ],
    ['a function that makes a stream', () => () => Readable.from(['stream'])],
  ])('D13: of %s is sent again to the next key', async (_, body) => {
    refuseFirst(401);
    const response = await fetch(`${server.origin}/v1/x`, post(body()));
    expect(await response.json()).toEqual({ fine: true });
    expect(server.seen.map(({ body }) => body)).toEqual(['stream', 'stream']);
    expect(server.seen[0]!.headers.authorization).not.toBe(server.seen[1]!.headers.authorization);
  });

  it('D13: of a stream is sent again where a redirect asks for it', async () => {
    server.answer = (response, { url }) => {
      if (url === '/a') response.writeHead(308, { location: '/b' });
      response.end('{}');
    };
    await (await fetch(`${server.origin}/a`, post(Readable.from(['stream'])))).text();
    expect(server.seen.map(({ url, body }) => [url, body])).toEqual([
      ['/a', 'stream'],
      ['/b', 'stream'],
    ]);
  });

  it.each<[string, () => [FetchInput, RequestInit?]]>([
    ['a stream', () => [`${server.origin}/v1/x`, post(parts(20, 1024 * 1024))]],
    [
      'a Request',
      () => [new Request(`${server.origin}/v1/x`, post(Readable.toWeb(Readable.from(parts(20, 1024 * 1024)))))],
    ],
  ])(
    'D13: of %s beyond the bound is sent once: the answer is handed on, and its key gets its verdict',
    async (_, call) => {
      refuseFirst(401);
      const response = await fetch(...call());
      expect(response.status).toBe(401);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await response.json()).toEqual({ error: { code: 'invalid_api_key' } });
      expect(server.seen.map(({ body }) => body.length)).toEqual([20 * 1024 * 1024]);
      expect(
        app
          .get(KeyPoolService)
          .list('openai')
          .filter(({ status }) => status === 'invalid_key'),
      ).toHaveLength(1);
    },
  );

  it('D13: of any length is sent again where a function makes it', async () => {
    refuseFirst(401);
    const response = await fetch(
      `${server.origin}/v1/x`,
      post(() => parts(20, 1024 * 1024)),
    );
    expect(await response.json()).toEqual({ fine: true });
    expect(server.seen.map(({ body }) => body.length)).toEqual([20 * 1024 * 1024, 20 * 1024 * 1024]);
  });

  it.each<[string, () => unknown]>([
    [
      'breaks',
      async function* () {
        yield await Promise.resolve(Buffer.from('half'));
        throw new RangeError('disk');
      },
    ],
    [
      'cannot be made',
      () => () => {
        throw new RangeError('disk');
      },
    ],
  ])('D13: that %s ends the call with its own error, and blames no key', async (_, body) => {
    await expect(fetch(`${server.origin}/v1/x`, post(body()))).rejects.toThrow(new RangeError('disk'));
    expect(server.seen).toEqual([]);
    expect(app.get(KeyPoolService).list('openai')).toMatchObject(keys.map(() => ({ errorCount: 0, inFlight: 0 })));
  });
});

describe('a request whose answer never came', () => {
  it('D9: is made again with one idempotency key for all attempts of the call', async () => {
    const keyOf = (n: number) => server.seen[n]!.headers['idempotency-key'];
    server.answer = (response) => {
      if (server.seen.length % 3 === 0) response.end('{"fine":true}');
      else response.socket!.destroy();
    };
    for (let call = 0; call < 2; call += 1)
      expect(await (await fetch(`${server.origin}/v1/x`, { method: 'POST', body: '{}' })).json()).toEqual({
        fine: true,
      });
    expect(server.seen).toHaveLength(6);
    expect(keyOf(0)).toMatch(/^managed-/);
    expect([keyOf(1), keyOf(2)]).toEqual([keyOf(0), keyOf(0)]);
    expect([keyOf(4), keyOf(5)]).toEqual([keyOf(3), keyOf(3)]);
    expect(keyOf(3)).not.toBe(keyOf(0));
  });
});

describe('an answer', () => {
  it('without content, 304 and a HEAD come through', async () => {
    for (const status of [204, 304]) {
      server.answer = (response) => response.writeHead(status).end();
      expect((await fetch(`${server.origin}/v1/x`)).status).toBe(status);
    }
    server.answer = (response) => response.writeHead(200).end();
    expect((await fetch(`${server.origin}/v1/x`, { method: 'HEAD' })).status).toBe(200);
  });

  it('that is an event stream but empty by its status comes through', async () => {
    server.answer = (response) => response.writeHead(204, { 'content-type': 'text/event-stream' }).end();
    expect((await fetch(`${server.origin}/v1/x`)).status).toBe(204);
  });

  it('of another kind streams on as it comes', async () => {
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write('first');
    };
    const reader = (await fetch(`${server.origin}/v1/audio`)).body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first');
    await reader.cancel();
  });

  it('is still ended by the caller after its headers have come', async () => {
    server.answer = (response) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).write('first');
    const controller = new AbortController();
    const response = await fetch(`${server.origin}/v1/audio`, { signal: controller.signal });
    const reading = failureOf(response.text());
    controller.abort();
    expect(await reading).toMatchObject({ name: 'AbortError' });
  });
});

describe('what is thrown', () => {
  it('never shows a key', async () => {
    const real = globalThis.fetch;
    const shown: string[] = [];
    for (const wrap of [
      (key: string) => new TypeError(`Headers.append: "${key}" is an invalid header value.`),
      (key: string) => new TypeError('fetch failed', { cause: new Error(`to ${server.origin}?key=${key}`) }),
      (key: string) => Object.assign(new Error('odd'), { config: { headers: { authorization: `Bearer ${key}` } } }),
    ]) {
      globalThis.fetch = (_input, init) =>
        Promise.reject(wrap(new Headers(init!.headers).get('authorization')!.slice('Bearer '.length)));
      const error = await failureOf(fetch(`${server.origin}/v1/x`));
      shown.push(inspect(error, { depth: 20, showHidden: true, getters: true }), String(error.stack));
    }
    globalThis.fetch = real;
    for (const key of keys) expect(shown.join('\n')).not.toContain(key);
  });
});
