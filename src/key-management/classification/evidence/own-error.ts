import { isObject, read, wordOf } from './safe-read';
import { wrappedIn } from './thrown-answer';
import type { VendorError } from './vendor-error';

const MOST_NODES = 16;

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
  const seen = new Set<unknown>();
  const queue: unknown[] = [thrown];
  while (queue.length > 0 && seen.size < MOST_NODES) {
    const node = queue.shift();
    if (seen.has(node) || !isObject(node)) continue;
    seen.add(node);
    if (isOfClient(node)) return false;
    queue.push(...wrappedIn(node));
  }
  return true;
}

function isOfClient(node: object): boolean {
  for (const name of [wordOf(read(node, 'name')), wordOf(read(read(node, 'constructor'), 'name'))])
    if (name !== undefined && CLIENT_ERRORS.test(name)) return true;
  if (CONNECTION_CODES.test(wordOf(read(node, 'code')) ?? '')) return true;
  // A file's errors name its path, a socket's do not.
  return SOCKET_CALLS.has(read(node, 'syscall')) && read(node, 'path') === undefined;
}
