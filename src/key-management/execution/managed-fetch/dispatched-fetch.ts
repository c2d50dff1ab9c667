import { pipeline, Readable } from 'node:stream';
import { read } from '../../classification/evidence/safe-read';
import { followAbort, unfollowAbort, type AbortFollower } from '../../common/abort-followers';
import type { ByteStream, Chunk } from '../../common/body-source';
import { BODILESS, type VendorAnswer } from '../answers/response-with';
import { decodersOf } from './content-decoders';

/** What a dispatcher of undici sends, as Node's own fetch states it. */
interface DispatchedRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** A dispatcher may be told to follow redirects, to where the key must not go. */
  readonly maxRedirections: 0;
}

/** Who hears how a dispatched request goes on, as Node's own fetch does. */
interface DispatchHandler {
  onConnect(abort: (reason?: unknown) => void): void;
  onHeaders(status: number, headers: readonly (Buffer | string)[], resume: () => void, statusText: string): boolean;
  /** Returns false where no more is to come until `resume` is called. */
  onData(chunk: Uint8Array): boolean;
  onComplete(): void;
  onError(error: unknown): void;
}

interface Dispatcher {
  dispatch(request: DispatchedRequest, handler: DispatchHandler): boolean;
}

/**
 * The same as the global fetch, for the requests that nearly all calls make, by the connections that it has: text or bytes that are posted, and GET
 * without a body. The global fetch makes five streams and two requests of each of them, which takes more time than all else.
 * Undefined where it is for the global fetch: it is not Node's own, the app has a dispatcher of its own, or the request has anything unusual.
 */
export function dispatchedFetch(url: string, init: RequestInit): Promise<VendorAnswer> | undefined {
  if (!isNodesOwn(globalThis.fetch)) return undefined;
  const dispatcher = commonDispatcher();
  if (!isPlain(dispatcher)) return undefined;
  const target = new URL(url);
  const request = plainRequest(target, init);
  if (!request) return undefined;
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(withoutFragment(target.href), init.signal ?? undefined, resolve, reject);
    if (!exchange.isOver) dispatcher.dispatch(request, exchange);
  });
}

/** The function whose source text was looked at last, and what it is. */
let lookedAt: { readonly fetch: unknown; readonly isNodesOwn: boolean } | undefined;

/** Whoever traces calls, or answers them in tests, has put a fetch of their own in its place. */
function isNodesOwn(fetch: unknown): boolean {
  if (lookedAt?.fetch === fetch) return lookedAt!.isNodesOwn;
  const isOwn = typeof fetch === 'function' && FUNCTION_TEXT.call(fetch).includes("'internal/deps/undici/undici'");
  lookedAt = { fetch, isNodesOwn: isOwn };
  return isOwn;
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with its function
const FUNCTION_TEXT = Function.prototype.toString;

/** What Node's fetch sends by; undefined before its first use. */
const commonDispatcher = (): unknown =>
  (globalThis as Record<symbol, unknown>)[Symbol.for('undici.globalDispatcher.1')];

/** One that an app has composed of others, or that was changed, has a `dispatch` of its own. */
function isPlain(dispatcher: unknown): dispatcher is Dispatcher {
  const made = read(dispatcher, 'constructor');
  return read(made, 'name') === 'Agent' && read(dispatcher, 'dispatch') === read(read(made, 'prototype'), 'dispatch');
}

/** Whether the app has a dispatcher of its own. It may be a proxy, the only way out, or an imitation in a test: it must not be bypassed. */
export function hasOwnDispatcher(): boolean {
  const common = commonDispatcher();
  return common !== undefined && !isPlain(common);
}

/** The options of fetch that are understood here. */
const UNDERSTOOD: ReadonlySet<string> = new Set(['method', 'headers', 'body', 'signal', 'redirect']);
/** Headers that fetch treats in a way of its own, or that say how the connection is used. */
const UNUSUAL: ReadonlySet<string> = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  'sec-fetch-mode',
  // Each is sent on a line of its own.
  'set-cookie',
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range'],
]);

/** The request with the headers that fetch adds; undefined where there is anything unusual in it. */
function plainRequest(url: URL, init: RequestInit): DispatchedRequest | undefined {
  const { method, headers, redirect } = init;
  const body = bodyOf(init);
  if (body === undefined || redirect !== 'manual' || !(headers instanceof Headers)) return undefined;
  for (const name in init) if (!UNDERSTOOD.has(name)) return undefined;
  // Fetch refuses credentials in a URL.
  if (url.username !== '' || url.password !== '' || !/^https?:$/.test(url.protocol)) return undefined;
  const sent: Record<string, string> = {};
  for (const [name, value] of headers) {
    // The fetch of some versions of Node decodes it.
    const isForFetch = name === 'accept-encoding' && value.includes('zstd');
    if (isForFetch || UNUSUAL.has(name)) return undefined;
    sent[name] = value;
  }
  const add = (name: string, value: string): void => {
    sent[name] ??= value;
  };
  if (typeof body === 'string') add('content-type', 'text/plain;charset=UTF-8');
  add('accept', '*/*');
  add('accept-language', '*');
  add('sec-fetch-mode', 'cors');
  add('user-agent', 'node');
  add('accept-encoding', url.protocol === 'https:' ? 'br, gzip, deflate' : 'gzip, deflate');
  const path = url.pathname + url.search;
  return { origin: url.origin, path, method: method!, headers: sent, body, maxRedirections: 0 };
}

/**
 * A vendor may answer before it has read all of a body, and then read no more. Of so little a connection takes all at once; of more, undici would use it
 * for the next request while the rest of this one is under way, unless fetch streams it. Bytes.
 */
const MOST_SENT = 65_536;

/** Null where a GET has none; undefined for any other than text and bytes, and for what is long. */
function bodyOf({ method, body }: RequestInit): string | Uint8Array | null | undefined {
  if (method === 'GET') return body === undefined || body === null ? null : undefined;
  if (method !== 'POST') return undefined;
  if (typeof body === 'string') return Buffer.byteLength(body) <= MOST_SENT ? body : undefined;
  // A copy, as fetch makes one: the caller may use the bytes for something else.
  return body instanceof Uint8Array && body.byteLength <= MOST_SENT ? Buffer.from(body) : undefined;
}

function withoutFragment(url: string): string {
  const hash = url.indexOf('#');
  return hash < 0 ? url : url.slice(0, hash);
}

/** So much of an answer waits here for who reads it, as in Node's streams. Bytes. */
const MOST_WAITING = 65_536;

interface Reading {
  readonly resolve: (chunk: Chunk) => void;
  readonly reject: (error: unknown) => void;
}

/** One request, and the body of its answer, which is read by one reader at a time: a `ReadableStream` for each answer costs as much as the request. */
class Exchange implements DispatchHandler, AbortFollower, ByteStream {
  readonly locked = false;
  /** Nothing more comes: the answer is complete, it failed, or nobody wants it. */
  isOver = false;
  #isAnswered = false;
  #failure: { readonly error: unknown } | undefined;
  #abort: ((reason?: unknown) => void) | undefined;
  #resume: (() => void) | undefined;
  #chunks: Uint8Array[] = [];
  /** Of these chunks. Bytes. */
  #waiting = 0;
  #reading: Reading | undefined;

  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal | undefined,
    private readonly resolve: (answer: VendorAnswer) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    followAbort(signal, this);
  }

  /** The signal aborts. */
  aborted(reason: unknown): void {
    if (this.isOver) return;
    this.#chunks = [];
    this.#fail(reason);
    this.#abort?.(reason);
  }

  onConnect(abort: (reason?: unknown) => void): void {
    this.#abort = abort;
    // The signal has aborted while the request waited for a connection.
    if (this.isOver) abort(this.#failure?.error);
  }

  onHeaders(status: number, raw: readonly (Buffer | string)[], resume: () => void, statusText: string): boolean {
    // An interim answer.
    if (status < 200) return true;
    this.#resume = resume;
    const headers = new Headers();
    for (let n = 0; n + 1 < raw.length; n += 2) headers.append(textOf(raw[n]!), textOf(raw[n + 1]!));
    const body = BODILESS.has(status) ? null : decoded(this, headers.get('content-encoding'));
    const ok = status <= 299;
    this.#isAnswered = true;
    this.resolve({ status, statusText, ok, url: this.url, redirected: false, type: 'basic', headers, body });
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    if (this.isOver) return true;
    // A copy, as fetch makes one: the same memory may hold more than this chunk.
    const value = new Uint8Array(chunk);
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading) reading.resolve({ done: false, value });
    else {
      this.#chunks.push(value);
      this.#waiting += value.byteLength;
    }
    return this.#waiting < MOST_WAITING;
  }

  onComplete(): void {
    if (!this.isOver) this.#end();
  }

  onError(error: unknown): void {
    if (!this.isOver) this.#fail(new TypeError(this.#isAnswered ? 'terminated' : 'fetch failed', { cause: error }));
  }

  getReader(): this {
    return this;
  }

  read(): Promise<Chunk> {
    const value = this.#chunks.shift();
    if (value) {
      const wasFull = this.#waiting >= MOST_WAITING;
      this.#waiting -= value.byteLength;
      if (wasFull && this.#waiting < MOST_WAITING) this.#resume?.();
      return Promise.resolve({ done: false, value });
    }
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason may be anything
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject };
    });
  }

  /** Nobody wants the rest: the connection is closed, unless all of it has come. */
  cancel(reason?: unknown): Promise<void> {
    this.#chunks = [];
    if (!this.isOver) {
      this.#end();
      this.#abort?.(reason);
    }
    return Promise.resolve();
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#end();
    if (!this.#isAnswered) this.reject(error);
  }

  #end(): void {
    this.isOver = true;
    unfollowAbort(this.signal, this);
    const reading = this.#reading;
    this.#reading = undefined;
    if (this.#failure) reading?.reject(this.#failure.error);
    else reading?.resolve({ done: true, value: undefined });
  }
}

const textOf = (text: Buffer | string): string => (typeof text === 'string' ? text : text.toString('latin1'));

/** The body as its encoding says that it is to be read. */
function decoded(body: Exchange, encoding: string | null): ByteStream {
  const decoders = decodersOf(encoding);
  if (decoders.length === 0) return body;
  const source = Readable.from(chunksOf(body), { objectMode: false });
  let broken: unknown;
  source.once('error', (error) => (broken = error));
  pipeline([source, ...decoders], () => undefined);
  const chunks = decoders.at(-1)![Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await chunks.next();
          if (chunk.done) controller.close();
          else controller.enqueue(new Uint8Array(chunk.value));
        } catch (error) {
          throw error === broken ? error : new TypeError('terminated', { cause: error });
        }
      },
      cancel: (reason) => {
        source.destroy();
        return body.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* chunksOf(body: Exchange): AsyncGenerator<Uint8Array> {
  for (let chunk = await body.read(); !chunk.done; chunk = await body.read()) yield chunk.value;
}
