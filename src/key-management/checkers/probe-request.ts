import type { ProbeRequest } from '../vendors/contract/vendor';

/** Answers to probes are small; a longer one is no answer of a vendor. Bytes, unpacked. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

/** A vendor's answer to a probe, with its whole body as text. */
export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Where a probe goes. A base URL that ends in a version path (`/api/paas/v4`) gets no second one. */
export function probeUrl(baseUrl: string, path: string): string {
  const base = baseUrl.replace(/\/$/, '');
  return base + (/\/v\d[a-z\d]{0,10}$/i.test(base) ? path.replace(/^\/v\d[a-z\d]*(?=\/)/, '') : path);
}

/**
 * Sends a probe by the global `fetch`, as calls are sent, so that a dispatcher or a proxy of the process serves both.
 * A redirect is an answer like any other: to follow it would carry the key elsewhere.
 * @throws what fetch throws, and TypeError for an answer that is too large
 */
export async function sendProbe(
  baseUrl: string,
  { method, path, headers, body }: ProbeRequest,
  credential: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const response = await globalThis.fetch(probeUrl(baseUrl, path), {
    method,
    headers: { ...headers, accept: 'application/json', ...credential },
    body,
    signal,
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, body: await wholeText(response) };
}

async function wholeText({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER)
      throw new TypeError(`The answer to a health check has more than ${LARGEST_ANSWER} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
