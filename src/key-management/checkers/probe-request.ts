import { addMissingParameters } from '../common/http';
import { credentialText, type Vendor } from '../vendors/contract/vendor';

/** Answers to probes are small; a longer one is no answer of a vendor. Bytes, unpacked. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

/** One request of a health check. */
export interface Probe {
  readonly method: 'GET' | 'POST';
  /** Under the base URL; may have a query. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A vendor's answer to a probe, with its whole body as text. */
export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Where a path of a vendor's API stands under a base URL. What both have is there once (`…/openai/v1` and `/v1/models`), and a base URL that ends in a
 * version of its own (`/api/paas/v4`) gets no second one.
 */
export function apiUrl(baseUrl: string, path: string): string {
  const base = baseUrl.replace(/\/{1,8}$/, '');
  const [pathname = '', ...query] = path.split('?');
  const parts = pathname.split('/').slice(1);
  const { pathname: basePath } = new URL(base);
  const ends = basePath.split('/').slice(1);
  for (let shared = Math.min(parts.length, ends.length); shared > 0; shared -= 1) {
    if (ends.slice(-shared).join('/') === parts.slice(0, shared).join('/')) {
      parts.splice(0, shared);
      return [[base, ...parts].join('/'), ...query].join('?');
    }
  }
  if (/\/v\d[a-z\d]{0,10}$/i.test(basePath) && /^v\d[a-z\d]{0,10}$/i.test(parts[0] ?? '')) parts.shift();
  return [[base, ...parts].join('/'), ...query].join('?');
}

/**
 * Sends a probe by the global `fetch`, as calls are sent, so that a dispatcher or a proxy of the process serves both.
 * A redirect is an answer like any other: to follow it would carry the key elsewhere.
 * @param apiKey Without one the request carries no credential.
 * @throws what fetch throws, and TypeError for an answer that is too large
 */
export async function sendProbe(
  vendor: Vendor & { readonly baseUrl: string },
  { method, path, body }: Probe,
  apiKey: string | undefined,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const url = new URL(apiUrl(vendor.baseUrl, path));
  addMissingParameters(url, vendor.query);
  const headers = new Headers(vendor.headers);
  headers.set('accept', 'application/json');
  if (body !== undefined) headers.set('content-type', 'application/json');
  const { place } = vendor.credential;
  if (apiKey !== undefined) {
    if ('header' in place) headers.set(place.header, credentialText(place, apiKey));
    else url.searchParams.set(place.query, apiKey);
  }
  const response = await globalThis.fetch(url, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
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
