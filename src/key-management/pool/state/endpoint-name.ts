import { remembered } from '../../common/remembered';

/** No vendor's path is longer; callers may pass on whatever their own clients send. Characters. */
const LONGEST_ENDPOINT = 100;

/** `v1`, `v1beta`, `v1beta2`. */
const VERSION = /^v\d{1,2}(?:[a-z]{1,8}\d{0,2})?$/i;
/** `chat`, `count_tokens`, `text-to-speech`, `t2a_v2`. What holds other digits is an id. */
const WORD = /^(?:[a-z]{1,32}|[a-z]\d[a-z])(?:[_-][a-z]{1,32}){0,4}(?:_v\d)?$/;
/** Behind these always stands a name or an id. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  'models',
  'tunedModels',
  'deployments',
  'files',
  'voices',
  'projects',
]);
const MOST_SEGMENTS = 12;

/**
 * An endpoint's name as it is kept in cooldowns, events and the store: a method and a path, `GET /v1/files`, where `POST` is left out:
 * `/v1/embeddings`. Printable ASCII, at most 100 characters. Undefined for an empty one.
 */
export function endpointName(given: string): string | undefined {
  const plain = given
    .slice(0, 4 * LONGEST_ENDPOINT)
    .trim()
    .replace(/[^\x20-\x7e]/g, '_');
  const [, method = '', path = plain] = /^([A-Za-z]{3,7}) +([^ ].*)$/.exec(plain) ?? [];
  const upper = method.toUpperCase();
  const name = upper === '' || upper === 'POST' ? path : `${upper} ${path}`;
  return name === '' ? undefined : name.slice(0, LONGEST_ENDPOINT);
}

/** The endpoint of a request: its path with `{id}` for what names one object, so that `/v1/files/file-abc123` and all others are one. */
export const endpointOf = (method: string, pathname: string): string | undefined =>
  pathname.length > LONGEST_REMEMBERED ? patternOf(method, pathname) : BY_REQUEST(`${method} ${pathname}`);

/** An app calls few paths, again and again. */
const MOST_REMEMBERED = 256;
const LONGEST_REMEMBERED = 256;
const BY_REQUEST = remembered((request) => {
  const space = request.indexOf(' ');
  return patternOf(request.slice(0, space), request.slice(space + 1));
}, MOST_REMEMBERED);

function patternOf(method: string, pathname: string): string | undefined {
  const segments = pathname.split('/', MOST_SEGMENTS).filter((segment) => segment !== '');
  const pattern = segments.map((segment, at) => segmentPattern(segment, segments[at - 1]));
  return endpointName(`${method} /${pattern.join('/')}`);
}

/** Google's verbs stand behind a colon: `models/gemini-2.5-flash:generateContent`. */
function segmentPattern(segment: string, before: string | undefined): string {
  const colon = segment.lastIndexOf(':');
  const name = colon < 0 ? segment : segment.slice(0, colon);
  const verb = colon < 0 ? '' : segment.slice(colon);
  const isWord = WORD.test(name) || VERSION.test(name) || COLLECTIONS.has(name);
  const isId = !isWord || COLLECTIONS.has(before ?? '');
  return `${isId ? '{id}' : name}${/^:[A-Za-z]{1,40}$/.test(verb) ? verb : ''}`;
}
