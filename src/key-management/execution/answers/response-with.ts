import type { FetchRedirect } from '../../common/fetch-types';

/** Statuses whose answers have no body. */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether the status of the vendor's answer refuses the call. */
export const isRefusal = ({ ok, status }: Response, redirect: FetchRedirect): boolean =>
  !ok && status !== 304 && !(status < 400 && redirect === 'manual');

type CopiedBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;

/** What a copy has in place of the vendor's own. */
export interface ResponseChanges {
  readonly headers?: Headers;
  readonly url?: string;
  readonly statusText?: string;
}

/** Copies the answer with another body. */
export function responseWith(response: Response, body: CopiedBody, changes: ResponseChanges = {}): Response {
  const { status, ok, redirected, type, headers, url, statusText } = response;
  const facts: Facts = { status, ok, redirected, type, url, statusText, ...changes };
  // `new Response` takes no other status; proxies of vendors send some.
  const init = { status: status >= 200 && status <= 599 ? status : 200, headers: changes.headers ?? headers };
  return withFacts(new Response(body, init), facts);
}

type Facts = Pick<Response, 'status' | 'ok' | 'redirected' | 'type' | 'url' | 'statusText'> & ResponseChanges;

/**
 * Sets what `new Response` cannot: the URL, whether it was redirected, and status texts that servers send. SDKs log them, also those of clones.
 */
function withFacts(copy: Response, facts: Facts): Response {
  const clone = () => withFacts(Response.prototype.clone.call(copy), facts);
  for (const name of ['status', 'ok', 'redirected', 'type', 'url', 'statusText'] as const)
    Object.defineProperty(copy, name, { value: facts[name] });
  return Object.defineProperty(copy, 'clone', { value: clone });
}

/** Marks the vendor's answer so that an SDK does not retry what was retried here. Its body is left unread. */
export function markedFinal(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return responseWith(response, BODILESS.has(response.status) ? null : response.body, { headers });
}
