import { endpointOf } from '../../pool/endpoint-name';
import type { CredentialPlace } from '../../vendors/vendor-knowledge';
import { requestBody, type RequestBody } from './replayable-body';
import { requestedModel } from './requested-model';

/** One request of the caller, with every credential taken out. */
export interface ManagedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestBody;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  /** It asks for work in the background, which goes on at the vendor whether or not anybody listens. */
  readonly isBackground: boolean;
  /** What else the caller gave: `dispatcher`, `keepalive` … */
  readonly rest: RequestInit | undefined;
}

export type FetchInput = Parameters<typeof globalThis.fetch>[0];

export const urlOf = (input: FetchInput): URL => new URL(input instanceof Request ? input.url : String(input));

/** @param url That of the input, checked. */
export async function managedRequest(
  url: URL,
  input: FetchInput,
  init: RequestInit | undefined,
  credential: CredentialPlace,
): Promise<ManagedRequest> {
  const request = input instanceof Request ? input : undefined;
  const headers = new Headers(init?.headers ?? request?.headers);
  for (const name of credential.removeHeaders) headers.delete(name);
  headers.delete(credential.header);
  const method = init?.method ?? request?.method ?? 'GET';
  const signal = (init?.signal === undefined ? request?.signal : init.signal) ?? undefined;
  const redirect = init?.redirect ?? request?.redirect ?? 'follow';
  const body = await requestBody(input, init);
  const model = requestedModel(url.pathname, body.value);
  const endpoint = endpointOf(method, url.pathname);
  url.search = withoutParameters(url.search, credential.removeQuery);
  return {
    url: url.href,
    method,
    headers,
    body,
    redirect,
    signal,
    model,
    endpoint,
    isBackground: isBackground(body.value),
    rest: init,
  };
}

/** In a JSON text; a prompt that speaks of it has its quotes escaped. */
function isBackground(body: unknown): boolean {
  const text = typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString('latin1') : '';
  return text.includes('"background"') && /"background"\s{0,64}:\s{0,64}true\b/.test(text);
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
