import type { FetchRedirect } from '../../common/fetch-types';

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether the vendor's answer refuses the call, by its status. */
export const isRefusal = ({ ok, status }: Response, redirect: FetchRedirect): boolean =>
  !ok && status !== 304 && !(status < 400 && redirect === 'manual');

type CopiedBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;

/** What of a copy is not as in the vendor's answer. */
export interface Changes {
  readonly headers?: Headers;
  readonly url?: string;
  readonly statusText?: string;
}

/** The same answer with another body. */
export function withBody(response: Response, body: CopiedBody, changes: Changes = {}): Response {
  const { status, ok, redirected, type, headers, url, statusText } = response;
  const facts: Facts = { status, ok, redirected, type, url, statusText, ...changes };
  // A constructed answer may have no other status; vendors' proxies give some.
  const init = { status: status >= 200 && status <= 599 ? status : 200, headers: changes.headers ?? headers };
  return told(new Response(body, init), facts);
}

type Facts = Pick<Response, 'status' | 'ok' | 'redirected' | 'type' | 'url' | 'statusText'> & Changes;

/** A constructed answer has no address, was never redirected, and refuses texts of a status that servers send. SDKs log them, of clones too. */
function told(copy: Response, facts: Facts): Response {
  const clone = () => told(Response.prototype.clone.call(copy), facts);
  for (const name of ['status', 'ok', 'redirected', 'type', 'url', 'statusText'] as const)
    Object.defineProperty(copy, name, { value: facts[name] });
  return Object.defineProperty(copy, 'clone', { value: clone });
}

/** The vendor's answer for an SDK that must not retry on top of us. Its body is left unread. */
export function markedFinal(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return withBody(response, BODILESS.has(response.status) ? null : response.body, { headers });
}
