import { hasErrorEnvelope } from './body-facts';
import { jsonIn, parseBody, treeOf, WITHOUT_BODY, type ParsedBody } from './body-tree';
import { firstItems, hasStack, httpStatusOf, isObject, read, readAll, wordOf } from './safe-read';
import type { VendorError } from './vendor-error';

/** A vendor's answer as it was found inside something thrown. */
export interface FoundAnswer {
  status?: number;
  headers: unknown;
  body: ParsedBody;
}

/** Errors within errors that are looked at, at most. */
const MOST_NODES = 16;
const MOST_ERRORS = 8;
/** What of one error is read. */
const NAMES = [
  ...(['name', 'message', 'stack', 'code', 'errno', 'type', 'detail', 'syscall', 'path', 'reason'] as const),
  ...(['status', 'statusCode', 'headers', 'responseHeaders', 'response'] as const),
  ...(['error', 'responseBody', 'body', 'data', 'event_type', 'base_resp'] as const),
  ...(['lastError', 'cause', 'originalError', 'errors'] as const),
  ...(['expose', 'getStatus', 'getResponse'] as const),
];
const RESPONSE_NAMES = ['status', 'statusCode', 'headers', 'data', 'body'] as const;

/** One error of a chain: each property was read once, however hostile the object is. */
export interface ErrorNode extends Readonly<Record<(typeof NAMES)[number], unknown>> {
  readonly source: object;
  /** The name of its class; undefined where it has none. */
  readonly className: string | undefined;
}

/**
 * What was thrown, and what it wraps, nearest first: `lastError`, `cause`, `originalError`, `error` and `errors`, each object once.
 * @param withReasons Whether an abort's `reason` is followed, too.
 */
export function* errorsIn(thrown: unknown, withReasons = false): Generator<ErrorNode> {
  const seen = new Set<unknown>();
  const queue: unknown[] = [thrown];
  while (queue.length > 0 && seen.size < MOST_NODES) {
    const source = queue.shift();
    if (seen.has(source) || !isObject(source)) continue;
    seen.add(source);
    const className = wordOf(read(read(source, 'constructor'), 'name'));
    const node: ErrorNode = { ...readAll(source, NAMES), source, className };
    yield node;
    queue.push(node.lastError, node.cause, node.originalError);
    if (hasStack(node.error)) queue.push(node.error);
    queue.push(...firstItems(node.errors, MOST_ERRORS).reverse());
    if (withReasons) queue.push(node.reason);
  }
}

/** What makes a plain object with a status the vendor's body itself. */
const BODY_FIELDS = ['error', 'message', 'code', 'type', 'detail'] as const;
/** `429 You exceeded…` (openai, anthropic) and `got status: UNAVAILABLE. {…}` (js-genai): the SDK's words before the vendor's. */
const SDK_PREFIX = /^(?:\d{3} |got status: [\w ]{1,60}\. )/;
const NO_BODY = /^(?:status code \(no body\)|\(no status code or body\)|request failed with status code \d{3})/i;

/** The first vendor answer in what was thrown, or in an error that it wraps; undefined where none came. */
export function answerIn(thrown: unknown): FoundAnswer | undefined {
  if (typeof thrown === 'string') return errorBody(parseBody(thrown), {});
  for (const node of errorsIn(thrown)) {
    const answer = answerOf(node);
    if (answer) return answer;
  }
  return undefined;
}

/** An answer that the app itself gives to its own client (Nest's `HttpException`, http-errors): its status is no vendor's. */
const isAppsOwnAnswer = ({ getStatus, getResponse, expose }: ErrorNode): boolean =>
  (typeof getStatus === 'function' && typeof getResponse === 'function') || typeof expose === 'boolean';

function answerOf(node: ErrorNode): FoundAnswer | undefined {
  if (isAppsOwnAnswer(node)) return undefined;
  const response = readAll(node.response, RESPONSE_NAMES);
  const status =
    httpStatusOf(node.status) ??
    httpStatusOf(node.statusCode) ??
    httpStatusOf(response.status) ??
    httpStatusOf(response.statusCode) ??
    numericCode(node);
  const headers = node.headers ?? node.responseHeaders ?? response.headers;
  const raw = [errorOf(node), node.responseBody, node.body, response.data, response.body, node.data].find(isBody);
  const body = raw === undefined ? undefined : parseBody(raw);
  if (status !== undefined) return { status, headers, body: body ?? bodyFromMessage(node, status) };
  // Without a status a body counts where an SDK put it or where it has a vendor's shape: errors of an app carry data of their own.
  const isVendors = headers !== undefined || raw === node.error;
  const answer = body && (isVendors ? { headers, body } : errorBody(body, headers));
  return answer ?? wholeNode(node, headers) ?? eventInMessage(node);
}

/** Google's clients put the status into a numeric `code`. DOMException's codes are below 100. */
const numericCode = ({ code }: ErrorNode): number | undefined =>
  typeof code === 'number' && code >= 400 ? httpStatusOf(code) : undefined;

/** The body in `error`, where an SDK's error carries it there. */
const errorOf = (node: ErrorNode): unknown => (isErrorLike(node) && !hasStack(node.error) ? node.error : undefined);

/** An `Error` of whatever realm, or a serialised copy of one. */
const isErrorLike = ({ stack, name, message }: ErrorNode): boolean =>
  typeof stack === 'string' || (typeof name === 'string' && typeof message === 'string');

/** A text, bytes, or an object that is no stream; not where it is empty. */
function isBody(body: unknown): boolean {
  if (!isObject(body)) return typeof body === 'string' && body !== '';
  const { getReader, pipe, byteLength } = readAll(body, ['getReader', 'pipe', 'byteLength']);
  return typeof getReader !== 'function' && typeof pipe !== 'function' && byteLength !== 0;
}

const errorBody = (body: ParsedBody, headers: unknown): FoundAnswer | undefined =>
  body.kind === 'json' && hasErrorEnvelope(body.value) ? { headers, body } : undefined;

/** An error event that was thrown as it is. Looks at the few fields of one first: to copy every error that is thrown would cost more. */
function wholeNode(node: ErrorNode, headers: unknown): FoundAnswer | undefined {
  const { type, event_type: eventType, base_resp: base, error, source } = node;
  const signs = [type, eventType, base, error, ...firstItems(source, 1)];
  if (signs.every((sign) => sign === undefined) || hasStack(error)) return undefined;
  return errorBody({ kind: 'json', value: treeOf(source) }, headers);
}

/** An SDK that keeps no body leaves it in its message; a plain object without one is the body itself. */
function bodyFromMessage(node: ErrorNode, status: number): ParsedBody {
  const { message, code, type, source } = node;
  if (!isErrorLike(node))
    return BODY_FIELDS.some((name) => node[name] !== undefined) ? parseBody(source) : WITHOUT_BODY;
  if (typeof message !== 'string') return WITHOUT_BODY;
  const text =
    message.startsWith(`${status} `) || message.startsWith('got status') ? message.replace(SDK_PREFIX, '') : message;
  if (NO_BODY.test(text)) return WITHOUT_BODY;
  const isWordy = jsonIn(text) === undefined && (typeof code === 'string' || typeof type === 'string');
  return parseBody(isWordy ? { code, type, message: text } : text);
}

const eventInMessage = ({ message }: ErrorNode): FoundAnswer | undefined =>
  typeof message === 'string' ? errorBody(parseBody(message.replace(SDK_PREFIX, '')), {}) : undefined;

/** Classes of HTTP clients and SDKs for a request that met trouble on its way, whatever they say of it. */
const CLIENT_ERRORS =
  /^(?:API(?:Connection|ConnectionTimeout|User\w{0,20})?Error|(?:Axios|Fetch|Gaxios|Request|HTTP|Socket|Connection|Network)Error|AI_(?:APICall|Retry)Error)$/;
/** Codes of undici and Node for a connection or a body that broke, but not those for a wrong argument of the caller's. */
const CONNECTION_CODES = /^(?:UND_ERR_(?!INVALID|NOT_SUPPORTED)|ERR_STREAM_|ERR_SOCKET_|ERR_HTTP2?_(?!INVALID))/;
const SOCKET_CALLS: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo', 'read', 'write', 'shutdown']);

/**
 * Whether nothing ties what the caller's function threw to vendor, key or transport: a `TypeError` or a validation error of the function's own
 * code, a `HttpException` of the app, a database's error. Then it says nothing of the key, and another key would not help.
 */
export function isCallersOwnError(thrown: unknown, evidence: VendorError): boolean {
  const { status, httpStatus, transport, bodyKind } = evidence;
  if (status !== undefined || httpStatus !== undefined || transport !== undefined || bodyKind !== 'none') return false;
  for (const node of errorsIn(thrown)) if (isOfClient(node)) return false;
  return true;
}

function isOfClient({ name, className, code, syscall, path }: ErrorNode): boolean {
  if ([wordOf(name), className].some((each) => each !== undefined && CLIENT_ERRORS.test(each))) return true;
  if (CONNECTION_CODES.test(wordOf(code) ?? '')) return true;
  // A file's errors name its path, a socket's do not.
  return SOCKET_CALLS.has(syscall) && path === undefined;
}
