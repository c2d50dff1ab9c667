import { jsonIn, MOST_BODY_CHARACTERS } from './body-text';
import { hasErrorEnvelope } from './body-facts';
import { hasStack, httpStatusOf, isErrorLike, isObject, itemsOf, read } from './safe-read';

/** A vendor's answer as it was found inside something thrown. */
export interface FoundAnswer {
  status?: number;
  headers: unknown;
  /** Parsed JSON, a text, or undefined. */
  body: unknown;
}

/** What makes a plain object with a status the vendor's body itself. */
const BODY_FIELDS = ['error', 'message', 'code', 'type', 'detail'];
/** So many errors within errors are looked at. */
const MOST_NODES = 16;
/** `429 You exceeded…` (openai, anthropic) and `got status: UNAVAILABLE. {…}` (js-genai): the SDK's words before the vendor's. */
const SDK_PREFIX = /^(?:\d{3} |got status: [\w ]{1,60}\. )/;
const NO_BODY = /^(?:status code \(no body\)|\(no status code or body\)|request failed with status code \d{3})/i;

/** The first vendor answer in an error, its cause, or what it wraps (`lastError`, `errors`); undefined where none came. */
export function answerIn(thrown: unknown): FoundAnswer | undefined {
  const seen = new Set<unknown>();
  const queue: unknown[] = [thrown];
  while (queue.length > 0 && seen.size < MOST_NODES) {
    const node = queue.shift();
    if (seen.has(node)) continue;
    seen.add(node);
    const answer = answerOf(node);
    if (answer) return answer;
    queue.push(...wrappedIn(node));
  }
  return undefined;
}

/** What an error wraps, nearest first. */
export function wrappedIn(node: unknown): unknown[] {
  const wrapped = [read(node, 'lastError'), read(node, 'cause'), read(node, 'originalError')];
  const error = read(node, 'error');
  if (hasStack(error)) wrapped.push(error);
  return [...wrapped, ...itemsOf(read(node, 'errors'), 8).reverse()].filter(isObject);
}

/** An answer that the app itself gives to its own client (Nest's `HttpException`, http-errors): its status is no vendor's. */
const isAppsOwnAnswer = (node: object): boolean =>
  (typeof read(node, 'getStatus') === 'function' && typeof read(node, 'getResponse') === 'function') ||
  typeof read(node, 'expose') === 'boolean';

function answerOf(node: unknown): FoundAnswer | undefined {
  if (typeof node === 'string') return hasErrorEnvelope(jsonIn(node)) ? { headers: {}, body: node } : undefined;
  if (!isObject(node) || isAppsOwnAnswer(node)) return undefined;
  const response = read(node, 'response');
  const status =
    httpStatusOf(read(node, 'status')) ??
    httpStatusOf(read(node, 'statusCode')) ??
    httpStatusOf(read(response, 'status')) ??
    httpStatusOf(read(response, 'statusCode')) ??
    numericCode(node);
  const headers = read(node, 'headers') ?? read(node, 'responseHeaders') ?? read(response, 'headers');
  const body = bodyOf(node, response);
  if (status !== undefined) return { status, headers, body: body ?? bodyFromMessage(node, status) };
  if (body !== undefined && isVendors(body, node, headers)) return { headers, body };
  return hasErrorEnvelope(node) && !hasStack(read(node, 'error')) ? { headers, body: node } : eventInMessage(node);
}

/** Google's clients put the status into a numeric `code`. DOMException's codes are below 100. */
function numericCode(node: object): number | undefined {
  const code = read(node, 'code');
  return typeof code === 'number' && code >= 400 ? httpStatusOf(code) : undefined;
}

function bodyOf(node: object, response: unknown): unknown {
  const error = read(node, 'error');
  if (isErrorLike(node) && !hasStack(error) && usable(error)) return error;
  for (const candidate of [
    read(node, 'responseBody'),
    read(node, 'body'),
    read(response, 'data'),
    read(response, 'body'),
    read(node, 'data'),
  ]) {
    const body = decoded(candidate);
    if (usable(body)) return body;
  }
  return undefined;
}

/** Without a status a body counts where an SDK put it or where it has a vendor's shape: errors of an app carry data of their own. */
const isVendors = (body: unknown, node: object, headers: unknown): boolean =>
  headers !== undefined ||
  body === read(node, 'error') ||
  hasErrorEnvelope(typeof body === 'string' ? jsonIn(body) : body);

const usable = (body: unknown): boolean =>
  (typeof body === 'string' && body !== '') || (isObject(body) && !isStream(body));

const isStream = (body: object): boolean =>
  typeof read(body, 'getReader') === 'function' || typeof read(body, 'pipe') === 'function';

function decoded(body: unknown): unknown {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body.subarray(0, MOST_BODY_CHARACTERS));
  if (body instanceof ArrayBuffer) return decoded(new Uint8Array(body));
  return body;
}

/** An SDK that keeps no body leaves it in its message; a plain object without one is the body itself. */
function bodyFromMessage(node: object, status: number): unknown {
  if (!isErrorLike(node)) return BODY_FIELDS.some((name) => read(node, name) !== undefined) ? node : undefined;
  const message = read(node, 'message');
  if (typeof message !== 'string') return undefined;
  const text =
    message.startsWith(`${status} `) || message.startsWith('got status') ? message.replace(SDK_PREFIX, '') : message;
  if (NO_BODY.test(text)) return undefined;
  const code = read(node, 'code');
  const type = read(node, 'type');
  return jsonIn(text) === undefined && (typeof code === 'string' || typeof type === 'string')
    ? { code, type, message: text }
    : text;
}

function eventInMessage(node: object): FoundAnswer | undefined {
  const message = read(node, 'message');
  if (typeof message !== 'string') return undefined;
  const text = message.replace(SDK_PREFIX, '');
  return hasErrorEnvelope(jsonIn(text)) ? { headers: {}, body: text } : undefined;
}
