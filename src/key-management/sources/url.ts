import { isUnencrypted } from '../configuration/base-url';
import type { KeySource } from '../configuration/key-source';
import { cancelResponseBody } from '../common/cancel-response-body';
import type { KeyInput } from '../pool/key/key-input';

export interface UrlOptions {
  /** Sent with each request (`authorization`); or a function that gives them, asked for each request. */
  headers?: Readonly<Record<string, string>> | (() => HeadersGiven | Promise<HeadersGiven>);
  /** Lets the URL be http on a host that is not loopback. Keys travel in the clear there. Default false. */
  allowHttp?: boolean;
  /** Bytes that an answer may have. Default 1,048,576. */
  maxBytes?: number;
  /** As in {@link KeySource.name}. Default `url`. */
  name?: string;
  /** Milliseconds between two reads. Default 4,000: a server that knows ETags answers 304 to most of them. */
  refreshMs?: number;
}
type HeadersGiven = Readonly<Record<string, string>>;

const DEFAULT_URL_REFRESH_MS = 4_000;
const DEFAULT_MOST_BYTES = 1024 * 1024;

/**
 * The keys that a server gives as JSON: a list, or an object with the list as `keys`; each key as text, or as an object with the fields of the option
 * `keys`. Asked by the global `fetch` within 10 s; redirects are not followed, for they would take the headers elsewhere. An answer's `ETag` is sent
 * with the next request as `If-None-Match`, and 304 means that nothing has changed.
 * @throws TypeError for a URL that is not https; http is allowed on loopback, and everywhere with `allowHttp`
 */
export function keysFromUrl(url: string | URL, options: UrlOptions = {}): KeySource {
  const { headers = {}, allowHttp = false, maxBytes = DEFAULT_MOST_BYTES, name = 'url' } = options;
  const address = String(url);
  const isHttp = URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
  if (!isHttp || (!allowHttp && isUnencrypted(address)))
    throw new TypeError(
      'keysFromUrl: the URL must be https; http is for loopback, or with allowHttp inside your own network.',
    );
  let known: { etag: string; keys: readonly (string | KeyInput)[] } | undefined;
  return {
    name,
    refreshMs: options.refreshMs ?? DEFAULT_URL_REFRESH_MS,
    async read({ signal }) {
      const sent = new Headers(typeof headers === 'function' ? await headers() : headers);
      if (!sent.has('accept')) sent.set('accept', 'application/json');
      if (known) sent.set('if-none-match', known.etag);
      const response = await globalThis.fetch(address, { headers: sent, signal, redirect: 'manual' });
      if (response.status === 304 && known) {
        cancelResponseBody(response);
        return known.keys;
      }
      if (!response.ok) {
        cancelResponseBody(response);
        throw new Error(`the server answers with HTTP ${response.status}`);
      }
      const keys = listIn(await boundedText(response, maxBytes));
      const etag = response.headers.get('etag');
      known = etag === null ? undefined : { etag, keys };
      return keys;
    },
  };
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** What the keys are is looked at by whoever reads the source. */
function listIn(text: string): readonly (string | KeyInput)[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Error('the answer is no JSON');
  }
  const isWrapped = typeof given === 'object' && given !== null && Object.hasOwn(given, 'keys');
  const list: unknown = isWrapped ? Reflect.get(given as object, 'keys') : given;
  if (!Array.isArray(list)) throw new Error('the answer must be a list of keys, or an object with one as keys');
  return list as (string | KeyInput)[];
}
