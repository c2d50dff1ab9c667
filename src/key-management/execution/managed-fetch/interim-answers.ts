import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { read } from '../../classification/evidence/safe-read';
import { BODILESS } from '../answers/response-with';
import { isStream } from './request-body';

/** The most origins that are remembered. */
const MAX_ORIGINS = 64;
const DECODERS: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * Fetches from servers that send interim answers, too. Node's fetch (undici, as of 7.30) passes over 102 and 103, but breaks the connection
 * at a `100 Continue` that it did not ask for, which RFC 9110 (section 15.2) lets a server send. Such a server is remembered, and called by
 * `node:http` from then on.
 */
export class InterimAnswers {
  readonly #origins = new Set<string>();

  /** The global fetch, or its like by `node:http`, which follows no redirects. */
  fetch(url: string, init: RequestInit): Promise<Response> {
    const isKnown = this.#origins.size > 0 && this.#origins.has(new URL(url).origin);
    return isKnown ? fetchByHttp(url, init) : globalThis.fetch(url, init);
  }

  /** Whether such an answer explains the failure, so that the same request passes if it is made again. */
  explains(error: unknown, url: string, init: RequestInit): boolean {
    const cause = read(error, 'cause');
    const isUnasked100 = read(cause, 'code') === 'UND_ERR_SOCKET' && read(cause, 'message') === 'bad response';
    const { origin } = new URL(url);
    if (!isUnasked100 || this.#origins.has(origin) || this.#origins.size >= MAX_ORIGINS || isRouted(init)) return false;
    this.#origins.add(origin);
    return true;
  }
}

/** Whether the app has a dispatcher of its own. It may be a proxy, the only way out, so it must not be bypassed. */
function isRouted(init: RequestInit): boolean {
  const common: unknown = (globalThis as Record<symbol, unknown>)[Symbol.for('undici.globalDispatcher.1')];
  const isPlain = common === undefined || read(read(common, 'constructor'), 'name') === 'Agent';
  return read(init, 'dispatcher') !== undefined || !isPlain;
}

async function fetchByHttp(url: string, { method, headers: given, body, signal }: RequestInit): Promise<Response> {
  const content = new Response(isStream(body) ? null : body);
  const headers = new Headers({ accept: '*/*', 'accept-encoding': 'gzip, deflate, br' });
  for (const source of [content.headers, new Headers(given)]) source.forEach((value, name) => headers.set(name, value));
  const bytes = Buffer.from(await content.arrayBuffer());
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method, headers: Object.fromEntries(headers), signal: signal ?? undefined };
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, options, resolve).on('error', reject);
    if (isStream(body)) pipeline(Readable.from(body), request, (error) => error && reject(error));
    else request.end(bytes.length > 0 ? bytes : undefined);
  });
  try {
    return responseOf(await answer, url);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    // The error of `node:http` holds its request, and that holds the key.
    const { message, code } = error as NodeJS.ErrnoException;
    const cause = Object.assign(new Error(message), { code });
    // eslint-disable-next-line preserve-caught-error -- a copy of it, without the request
    throw new TypeError('fetch failed', { cause });
  }
}

function responseOf(answer: IncomingMessage, url: string): Response {
  const { statusCode: status = 0, statusMessage: statusText, rawHeaders } = answer;
  const headers = new Headers();
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) headers.append(rawHeaders[n]!, rawHeaders[n + 1]!);
  const decoder = DECODERS.get(headers.get('content-encoding')?.toLowerCase() ?? '')?.();
  const decoded = decoder ? pipeline(answer, decoder, () => undefined) : answer;
  const body = BODILESS.has(status) ? null : (Readable.toWeb(decoded) as ReadableStream);
  if (!body) answer.resume();
  const response = new Response(body, { status, statusText, headers });
  // A constructed answer has no URL; SDKs log it.
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
