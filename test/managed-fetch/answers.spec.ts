import { pipeline, Readable } from 'node:stream';
import { createServer, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { KeyPoolService, type ManagedFetchOptions } from '../../src/key-management';
import { totalOf } from '../../src/key-management/pool/limits/expected-tokens';
import { asVendor } from '../canary/canary';
import { turns } from '../support/turns';
import {
  answer,
  app,
  chat,
  counts,
  endless,
  executor,
  inFlight,
  managed,
  POST,
  server,
  start,
  statuses,
  until,
  useVendor,
} from './answering-vendor';
import { failureOf } from './managed-app';

useVendor();

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
      { timeoutMs: 2_000 },
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
    await turns(200);
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
    void endless('application/x-ndjson', '{}\n');
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
    ['timeoutMs', { timeoutMs: 2_000 }],
    ['idleTimeoutMs', { idleTimeoutMs: 2_000 }],
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
    expect(await failureOf((await managed({ timeoutMs: 2_000 })).text())).toMatchObject({ name: 'TimeoutError' });
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
    await turns(5_000);
    // Sockets hold a few MB; the rest waits at the vendor.
    expect(written).toBeLessThan(40);
    while (!(await reader.read()).done);
    expect(used.mock.calls.map(([, tokens]) => totalOf(tokens))).toContain(4_321);
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
    expect(Math.max(...used.mock.calls.map(([, tokens]) => totalOf(tokens)))).toBe(7);
  });
});

it('JSON that is read whole is made neither a stream nor a request of fetch, and is parsed once', async () => {
  await start();
  server.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  await (await managed()).json();
  const [streams, requests, parsed] = [
    jest.spyOn(globalThis, 'ReadableStream'),
    jest.spyOn(globalThis, 'Request'),
    jest.spyOn(JSON, 'parse'),
  ];
  try {
    expect(await (await managed()).json()).toEqual(expect.objectContaining({}));
    const whole = parsed.mock.calls.filter(([text]) => text === answer);
    expect([streams.mock.calls.length, requests.mock.calls.length, whole.length]).toEqual([0, 0, 1]);
  } finally {
    for (const spy of [streams, requests, parsed]) spy.mockRestore();
  }
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
