import { addMissingParameters } from '../../common/http';
import type { FetchInput } from '../../common/fetch-types';
import { remembered } from '../../common/remembered';
import { decodedUri } from '../../common/text';
import { endpointOf } from '../../pool/state/endpoint-name';
import type { Vendor } from '../../vendors/contract/vendor';

/** What of a vendor says what a URL of it means. */
type UrlVendor = Pick<Vendor, 'credential' | 'query' | 'modelPaths'>;

/** A URL that is called, and what follows from it and its vendor alone: it is read once, however often it is called. */
export class CalledUrl {
  /** As the caller gave it. Nobody changes it. */
  readonly given: URL;
  readonly path: string;
  /** As it is sent: without credentials, and with the vendor's own parameters. */
  readonly href: string;
  /** The model that its path names. */
  readonly model: string | undefined;
  /** The base URL of its provider, once it is known that the URL lies under that, and may be called. */
  allowedUnder: string | undefined;
  #method = '';
  #endpoint: string | undefined;

  /** @throws TypeError as fetch does for what is no URL */
  constructor(text: string, { credential, query, modelPaths }: UrlVendor) {
    const { pathname, href } = (this.given = new URL(text));
    const sent = new URL(href);
    sent.search = withoutParameters(sent.search, credential.removeQuery);
    addMissingParameters(sent, query);
    this.path = pathname;
    this.href = sent.href;
    this.model = modelInPath(pathname, modelPaths);
  }

  /** The endpoint that it is with this method. */
  endpoint(method: string): string | undefined {
    if (method !== this.#method) {
      this.#method = method;
      this.#endpoint = endpointOf(method, this.path);
    }
    return this.#endpoint;
  }
}

/** An app calls few URLs, again and again. */
const MOST_REMEMBERED = 256;
const LONGEST_REMEMBERED = 512;

/** The URLs that are called of one provider. A query may hold a key, so a URL with one is not remembered. */
export class CalledUrls {
  readonly #remembered: (text: string) => CalledUrl;

  constructor(readonly vendor: UrlVendor) {
    this.#remembered = remembered((text) => new CalledUrl(text, vendor), MOST_REMEMBERED);
  }

  /** @throws TypeError as fetch does for what is no URL */
  of(input: FetchInput): CalledUrl {
    const text = input instanceof Request ? input.url : String(input);
    const isPlain = text.length <= LONGEST_REMEMBERED && !/[?#@]/.test(text);
    return isPlain ? this.#remembered(text) : new CalledUrl(text, this.vendor);
  }
}

function modelInPath(path: string, modelPaths: UrlVendor['modelPaths']): string | undefined {
  for (const pattern of modelPaths) {
    const inPath = pattern.exec(path)?.[1];
    if (inPath) return decodedUri(inPath);
  }
  return undefined;
}

/** The query without these parameters. All others stay as they are written. */
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
