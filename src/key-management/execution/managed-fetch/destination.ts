import { remembered } from '../../common/remembered';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Thrown before any key is used: the request would take one where it does not belong. */
export class RefusedDestinationError extends TypeError {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedDestinationError';
  }
}

/** Whether the URL lies under the base URL: the same origin, and the base's path or below it, since one origin may serve many tenants. */
export function isUnder(url: URL, baseUrl: string): boolean {
  const root = rootAbove(url, baseUrl);
  return root !== undefined && !(root !== '/' && hasHiddenDotSegments(url.pathname.slice(root.length)));
}

/** The path of the base URL, with its slash, where the URL's own is it or below it. */
function rootAbove(url: URL, baseUrl: string): string | undefined {
  const { origin, root } = BASES(baseUrl);
  return url.origin === origin && `${url.pathname}/`.startsWith(root) ? root : undefined;
}

/** Every call looks at the same few base URLs. */
const MOST_BASES = 256;
const BASES = remembered((baseUrl) => {
  const { origin, pathname } = new URL(baseUrl);
  return { origin, root: pathname.endsWith('/') ? pathname : `${pathname}/` };
}, MOST_BASES);

/** More base URLs of keys than a message should hold. */
const MOST_SHOWN = 3;

/**
 * Lets a request through only to the base URL of the provider, or of a key of it: same scheme, host and port, at or under its path, encrypted
 * or on loopback, or as the provider's `allowHttp` has it.
 * @returns The first of the base URLs that it lies under.
 * @throws RefusedDestinationError
 */
export function checkDestination(provider: string, url: URL, baseUrls: readonly string[], allowHttp = false): string {
  if (baseUrls.length === 0) {
    throw new RefusedDestinationError(
      `No base URL is known for ${provider}, so its keys are sent nowhere. Set the option providers.${provider}.baseUrl.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new RefusedDestinationError(`A URL with credentials in it is refused for ${provider}.`);
  }
  const base = baseUrls.find((each) => isUnder(url, each));
  if (base === undefined) {
    const known = baseUrls.slice(0, MOST_SHOWN).map((each) => each.replace(/\/$/, ''));
    if (baseUrls.some((each) => rootAbove(url, each) !== undefined)) {
      throw new RefusedDestinationError(
        `A path with hidden dot segments ("..") is refused for ${provider}: a server that decodes it once more, or drops what stands after ";", would leave ${known.join(' or ')} with the key. Write the path as it is meant.`,
      );
    }
    const isOrigin = baseUrls.some((each) => new URL(each).origin === url.origin);
    throw new RefusedDestinationError(
      `A key of ${provider} is sent to ${known.join(' or ')} only, not to ${isOrigin ? 'another path' : url.origin}. Set the option providers.${provider}.baseUrl if that is where it is called.`,
    );
  }
  if (url.protocol !== 'https:' && !allowHttp && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    throw new RefusedDestinationError(`A key of ${provider} is never sent unencrypted: ${url.origin} is not https.`);
  }
  return base;
}

/** No client encodes a path more often, and each proxy on the way decodes it once. */
const MAX_DECODINGS = 5;
/** Longer than any character's shortest form (RFC 3629, section 10): written so only to hide what it is. */
const OVERLONG = /%(?:c[01]|e0%[89]|f0%8)/i;

/**
 * Whether a server on the way may see a `.` or `..` segment in what stands below the base path. `URL` has resolved the segments that it knows;
 * others decode once more, take a backslash for a slash, cut what stands after `;`, `?`, `#` or a NUL, drop control characters and spaces,
 * or fold wide characters (NFKC). Encodings as such pass: names of models hold `%2F`.
 */
export function hasHiddenDotSegments(path: string): boolean {
  let text = path;
  for (let count = 0; count <= MAX_DECODINGS; count += 1) {
    if (OVERLONG.test(text) || text.split(/[/\\]/).some(isDotSegment)) return true;
    const next = decodedOnce(text);
    if (next === text) return false;
    text = next;
  }
  return true;
}

/** `.%00.`: cut at the NUL, it is one dot; with it dropped, two. */
const isDotSegment = (segment: string): boolean => {
  const bare = segment.split(/[;?#]/, 1)[0]!;
  return DOTS.test(bare.split('\0', 1)[0]!) || DOTS.test(bare);
};

const DOTS = /^[\p{C}\p{Z}]*\.[\p{C}\p{Z}]*(?:\.[\p{C}\p{Z}]*)?$/u;

/** Percent-encoding as UTF-8, IIS's `%uXXXX`, and the compatible forms of characters. */
const decodedOnce = (text: string): string =>
  text
    .replace(/%u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
    .normalize('NFKC');
