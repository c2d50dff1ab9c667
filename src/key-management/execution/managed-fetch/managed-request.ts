import { randomUUID } from 'node:crypto';
import { endpointOf } from '../../pool/state/endpoint-name';
import type { CredentialPlace, Vendor } from '../../vendors/contract/vendor';
import type { FetchInput, FetchRedirect } from '../../common/fetch-types';
import { requestBody, type ManagedBody, type RequestBody } from './replayable-body';
import { requestedModel } from './requested-model';
import { type ApiKey } from '../../pool/key/api-key';
import { type ExecutionSettings, type ProviderContext } from '../execution-settings';
import { type InterimAnswers } from './interim-answers';

/** One request of the caller, with every credential taken out. */
export interface ManagedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestBody;
  readonly redirect: FetchRedirect;
  readonly signal: AbortSignal | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  /** It asks for work in the background, which goes on at the vendor whether or not anybody listens. */
  readonly isBackground: boolean;
  /** What else the caller gave: `dispatcher`, `keepalive` … */
  readonly rest: RequestInit | undefined;
}

/** As fetch takes it; the body may also be a function that gives it anew for each attempt. */
export type ManagedRequestInit = Omit<RequestInit, 'body'> & { body?: ManagedBody };

export const urlOf = (input: FetchInput): URL => new URL(input instanceof Request ? input.url : String(input));

/** @param url That of the input, checked. */
export async function managedRequest(
  url: URL,
  input: FetchInput,
  init: ManagedRequestInit | undefined,
  {
    credential,
    headers: needed,
    query,
    idempotencyHeader,
  }: Pick<Vendor, 'credential' | 'headers' | 'query' | 'idempotencyHeader'>,
): Promise<ManagedRequest> {
  const request = input instanceof Request ? input : undefined;
  const headers = new Headers(init?.headers ?? request?.headers);
  for (const name of credential.removeHeaders) headers.delete(name);
  for (const [name, value] of Object.entries(needed)) if (!headers.has(name)) headers.set(name, value);
  const method = init?.method ?? request?.method ?? 'GET';
  // One for all attempts: a vendor that did the work, and whose answer was lost, is not to do it twice.
  if (idempotencyHeader && method.toUpperCase() === 'POST' && !headers.has(idempotencyHeader))
    headers.set(idempotencyHeader, `managed-${randomUUID()}`);
  const signal = signalOf(request, init);
  const redirect = init?.redirect ?? request?.redirect ?? 'follow';
  const body = await requestBody(input, init);
  const model = requestedModel(url.pathname, body.known);
  const endpoint = endpointOf(method, url.pathname);
  url.search = withoutParameters(url.search, credential.removeQuery);
  for (const [name, value] of Object.entries(query)) if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  return {
    url: url.href,
    method,
    headers,
    body,
    redirect,
    signal,
    model,
    endpoint,
    isBackground: isBackground(body.known),
    rest: init as RequestInit | undefined,
  };
}

/** In a JSON text; a prompt that speaks of it has its quotes escaped. */
function isBackground(body: unknown): boolean {
  const text = typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString('latin1') : '';
  return text.includes('"background"') && /"background"\s{0,64}:\s{0,64}true\b/.test(text);
}

/** @throws TypeError as fetch does, before any key is used. */
function signalOf(request: Request | undefined, init: ManagedRequestInit | undefined): AbortSignal | undefined {
  const signal: unknown = init?.signal === undefined ? request?.signal : init.signal;
  if (signal === undefined || signal === null) return undefined;
  if (signal instanceof AbortSignal) return signal;
  throw new TypeError('signal must be an AbortSignal.');
}

/** The query without these parameters; all others stay as they are written. */
export function withoutParameters(search: string, names: readonly string[]): string {
  if (search === '') return search;
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => !names.includes(nameOf(pair)));
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

function nameOf(pair: string): string {
  const name = pair.split('=', 1)[0]!;
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}

/** What one call of the managed fetch goes by. */
export interface FetchTerms {
  readonly line: ProviderContext;
  readonly settings: ExecutionSettings;
  readonly credential: CredentialPlace;
  /** Where keys may go. */
  readonly baseUrls: readonly string[];
  readonly request: ManagedRequest;
  readonly interim: InterimAnswers;
  /** Those of the attempts so far: none of them may show in an answer. */
  readonly keysUsed: Set<ApiKey>;
  /** The caller's: of the request, and of the options. */
  readonly signals: readonly AbortSignal[];
  /** When the whole call is over. Milliseconds since the epoch; Infinity for never. */
  readonly endsAt: number;
  /** Milliseconds. */
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly holdBackMs: number;
}
