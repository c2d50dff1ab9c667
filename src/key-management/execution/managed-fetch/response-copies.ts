const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The same answer with another body. */
export function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  return likeness(response, body, response.headers);
}

/** The vendor's answer for an SDK that must not retry on top of us. Its body is left unread. */
export function markedFinal(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return likeness(response, BODILESS.has(response.status) ? null : response.body, headers);
}

function likeness(response: Response, body: ReadableStream<Uint8Array> | null, headers: Headers): Response {
  const { status, statusText, url } = response;
  const copy = new Response(body, { status, statusText, headers });
  // A constructed answer has no URL; SDKs log it.
  Object.defineProperty(copy, 'url', { value: url });
  return copy;
}
