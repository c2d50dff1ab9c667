import { randomUUID } from 'node:crypto';
import { read } from '../../classification/evidence/safe-read';
import type { FetchInput, FetchRedirect } from '../../common/fetch-types';
import { byteText } from '../../common/json-text';
import { parseJson } from '../../common/text';
import type { ApiKey } from '../../pool/key/api-key';
import type { AnswerIds } from '../affinity/passing-ids';
import type { Vendor } from '../../vendors/contract/vendor';
import type { ExecutionSettings } from '../execution-settings';
import { requestSize, type RequestSize } from '../tokens/request-size';
import type { CalledUrl } from './called-url';
import type { InterimAnswers } from './interim-answers';
import { requestBody, type ManagedBody, type RequestBody } from './request-body';

/** One request of the caller, with every credential taken out. */
export interface ManagedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestBody;
  /** Of a body that is known before it is sent, as `byteText` gives it: it is read more than once. */
  readonly text: string | undefined;
  readonly redirect: FetchRedirect;
  readonly signal: AbortSignal | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  /** Whether it asks for work in the background, which the vendor continues whether or not anybody listens. */
  readonly isBackground: boolean;
  /** The other options of the caller: `dispatcher`, `keepalive` … */
  readonly rest: RequestInit | undefined;
}

/** The options of fetch; the body may also be a function that makes it anew for each attempt. */
export type ManagedRequestInit = Omit<RequestInit, 'body'> & { body?: ManagedBody };

/** What fetch is called with. */
export interface FetchCall {
  readonly input: FetchInput;
  readonly init: ManagedRequestInit | undefined;
}

/** What of a vendor says how it is called. */
type CalledVendor = Pick<Vendor, 'credential' | 'headers' | 'idempotencyHeader'>;

/**
 * Reads the caller's request, and takes every credential out of it: at once, unless its body must be read before.
 * @param url The URL of the input, checked.
 */
export function managedRequest(
  url: CalledUrl,
  call: FetchCall,
  vendor: CalledVendor,
): ManagedRequest | Promise<ManagedRequest> {
  const body = requestBody(call.input, call.init);
  return body instanceof Promise
    ? body.then((read) => requestWith(read, url, call, vendor))
    : requestWith(body, url, call, vendor);
}

function requestWith(
  body: RequestBody,
  url: CalledUrl,
  { input, init }: FetchCall,
  { credential, headers: needed, idempotencyHeader }: CalledVendor,
): ManagedRequest {
  const request = input instanceof Request ? input : undefined;
  const kept = recordOf(init?.headers ?? request?.headers, credential.removeHeaders);
  for (const name in needed) if (!Object.hasOwn(kept, name)) kept[name] = needed[name]!;
  const method = init?.method ?? request?.method ?? 'GET';
  // One key for all attempts: a vendor that did the work, and whose answer was lost, is not to do it twice.
  if (idempotencyHeader && method.toUpperCase() === 'POST') kept[idempotencyHeader] ??= `managed-${randomUUID()}`;
  const signal = signalOf(request, init);
  const text = byteText(body.known);
  return {
    url: url.href,
    method,
    headers: new Headers(kept),
    body,
    text,
    redirect: init?.redirect ?? request?.redirect ?? 'follow',
    signal,
    model: url.model ?? modelInBody(body.known),
    endpoint: url.endpoint(method),
    isBackground: isBackground(text),
    rest: othersOf(init),
  };
}

/** The headers but for these, under lower-case names; values of one name are joined, as `Headers` does it. */
function recordOf(given: HeadersInit | undefined, removed: ReadonlySet<string>): Record<string, string> {
  const isRecord = typeof given === 'object' && !(Symbol.iterator in given);
  const kept: Record<string, string> = {};
  for (const [name, value] of isRecord ? Object.entries(given) : new Headers(given)) {
    const lower = name.toLowerCase();
    if (!removed.has(lower)) kept[lower] = Object.hasOwn(kept, lower) ? `${kept[lower]}, ${value}` : value;
  }
  return kept;
}

/** What a managed request has fields of its own for. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['method', 'headers', 'body', 'signal', 'redirect']);

/** The options beside these; undefined where there are none, as nearly always. */
function othersOf(init: ManagedRequestInit | undefined): RequestInit | undefined {
  for (const name in init) if (!OWN_FIELDS.has(name)) return init as RequestInit;
  return undefined;
}

/** What lists, looks up or takes away has no model write. */
const TAKES_NOTHING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);
const NO_SIZE: RequestSize = Object.freeze({ textBytes: 0, files: 0, maxOutput: 0 });

/** The size of a request that is known before it is sent: it has a JSON body, or takes no tokens; undefined for any other. */
export function sizeOf({
  method,
  headers,
  body: { known },
  text,
}: Pick<ManagedRequest, 'method' | 'headers' | 'body' | 'text'>): RequestSize | undefined {
  if (TAKES_NOTHING.has(method.toUpperCase())) return NO_SIZE;
  if (!/\bjson\b/i.test(headers.get('content-type') ?? 'json')) return undefined;
  if (typeof known === 'string' || known instanceof Uint8Array) return requestSize(known, text);
  return known instanceof ArrayBuffer ? requestSize(new Uint8Array(known), text) : undefined;
}

/** Whether the JSON text asks for work in the background; a prompt that mentions the field has its quotes escaped. */
const isBackground = (text = ''): boolean =>
  text.includes('"background"') && /"background"\s{0,64}:\s{0,64}true\b/.test(text);

/** @throws TypeError as fetch does, before any key is used. */
function signalOf(request: Request | undefined, init: ManagedRequestInit | undefined): AbortSignal | undefined {
  const signal: unknown = init?.signal === undefined ? request?.signal : init.signal;
  if (signal === undefined || signal === null) return undefined;
  if (signal instanceof AbortSignal) return signal;
  throw new TypeError('signal must be an AbortSignal.');
}

/** What the attempts of one call of the managed fetch share. */
export interface FetchTerms {
  readonly settings: ExecutionSettings;
  readonly vendor: Vendor;
  /** The base URL, of the provider or of a key of it, that the caller's URL lies under. */
  readonly calledBaseUrl: string;
  readonly request: ManagedRequest;
  /** Undefined where nobody limits tokens, or the caller stated them. */
  readonly size: RequestSize | undefined;
  /** The stream was asked for its usage by this package, and its caller does not expect it. */
  readonly hidesUsage: boolean;
  readonly interim: InterimAnswers;
  /** Undefined where the call makes no object that belongs to an account. */
  readonly answerIds: AnswerIds | undefined;
  /** The keys of the attempts so far: none of them may show in an answer. */
  readonly keysUsed: ApiKey[];
  /** The answer of the last attempt that was refused; undefined where none was answered. */
  refused: Response | undefined;
  /** The caller's signals: of the request, and of the options. */
  readonly signals: readonly AbortSignal[];
  /** When the whole call is over. Milliseconds since the epoch; Infinity for never. */
  readonly endsAt: number;
  /** Milliseconds. */
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly holdBackMs: number;
}

/** SDKs write the model first, so that most bodies need not be parsed. */
const MODEL_FIRST = /^\s*\{\s*"model"\s*:\s*"([^"\\]{1,256})"/;
/** A longer body without its model at the start is not searched. Characters. */
const MAX_PARSED_LENGTH = 1024 * 1024;

/** The model that the body of a request names. */
export function modelInBody(body: unknown): string | undefined {
  if (typeof body === 'string') return modelIn(body);
  if (body instanceof ArrayBuffer) return modelInBytes(Buffer.from(body));
  if (ArrayBuffer.isView(body)) return modelInBytes(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof FormData) return named(body.get('model'));
  return undefined;
}

function modelIn(text: string): string | undefined {
  const first = MODEL_FIRST.exec(text);
  if (first) return first[1];
  if (text.length > MAX_PARSED_LENGTH || !text.includes('"model"')) return undefined;
  return named(read(parseJson(text), 'model'));
}

const named = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const modelInBytes = (bytes: Buffer): string | undefined =>
  bytes.length <= MAX_PARSED_LENGTH ? modelIn(bytes.toString('utf8')) : undefined;
