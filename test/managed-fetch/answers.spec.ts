import { pipeline, Readable } from 'node:stream';
import { createServer, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestingModule } from '@nestjs/testing';
import OpenAI from 'openai';
import {
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type ManagedFetchOptions,
} from '../../src/key-management';
import { asVendor } from '../canary/canary';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { failureOf } from './managed-app';
import { TinyServer } from './tiny-server';

const keys = [1, 2].map((n) => fakeKey('openai', n));
const chat = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const answer = JSON.stringify({ id: 'x', choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }] });

let server: TinyServer;
let app: TestingModule;
beforeEach(async () => {
  server = await TinyServer.start();
});
afterEach(async () => {
  await app.close();
  await server.close();
});

async function start(limits?: { concurrency?: number; tokensPerMinute?: number }, count = 2): Promise<void> {
  app = await startKeyManagement({
    providers: { openai: { keys: keys.slice(0, count).map((key) => ({ key, limits })), baseUrl: server.origin } },
    healthCheckDepth: 'light',
    backoff: { initialMs: 0, maxMs: 0 },
    drainTimeoutMs: 300,
  });
  server.seen.splice(0);
}

const POST = { method: 'POST', body: '{"model":"m"}' };
const managed = (options?: ManagedFetchOptions, init: RequestInit = {}): Promise<Response> =>
  app.get(ManagedFetchService).for('openai', options)(`${server.origin}/v1/x`, { ...POST, ...init });
const executor = () => app.get(RetryExecutorService);
const inFlight = () =>
  app
    .get(KeyPoolService)
    .list()
    .reduce((sum, each) => sum + each.inFlight, 0);
const statuses = () =>
  app
    .get(KeyPoolService)
    .list('openai')
    .map(({ status }) => status);
const counts = () =>
  app
    .get(KeyPoolService)
    .list('openai')
    .map(({ successCount, errorCount }) => [successCount, errorCount]);
const keyOf = ({ headers }: { headers: { authorization?: string } }) => headers.authorization!.slice('Bearer '.length);

/** Resolves when it is so; the test's own time limit ends a wait in vain. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Answers with a stream that goes on until the reader leaves. */
function endless(type: string, first: string) {
  const left: Promise<void>[] = [];
  server.answer = (response) => {
    left.push(new Promise((resolve) => response.on('close', () => void resolve())));
    response.writeHead(200, { 'content-type': type });
    const timer = setInterval(() => response.write(first), 5);
    response.on('close', () => void clearInterval(timer));
  };
  return left;
}

describe('an answer that the caller’s function returns', () => {
  const create = (signal: AbortSignal, apiKey: string, fetch?: typeof globalThis.fetch) =>
    new OpenAI({ apiKey, baseURL: `${server.origin}/v1`, maxRetries: 0, fetch }).chat.completions.create(
      { model: 'm', messages: [], stream: true },
      { signal },
    );

  it.each([
    ['the global fetch', false],
    ['the context’s fetch', true],
  ])('D1: ends when the caller aborts, made with %s', async (_, watched) => {
    await start();
    const left = endless('text/event-stream', chat('hi'));
    const caller = new AbortController();
    const stream = await executor().executeOrThrow(
      'openai',
      ({ signal, apiKey, fetch }) => create(signal, apiKey, watched ? fetch : undefined),
      { signal: caller.signal },
    );
    let read = 0;
    for await (const chunk of stream) if (chunk.choices.length > 0 && ++read === 3) caller.abort();
    await left[0];
    expect(inFlight()).toBe(0);
    expect(executor().inFlight).toBe(0);
  });

  it.each([
    ['the global fetch', false],
    ['the context’s fetch', true],
  ])('D1: ends when timeoutMs passes, made with %s', async (_, watched) => {
    await start();
    const left = endless('text/event-stream', chat('hi'));
    const stream = await executor().executeOrThrow(
      'openai',
      ({ signal, apiKey, fetch }) => create(signal, apiKey, watched ? fetch : undefined),
      { timeoutMs: 300 },
    );
    await (async () => {
      for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
    })().catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'TimeoutError' });
    });
    await left[0];
    await until(() => inFlight() === 0 && executor().inFlight === 0);
  });

  it('D1: keeps its lease while it streams, where the context’s fetch made it', async () => {
    await start({ concurrency: 1 }, 1);
    const open: ServerResponse[] = [];
    server.answer = (response) => {
      open.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chat('hi'));
    };
    const call = () =>
      executor().executeOrThrow('openai', ({ signal, apiKey, fetch }) => create(signal, apiKey, fetch));
    const stream = await call();
    expect([inFlight(), executor().inFlight]).toEqual([1, 1]);
    const second = call();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(open).toHaveLength(1);
    open[0]!.end('data: [DONE]\n\n');
    for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
    const next = await second;
    expect(open).toHaveLength(2);
    next.controller.abort();
    for await (const chunk of next) expect(chunk).toBeDefined();
    await until(() => inFlight() === 0 && executor().inFlight === 0);
    expect(counts()).toEqual([[1, 0]]);
  });

  it('D1: is judged by what passes after the function has returned', async () => {
    await start();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chat('hi'));
      response.end('data: {"error":{"code":"insufficient_quota","type":"insufficient_quota"}}\n\n');
    };
    const response = await executor().executeOrThrow('openai', ({ fetch }) => fetch(`${server.origin}/v1/x`, POST));
    await response.text();
    expect(statuses()).toContain('quota_exceeded');
  });

  it('does not keep the lease for a body that nobody can read', async () => {
    await start();
    endless('application/x-ndjson', '{}\n');
    const status = await executor().executeOrThrow(
      'openai',
      async ({ fetch }) => (await fetch(`${server.origin}/v1/x`, POST)).status,
    );
    expect([status, inFlight(), executor().inFlight]).toEqual([200, 0, 0]);
  });
});

describe('an answer of the managed fetch', () => {
  it('D2: gives its key back when it is aborted unread, and the app closes at once', async () => {
    await start({ concurrency: 1 }, 1);
    const left = endless('text/event-stream', chat('hi'));
    const caller = new AbortController();
    await managed({}, { signal: caller.signal });
    expect(inFlight()).toBe(1);
    caller.abort();
    expect([inFlight(), executor().inFlight]).toEqual([0, 0]);
    await left[0];
  });

  it.each(['text/event-stream', 'audio/mpeg', 'application/json'])(
    'D2: gives its key back when it is cancelled (%s)',
    async (type) => {
      await start();
      const left = endless(type, type === 'application/json' ? `[{"a":"${'x'.repeat(99)}"},` : chat('hi'));
      const reader = (await managed()).body!.getReader();
      await reader.read();
      const pending = reader.read();
      await reader.cancel();
      await pending;
      expect([inFlight(), executor().inFlight]).toEqual([0, 0]);
      await left[0];
    },
  );

  it('D2: gives its key back when the client of a piped answer leaves', async () => {
    await start();
    const left = endless('text/event-stream', chat('hi'));
    const host = asVendor(
      createServer((_request, response) => {
        void managed().then(({ body }) => {
          pipeline(Readable.fromWeb(body as never), response, () => undefined);
        });
      }),
    );
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    const client = httpRequest({ port: (host.address() as AddressInfo).port });
    client.on('error', () => undefined);
    client.on('response', (response) => response.once('data', () => client.destroy()));
    client.end();
    await until(() => left.length === 1);
    await left[0];
    await until(() => inFlight() === 0 && executor().inFlight === 0);
    host.closeAllConnections();
    await new Promise((resolve) => host.close(resolve));
  });

  it.each<[string, ManagedFetchOptions]>([
    ['timeoutMs', { timeoutMs: 80 }],
    ['attemptTimeoutMs', { attemptTimeoutMs: 80, maxRetries: 0 }],
    ['idleTimeoutMs', { idleTimeoutMs: 80, maxRetries: 0 }],
    ['firstByteTimeoutMs', { firstByteTimeoutMs: 80, maxRetries: 0 }],
  ])('D3: does not hang where its JSON stalls: %s', async (_, options) => {
    await start();
    server.answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 }).write('{"id":"x",');
    expect(await failureOf(managed(options))).toMatchObject({ name: 'TimeoutError' });
    expect(inFlight()).toBe(0);
  });

  it.each<[string, ManagedFetchOptions]>([
    ['timeoutMs', { timeoutMs: 150 }],
    ['idleTimeoutMs', { idleTimeoutMs: 150 }],
  ])('D3: does not hang where its sound stalls: %s', async (_, options) => {
    await start();
    server.answer = (response) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).write('sound');
    const response = await managed(options);
    expect(await failureOf(response.arrayBuffer())).toMatchObject({ name: 'TimeoutError' });
    expect([inFlight(), executor().inFlight]).toEqual([0, 0]);
  });

  it('D3: ends a stream that never falls silent when timeoutMs passes', async () => {
    await start();
    const left = endless('text/event-stream', chat('hi'));
    expect(await failureOf((await managed({ timeoutMs: 200 })).text())).toMatchObject({ name: 'TimeoutError' });
    await left[0];
  });

  it.each(['audio/mpeg', 'application/x-ndjson', 'application/json'])(
    'D4: keeps its lease to its end, and no second runs beside it (%s)',
    async (type) => {
      await start({ concurrency: 1 }, 1);
      const open: ServerResponse[] = [];
      let most = 0;
      let running = 0;
      server.answer = (response) => {
        open.push(response);
        most = Math.max(most, (running += 1));
        response.writeHead(200, { 'content-type': type }).write('[{"a":1},');
        setTimeout(() => {
          running -= 1;
          response.end('{"a":2}]');
        }, 20);
      };
      const lengths = await Promise.all([1, 2, 3].map(async () => (await (await managed()).arrayBuffer()).byteLength));
      expect([lengths, most]).toEqual([[17, 17, 17], 1]);
      expect(counts()).toEqual([[3, 0]]);
    },
  );

  it.each<[string, Record<string, string | number>]>([
    ['a told length', { 'content-length': answer.length }],
    ['chunks', {}],
    ['an end that nobody told', { connection: 'close', 'transfer-encoding': 'identity' }],
  ])('D4: is asked for again when its JSON breaks off half-way (%s)', async (_, headers) => {
    await start();
    server.answer = (response) => {
      const isFirst = server.seen.length === 1;
      response.writeHead(200, { 'content-type': 'application/json', ...(isFirst ? headers : {}) });
      if (!isFirst) return response.end(answer);
      response.write(answer.slice(0, 20), () => response.socket!.end());
    };
    expect(await (await managed()).json()).toEqual(JSON.parse(answer));
    expect(server.seen).toHaveLength(2);
  });

  it('D4: counts as broken, and is not asked for again, when sound is cut', async () => {
    await start();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write('sound', () => response.destroy());
    };
    await failureOf(managed().then((response) => response.arrayBuffer()));
    expect(server.seen).toHaveLength(1);
    expect(counts().flat()).toEqual([0, 0, 0, 0]);
  });

  it('D4: is ended with the app', async () => {
    await start();
    const left = endless('audio/mpeg', 'sound');
    const reading = failureOf((await managed()).arrayBuffer());
    await app.close();
    expect(await reading).toMatchObject({ name: 'AbortError' });
    await left[0];
  });

  it('D5: is not held in memory while its tokens are counted', async () => {
    await start({ tokensPerMinute: 1_000_000 }, 1);
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"text":"');
      const more = (): void => {
        while (written < 64 && !response.writableNeedDrain) {
          response.write(chunk);
          written += 1;
        }
        if (written < 64) response.once('drain', more);
        else response.end('","usage":{"total_tokens":4321}}');
      };
      more();
    };
    const used = jest.spyOn(app.get(KeyPoolService).pool('openai')!, 'tokensUsed');
    const reader = (await managed()).body!.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Sockets hold a few MB; the rest waits at the vendor.
    expect(written).toBeLessThan(40);
    while (!(await reader.read()).done);
    expect(used.mock.calls.map(([, tokens]) => tokens)).toContain(4_321);
  });

  it.each<[string, string, string]>([
    [
      'application/json',
      JSON.stringify({ ...JSON.parse(answer), usage: { prompt_tokens: 1, total_tokens: 7 } }),
      'JSON',
    ],
    ['text/event-stream', `${chat('hi')}data: {"choices":[],"usage":{"total_tokens":7}}\n\n`, 'events'],
  ])('D5: tells its tokens (%s)', async (type, body) => {
    await start({ tokensPerMinute: 1_000_000 }, 1);
    server.answer = (response) => response.writeHead(200, { 'content-type': type }).end(body);
    const used = jest.spyOn(app.get(KeyPoolService).pool('openai')!, 'tokensUsed');
    await (await managed()).text();
    expect(Math.max(...used.mock.calls.map(([, tokens]) => tokens))).toBe(7);
  });
});

describe('a 200 that reports a failure', () => {
  const failures: [string, unknown, string | undefined][] = [
    ['OpenRouter’s 429', { error: { code: 429, message: 'Provider returned error' } }, undefined],
    ['a dead key', { error: { code: 'invalid_api_key', message: 'Incorrect API key provided' } }, 'invalid_key'],
    ['no quota', { error: { code: 'insufficient_quota', type: 'insufficient_quota' } }, 'quota_exceeded'],
    [
      'a failed Responses object',
      {
        id: 'resp_1',
        object: 'response',
        status: 'failed',
        output: [],
        error: { code: 'insufficient_quota', message: 'x' },
      },
      'quota_exceeded',
    ],
    ['MiniMax', { base_resp: { status_code: 1000, status_msg: 'unknown error' }, choices: null }, undefined],
    ['a list', [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' } }], undefined],
  ];

  const failFirst = (body: unknown) => {
    let first: string | undefined;
    server.answer = (response, seen) => {
      first ??= keyOf(seen);
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.end(keyOf(seen) === first ? JSON.stringify(body) : answer);
    };
  };

  it.each(failures)('D6: is asked for again with another key, by the managed fetch: %s', async (_, body, status) => {
    await start();
    failFirst(body);
    expect(await (await managed()).json()).toEqual(JSON.parse(answer));
    expect(server.seen).toHaveLength(2);
    if (status) expect(statuses()).toContain(status);
  });

  it.each(failures)('D6: is asked for again with another key, by execute and fetch: %s', async (_, body, status) => {
    await start();
    failFirst(body);
    const result = await executor().execute('openai', async ({ apiKey }) =>
      (
        await globalThis.fetch(`${server.origin}/v1/x`, { ...POST, headers: { authorization: `Bearer ${apiKey}` } })
      ).json(),
    );
    expect(result).toMatchObject({ success: true, response: JSON.parse(answer), attemptsMade: 2 });
    if (status) expect(statuses()).toContain(status);
  });

  it('D6: is handed on as the vendor gave it when all is in vain', async () => {
    await start();
    const body = { error: { code: 502, message: 'Provider returned error' } };
    server.answer = (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const response = await managed({ maxRetries: 1 });
    expect([response.status, await response.json()]).toEqual([200, body]);
    expect(counts().map(([good]) => good)).toEqual([0, 0]);
  });

  it('D6: is seen within a list that streams', async () => {
    await start();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}\n,');
      response.end('\n{"error":{"code":401,"message":"x","status":"UNAUTHENTICATED"}}]');
    };
    expect(await (await managed()).text()).toContain('UNAUTHENTICATED');
    expect(server.seen).toHaveLength(1);
    expect(counts().map(([good]) => good)).toEqual([0, 0]);
  });

  it.each<[string, string, unknown]>([
    [
      'the job that was asked for has failed',
      'GET',
      { id: 'ftjob-1', object: 'fine_tuning.job', error: { code: 'x', message: 'y' } },
    ],
    [
      'a response in the background has failed',
      'GET',
      {
        id: 'resp_1',
        object: 'response',
        status: 'failed',
        background: true,
        error: { code: 'server_error', message: 'x' },
      },
    ],
    ['the error is none', 'POST', { choices: [{}], error: { code: null, message: null } }],
    ['base_resp says success', 'POST', { choices: [{}], base_resp: { status_code: 0, status_msg: 'success' } }],
  ])('D6: is an answer where %s', async (_, method, body) => {
    await start();
    server.answer = (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const response = await managed({}, { method, body: method === 'GET' ? null : POST.body });
    expect(await response.json()).toEqual(body);
    expect(server.seen).toHaveLength(1);
    expect(
      counts()
        .map(([good]) => good)
        .sort(),
    ).toEqual([0, 1]);
  });
});

describe('a stream that takes its time', () => {
  const held: ServerResponse[] = [];
  const begin = (...chunks: string[]) => {
    held.splice(0);
    server.answer = (response) => {
      held.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      for (const chunk of chunks) response.write(chunk);
    };
  };
  const created = 'data: {"type":"response.created","response":{"id":"resp_1","status":"in_progress"}}\n\n';

  it.each<[string, string[], RequestInit, ManagedFetchOptions]>([
    ['the vendor keeps it alive', [': PROCESSING\n\n'], {}, { holdBackMs: Infinity }],
    [
      'a work in the background has begun',
      [created],
      { body: '{"model":"m","background":true}' },
      { holdBackMs: Infinity },
    ],
    ['it was held back for long enough', [created], {}, { holdBackMs: 30 }],
    ['nothing at all came for as long', [], {}, { holdBackMs: 30 }],
  ])('D7: is handed on before its content when %s', async (_, chunks, init, options) => {
    await start();
    begin(...chunks);
    const response = await managed(options, init);
    expect(response.status).toBe(200);
    held[0]!.end(chat('hello'));
    expect(await response.text()).toBe(`${chunks.join('')}${chat('hello')}`);
    expect(inFlight()).toBe(0);
  });

  it.each<[string, string[], RequestInit]>([
    ['at once', [], {}],
    ['after its preamble', [created], {}],
    ['after a sign of life', [': PROCESSING\n\n'], {}],
    ['at once, for a work in the background', [], { body: '{"model":"m","background":true}' }],
  ])('D7: is begun anew when it fails %s', async (_, chunks, init) => {
    await start();
    let n = 0;
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (++n > 1) return response.end(chat('hello'));
      response.end(`${chunks.join('')}data: {"error":{"code":"rate_limit_exceeded","message":"x"}}\n\n`);
    };
    expect(await (await managed({}, init)).text()).toBe(chat('hello'));
    expect(server.seen).toHaveLength(2);
  });
});

describe('the last answer that the context’s fetch saw', () => {
  const refuseFirst = (status: number, body: string) => {
    server.answer = (response) => {
      const isFirst = server.seen.length === 1;
      response.writeHead(isFirst ? status : 200, { 'content-type': 'application/json' });
      response.end(isFirst ? body : answer);
    };
  };
  const run = <T>(use: (response: Response) => Promise<T>) =>
    executor().execute('openai', async ({ fetch, apiKey }) =>
      use(await fetch(`${server.origin}/v1/x`, { ...POST, headers: { authorization: `Bearer ${apiKey}` } })),
    );

  it.each([
    [401, '{"error":{"code":"invalid_api_key"}}', 'invalid_key'],
    [429, '{"error":{"code":"insufficient_quota"}}', 'quota_exceeded'],
    [429, '{"error":{"code":"rate_limit_exceeded"}}', 'rate_limited'],
    [500, '{"error":{"message":"oops"}}', 'server_error'],
    [503, '{"error":{"message":"busy"}}', 'overloaded'],
  ])('E12: decides where a %d is taken for an answer', async (status, body, outcome) => {
    await start();
    refuseFirst(status, body);
    const result = await run((response) => response.json());
    expect(result).toMatchObject({
      success: true,
      response: JSON.parse(answer),
      attempts: [{ outcome, status }, { outcome: 'ok' }],
    });
  });

  it('E12: decides where the function stumbles over it', async () => {
    await start();
    refuseFirst(401, '{"error":{"code":"invalid_api_key"}}');
    const result = await run(async (response) => ((await response.json()) as { choices: unknown[] }).choices[0]);
    expect(result).toMatchObject({ success: true, attempts: [{ outcome: 'invalid_key' }, { outcome: 'ok' }] });
    expect(statuses()).toContain('invalid_key');
  });

  it('E12: leaves to the function what is the caller’s to deal with, and what it asked again for', async () => {
    await start();
    refuseFirst(404, '{"error":{"message":"No such file"}}');
    expect(await run((response) => Promise.resolve(response.status))).toMatchObject({ success: true, response: 404 });
    server.seen.splice(0);
    refuseFirst(500, '{"error":{"message":"oops"}}');
    const twice = await executor().execute('openai', async ({ fetch }) => {
      await fetch(`${server.origin}/v1/x`, POST);
      return (await fetch(`${server.origin}/v1/x`, POST)).json();
    });
    expect(twice).toMatchObject({ success: true, attemptsMade: 1 });
  });
});

it('D11: fifty calls at once on one signal leave no listener and raise no warning', async () => {
  await start();
  const warnings: unknown[] = [];
  const warned = (warning: Error) => warnings.push(warning.message);
  process.on('warning', warned);
  const { signal } = new AbortController();
  const [added, removed] = [jest.spyOn(signal, 'addEventListener'), jest.spyOn(signal, 'removeEventListener')];
  server.answer = (response, { url }) =>
    url === '/v1/refused'
      ? response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
      : response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chat('hi'));
  const many = <T>(call: () => Promise<T>) => Promise.all(Array.from({ length: 50 }, call));
  await many(async () => (await managed({}, { signal })).text());
  await many(async () => (await managed({ signal }, { signal: new AbortController().signal })).text());
  await many(() =>
    executor().execute('openai', async ({ fetch }) => (await fetch(`${server.origin}/v1/x`, POST)).text(), { signal }),
  );
  await many(() => executor().execute('openai', ({ fetch }) => fetch(`${server.origin}/v1/refused`, POST), { signal }));
  await many(() => executor().execute('openai', (context) => Promise.resolve(context.signal.aborted), { signal }));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  expect(warnings).toEqual([]);
  expect(added.mock.calls.length).toBeGreaterThan(0);
  expect(removed.mock.calls.length).toBe(added.mock.calls.length);
});
