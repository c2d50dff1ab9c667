import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { read } from '../../classification/evidence/safe-read';
import { BODILESS, type VendorAnswer } from '../answers/response-with';
import { decodersOf } from './content-decoders';
import { dispatchedFetch, hasOwnDispatcher } from './dispatched-fetch';
import { isStream } from './request-body';

/** The most origins that are remembered. */
const MAX_ORIGINS = 64;

/**
 * Fetches from servers that send interim answers, too. Node's fetch (undici, as of 7.30) passes over 102 and 103, but breaks the connection
 * at a `100 Continue` that it did not ask for, which RFC 9110 (section 15.2) lets a server send. Such a server is remembered, and called by
 * `node:http` from then on.
 */
export class InterimAnswers {
  readonly #origins = new Set<string>();

  /** The global fetch, or its like by its dispatcher, or by `node:http`, which follows no redirects. */
  fetch(url: string, init: RequestInit): Promise<VendorAnswer> {
    const isKnown = this.#origins.size > 0 && this.#origins.has(new URL(url).origin);
    return isKnown ? fetchByHttp(url, init) : (dispatchedFetch(url, init) ?? globalThis.fetch(url, init));
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

/** Whether the request goes a way of the app's own. */
const isRouted = (init: RequestInit): boolean => read(init, 'dispatcher') !== undefined || hasOwnDispatcher();

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
  const decoders = decodersOf(headers.get('content-encoding'));
  const decoded = decoders.length > 0 ? pipeline([answer, ...decoders], () => undefined) : answer;
  const body = BODILESS.has(status) ? null : (Readable.toWeb(decoded as Readable) as ReadableStream);
  if (!body) answer.resume();
  const response = new Response(body, { status, statusText, headers });
  // A constructed answer has no URL; SDKs log it.
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
