import type { FetchRedirect } from '../fetch-types';

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether the vendor's answer refuses the call, by its status. */
export const isRefusal = ({ ok, status }: Response, redirect: FetchRedirect): boolean =>
  !ok && status !== 304 && !(status < 400 && redirect === 'manual');

/** The same answer with another body, and other headers where they changed. */
export function withBody(
  response: Response,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  headers: Headers = response.headers,
  url: string = response.url,
): Response {
  const { status, statusText } = response;
  const copy = new Response(body, { status, statusText, headers });
  // A constructed answer has no URL; SDKs log it.
  Object.defineProperty(copy, 'url', { value: url });
  return copy;
}

/** The vendor's answer for an SDK that must not retry on top of us. Its body is left unread. */
export function markedFinal(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return withBody(response, BODILESS.has(response.status) ? null : response.body, headers);
}
