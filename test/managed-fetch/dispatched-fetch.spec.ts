import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { BodySource } from '../../src/key-management/common/body-source';
import type { VendorAnswer } from '../../src/key-management/execution/answers/response-with';
import { dispatchedFetch } from '../../src/key-management/execution/managed-fetch/dispatched-fetch';
import { asVendor } from '../canary/canary';
import { failureOf } from './managed-app';

// Whatever the global fetch does with a request of its kind, this does as well: each case is made with both, and compared.

let server: Server;
let origin: string;
let answer: (response: ServerResponse, request: IncomingMessage) => void;
let seen: { line: string; headers: Record<string, unknown>; body: string }[];

beforeEach(async () => {
  seen = [];
  answer = (response) => response.end('{}');
  server = asVendor(createServer((request, response) => void handled(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function handled(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('latin1');
  seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
  answer(response, request);
}

const INIT: RequestInit = { method: 'POST', body: '{"a":1}', redirect: 'manual' };
const given = (init: RequestInit): RequestInit => ({ ...init, headers: new Headers(init.headers) });

/** The answer of the one that is tested: it must not leave the request to the other. */
function dispatched(init: RequestInit = INIT, path = '/v1/x?y=%20z#part'): Promise<VendorAnswer> {
  const answered = dispatchedFetch(`${origin}${path}`, given(init));
  if (!answered) throw new Error('The request was left to the global fetch.');
  return answered;
}
const usual = (init: RequestInit = INIT, path = '/v1/x?y=%20z#part'): Promise<VendorAnswer> =>
  fetch(`${origin}${path}`, given(init));

const WAYS: [string, typeof usual][] = [
  ['dispatched', dispatched],
  ['the global fetch', usual],
];

/** All that an answer says, with its body, or how reading it failed. */
async function said({ body, headers, status, statusText, ok, url, redirected, type }: VendorAnswer): Promise<unknown> {
  const head = { status, statusText, ok, url, redirected, type };
  const names = [...headers].filter(([name]) => name !== 'date');
  return { ...head, names, cookies: headers.getSetCookie(), body: body && (await bodyOf(body).catch(failed)) };
}

async function bodyOf(body: NonNullable<VendorAnswer['body']>): Promise<string> {
  const source = new BodySource(body);
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); !chunk.done; chunk = await source.read()) chunks.push(chunk.value);
  return Buffer.concat(chunks).toString('latin1');
}

const failed = (error: unknown): unknown => {
  const { name, message, cause } = error as Error;
  return { name, message, code: (cause as { code?: unknown } | undefined)?.code };
};

const both = async (init?: RequestInit): Promise<unknown[]> => {
  const results: unknown[] = [];
  for (const [, way] of WAYS) results.push(await way(init).then(said, failed));
  return results;
};

describe('what is sent', () => {
  it.each<[string, RequestInit]>([
    ['text', { ...INIT, headers: { 'content-type': 'application/json', authorization: 'Bearer x' } }],
    ['text without a type', INIT],
    ['no text at all', { ...INIT, body: '' }],
    ['bytes', { ...INIT, body: new Uint8Array([1, 2, 200]) }],
    ['a part of bytes', { ...INIT, body: new Uint8Array([1, 2, 200, 3]).subarray(1, 3) }],
    ['a GET', { method: 'GET', redirect: 'manual', headers: { 'x-api-key': 'k' } }],
    [
      'headers that fetch would add',
      { ...INIT, headers: { accept: 'a/b', 'user-agent': 'sdk', 'accept-encoding': 'br' } },
    ],
    [
      'a header twice',
      {
        ...INIT,
        headers: [
          ['x-a', '1'],
          ['x-a', '2'],
        ],
      },
    ],
  ])('is the same: %s', async (_, init) => {
    const [ours, theirs] = await both(init);
    expect(ours).toEqual(theirs);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
  });

  it('is a copy of bytes, which the caller may change at once', async () => {
    const body = new Uint8Array([1, 2, 3]);
    const answered = dispatched({ ...INIT, body });
    body.fill(0);
    await said(await answered);
    expect(seen[0]!.body).toBe('\u0001\u0002\u0003');
  });
});

describe('what is answered', () => {
  const text = JSON.stringify({ said: 'grüß dich'.repeat(50) });
  const encoded = (encoding: string, body: Buffer) => (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body);

  it.each<[string, typeof answer]>([
    ['JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text)],
    ['a stated length', (response) => response.writeHead(200, { 'content-length': 3 }).end('abc')],
    ['nothing', (response) => response.writeHead(200).end()],
    ['204', (response) => response.writeHead(204).end()],
    ['304', (response) => response.writeHead(304).end()],
    ['a refusal', (response) => response.writeHead(429, 'Slow Down', { 'retry-after': '3' }).end('{"error":{}}')],
    ['a redirect', (response) => response.writeHead(307, { location: '/v1/y' }).end('moved')],
    ['an odd status', (response) => response.writeHead(999, 'Denied').end('no')],
    [
      'headers of Latin-1, and cookies',
      (response) => response.setHeader('set-cookie', ['a=1; Path=/', 'b=2, c']).setHeader('x-note', 'très').end(text),
    ],
    [
      'an early hint before it',
      (response) => {
        response.writeEarlyHints({ link: '</x>; rel=preload' });
        response.end(text);
      },
    ],
    ['gzip', encoded('gzip', gzipSync(text))],
    ['deflate', encoded('deflate', deflateSync(text))],
    ['deflate without a header', encoded('deflate', deflateRawSync(text))],
    ['Brotli', encoded('BR', brotliCompressSync(text))],
    ['two encodings', encoded('gzip, br', brotliCompressSync(gzipSync(text)))],
    ['an unknown encoding', encoded('zz', Buffer.from(text))],
    ['an unknown one among others', encoded('gzip, zz', gzipSync(text))],
    ['what is not as encoded as it says', encoded('gzip', Buffer.from(text))],
    ['gzip that is cut off', encoded('gzip', gzipSync(text).subarray(0, 40))],
    ['more encodings than any server has use for', encoded('gzip,gzip,gzip,gzip,gzip,gzip', Buffer.from(text))],
    ['nothing, and the connection is closed', (response) => response.destroy()],
    ['nonsense', (response) => response.socket!.end('nonsense\r\n\r\n')],
    [
      '100 Continue, unasked',
      (response) => {
        response.writeContinue();
        response.end(text);
      },
    ],
    [
      'half of what it states',
      (response) => {
        response.writeHead(200, { 'content-length': 100 }).write('half', () => setImmediate(() => response.destroy()));
      },
    ],
    [
      'half a chunked body',
      (response) => {
        response.writeHead(200).write('half', () => setImmediate(() => response.socket!.end()));
      },
    ],
  ])('is the same: %s', async (_, given) => {
    answer = given;
    const [ours, theirs] = await both();
    expect(ours).toEqual(theirs);
  });

  it('is the same: nobody listens', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const [ours, theirs] = await both();
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({ message: 'fetch failed', code: 'ECONNREFUSED' });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it('comes as it is sent', async () => {
    answer = (response) => void response.writeHead(200).write('first');
    const source = new BodySource((await dispatched()).body!);
    expect(Buffer.from((await source.read()).value!).toString()).toBe('first');
    source.cancel();
  });

  it('is not held in memory: the vendor waits for who reads', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    answer = (response) => {
      const more = (): void => {
        while (written < 64 && !response.writableNeedDrain) {
          response.write(piece);
          written += 1;
        }
        if (written < 64) response.once('drain', more);
        else response.end();
      };
      more();
    };
    const { body } = await dispatched();
    for (let turn = 0; turn < 5_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // Sockets hold a few MB.
    expect(written).toBeLessThan(40);
    expect(await bodyOf(body!)).toHaveLength(64 * 1024 * 1024);
  });
});

describe.each(WAYS)('a signal, %s', (_, way) => {
  it('that has aborted before: nothing is sent', async () => {
    const reason = new Error('gone');
    expect(await failureOf(way({ ...INIT, signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(seen).toEqual([]);
  });

  it('that aborts while the answer is awaited', async () => {
    const [controller, reason] = [new AbortController(), new Error('enough')];
    const closed = new Promise((resolve) => {
      answer = (response) => {
        response.once('close', resolve);
        controller.abort(reason);
      };
    });
    expect(await failureOf(way({ ...INIT, signal: controller.signal }))).toBe(reason);
    await closed;
  });

  it('that aborts in the answer', async () => {
    const [controller, reason] = [new AbortController(), new Error('enough')];
    const closed = new Promise((resolve) => {
      answer = (response) => {
        response.once('close', resolve);
        response.writeHead(200).write('first');
      };
    });
    const source = new BodySource((await way({ ...INIT, signal: controller.signal })).body!);
    await source.read();
    const next = failureOf(source.read());
    controller.abort(reason);
    expect(await next).toBe(reason);
    expect(await failureOf(source.read())).toBe(reason);
    await closed;
  });

  it('that aborts after the answer changes nothing', async () => {
    const controller = new AbortController();
    const { body } = await way({ ...INIT, signal: controller.signal });
    expect(await bodyOf(body!)).toBe('{}');
    controller.abort();
  });

  it('and a body that is cancelled: the connection is closed', async () => {
    const closed = new Promise((resolve) => {
      answer = (response) => {
        response.once('close', resolve);
        response.writeHead(200).write('first');
      };
    });
    const source = new BodySource((await way()).body!);
    await source.read();
    const next = source.peek();
    source.cancel(new Error('enough'));
    expect((await next).done).toBe(true);
    await closed;
  });
});

it('a signal is left when the answer is over: it has no listener any more', async () => {
  const { signal } = new AbortController();
  const [added, removed] = [jest.spyOn(signal, 'addEventListener'), jest.spyOn(signal, 'removeEventListener')];
  await bodyOf((await dispatched({ ...INIT, signal })).body!);
  expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
});

it('a signal that aborts while the request waits for a connection: nothing is sent', async () => {
  server.closeAllConnections();
  const controller = new AbortController();
  const answered = failureOf(dispatched({ ...INIT, signal: controller.signal }));
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await answered).toBe(reason);
  // A later request goes on all the same.
  expect(await said(await dispatched())).toMatchObject({ body: '{}' });
  expect(seen).toHaveLength(1);
});

it('keeps connections open, and uses them again', async () => {
  let connections = 0;
  server.on('connection', () => (connections += 1));
  for (let n = 0; n < 9; n += 1) await bodyOf((await dispatched()).body!);
  // One is not free again at the moment at which its answer ends; the global fetch makes two as well.
  expect(connections).toBeLessThanOrEqual(2);
});

it('makes no stream and no request of fetch', async () => {
  const streams = jest.spyOn(globalThis, 'ReadableStream');
  const requests = jest.spyOn(globalThis, 'Request');
  try {
    expect(await bodyOf((await dispatched()).body!)).toBe('{}');
    expect([streams.mock.calls.length, requests.mock.calls.length]).toEqual([0, 0]);
  } finally {
    streams.mockRestore();
    requests.mockRestore();
  }
});

describe('is left to the global fetch', () => {
  const at = (init: RequestInit, url = `${origin}/v1/x`) => dispatchedFetch(url, given(init));

  it.each<[string, () => RequestInit]>([
    ['another method', () => ({ ...INIT, method: 'PUT' })],
    ['a method in small letters', () => ({ ...INIT, method: 'post' })],
    ['a POST without a body', () => ({ method: 'POST', redirect: 'manual' })],
    ['a GET with a body', () => ({ ...INIT, method: 'GET' })],
    ['a form', () => ({ ...INIT, body: new FormData() })],
    ['parameters', () => ({ ...INIT, body: new URLSearchParams({ a: 'b' }) })],
    ['a blob', () => ({ ...INIT, body: new Blob(['x']) })],
    ['a stream', () => ({ ...INIT, body: new Blob(['x']).stream(), duplex: 'half' }) as RequestInit],
    ['redirects that are followed', () => ({ method: 'GET', redirect: 'follow' })],
    ['an option of its own', () => ({ ...INIT, keepalive: true })],
    ['a stated length', () => ({ ...INIT, headers: { 'content-length': '7' } })],
    ['an encoding that only some fetch decodes', () => ({ ...INIT, headers: { 'accept-encoding': 'gzip, zstd' } })],
    ['what fetch sets itself', () => ({ ...INIT, headers: { 'sec-fetch-mode': 'navigate' } })],
    ['a part of a body', () => ({ method: 'GET', redirect: 'manual', headers: { range: 'bytes=0-1' } })],
  ])('%s', (_, init) => {
    expect(at(init())).toBeUndefined();
  });

  it('a URL with credentials, or of another kind', () => {
    expect(at(INIT, 'http://user:word@127.0.0.1/x')).toBeUndefined();
    expect(at(INIT, 'data:,x')).toBeUndefined();
  });

  it('what an app puts in the place of fetch is asked', () => {
    const own = jest.spyOn(globalThis, 'fetch');
    expect(at(INIT)).toBeUndefined();
    own.mockRestore();
    const before = globalThis.fetch;
    globalThis.fetch = new Proxy(before, {});
    try {
      expect(at(INIT)).toBeUndefined();
    } finally {
      globalThis.fetch = before;
    }
  });

  it('a long body, of which a vendor may read only the beginning', () => {
    const at = (body: string | Uint8Array<ArrayBuffer>) => dispatchedFetch(`${origin}/x`, given({ ...INIT, body }));
    for (const body of ['x'.repeat(65_537), 'ü'.repeat(40_000), new Uint8Array(65_537)])
      expect(at(body)).toBeUndefined();
  });

  it('an app has composed its dispatcher: headers are as fetch gives them, and none is sent to where a redirect leads', async () => {
    const other: { headers: Record<string, unknown> }[] = [];
    const stranger = createServer((request, response) => {
      other.push({ headers: request.headers });
      response.end('{}');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const away = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/steal`;
    answer = (response) => response.writeHead(307, { location: away }).end();
    const common = Symbol.for('undici.globalDispatcher.1');
    const global = globalThis as Record<symbol, unknown>;
    const before = global[common];
    const tenant: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
      dispatch({ ...options, headers: { ...(options.headers as Record<string, string>), 'x-tenant': 't' } }, handler);
    try {
      for (const dispatcher of [
        new Agent().compose(interceptors.redirect({ maxRedirections: 3 })),
        new Agent().compose(tenant),
        Object.assign(new Agent(), { dispatch: () => true }),
      ]) {
        global[common] = dispatcher;
        expect(dispatchedFetch(`${origin}/x`, given(INIT))).toBeUndefined();
      }
      const asked: unknown[] = [];
      // As an agent of an earlier undici that was made with `maxRedirections`.
      class Following {
        dispatch(request: unknown): boolean {
          asked.push(request);
          return true;
        }
      }
      Object.defineProperty(Following, 'name', { value: 'Agent' });
      global[common] = new Following();
      void dispatchedFetch(`${origin}/x`, given({ ...INIT, headers: { 'x-api-key': 'k' } }));
      expect(asked).toEqual([expect.objectContaining({ maxRedirections: 0 })]);
      expect(asked).toEqual([
        expect.objectContaining({ headers: expect.objectContaining({ 'x-api-key': 'k', accept: '*/*' }) }),
      ]);
      expect(other).toEqual([]);
    } finally {
      global[common] = before;
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  it('an app has a dispatcher of its own, as a proxy is one', () => {
    class ProxyAgent {
      dispatch(): boolean {
        throw new Error('not to be called');
      }
    }
    const symbol = Symbol.for('undici.globalDispatcher.1');
    const before: unknown = Reflect.get(globalThis, symbol);
    try {
      for (const other of [new ProxyAgent(), undefined]) {
        Reflect.set(globalThis, symbol, other);
        expect(at(INIT)).toBeUndefined();
      }
    } finally {
      Reflect.set(globalThis, symbol, before);
    }
  });
});
