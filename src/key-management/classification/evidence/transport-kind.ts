import { wordOf } from './safe-read';
import { errorsIn, type ErrorNode } from './thrown-error';
import type { VendorError } from './vendor-error';

export type Transport = NonNullable<VendorError['transport']>;

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ETIME',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
/** No connection was made. */
const UNCONNECTED_CODES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
];
/** The same, also where it took too long: nothing was sent. */
const UNREACHED_CODES = new Set([...UNCONNECTED_CODES, 'UND_ERR_CONNECT_TIMEOUT']);
const NETWORK_CODES = new Set([
  ...UNCONNECTED_CODES,
  'ECONNRESET',
  'EPIPE',
  'ENETRESET',
  'EPROTO',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'ERR_NETWORK',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);
const NETWORK_CODE_FAMILIES = /^(?:CERT_|ERR_TLS_|ERR_SSL_|ERR_HTTP2_|HPE_|DEPTH_ZERO_|SELF_SIGNED_)/;
const TIMEOUT_NAMES = new Set([
  'TimeoutError',
  'APIConnectionTimeoutError',
  'ConnectTimeoutError',
  'HeadersTimeoutError',
  'BodyTimeoutError',
]);
const ABORT_NAMES = new Set(['AbortError', 'CanceledError', 'APIUserAbortError', 'ModelAbortError']);
const NETWORK_MESSAGES =
  /^(?:fetch failed|terminated|socket hang up|network error|connection error\.?|other side closed|premature close|failed to fetch)$/i;
/** openai's classes all carry the name `Error`; its sentences are what is left after minifying. */
const TIMEOUT_MESSAGES = /^(?:request timed out\.?|timeout of \d{1,9}ms exceeded|connection timed out\.?)$/i;
const ABORT_MESSAGES = /^(?:request was aborted\.?|this operation was aborted|the operation was aborted\.?|canceled)$/i;

/** Whether the error says that no connection was made: the request has reached nobody. */
export function reachedNobody(thrown: unknown): boolean {
  for (const node of errorsIn(thrown, true)) {
    const code = wordOf(node.code) ?? wordOf(node.errno);
    if (code !== undefined && UNREACHED_CODES.has(code)) return true;
  }
  return false;
}

/**
 * What kind of transport failure was thrown, from the error, its causes and the errors of an AggregateError. An abort says
 * least (it may be a time limit's way to stop a call), so a timeout or a network fault deeper inside goes before it.
 */
export function transportKindOf(thrown: unknown): Transport | 'aborted' | undefined {
  let weak: Transport | 'aborted' | undefined;
  for (const node of errorsIn(thrown, true)) {
    const kind = byCode(node) ?? byName(node);
    if (kind === 'timeout' || kind === 'network_error') return kind;
    // A mere sentence as "Connection error." says less than the abort that caused it.
    if (weak !== 'aborted') weak = kind ?? byMessage(node) ?? weak;
  }
  return weak;
}

function byCode(node: ErrorNode): Transport | 'aborted' | undefined {
  const code = wordOf(node.code) ?? wordOf(node.errno);
  if (code === undefined) return undefined;
  if (TIMEOUT_CODES.has(code)) return 'timeout';
  if (NETWORK_CODES.has(code) || NETWORK_CODE_FAMILIES.test(code)) return 'network_error';
  if (code === 'ERR_CANCELED' || code === 'ABORT_ERR') return 'aborted';
  // axios says ECONNABORTED for its own time limit, Node for a connection that broke.
  return code === 'ECONNABORTED' ? (/timeout/i.test(messageOf(node)) ? 'timeout' : 'network_error') : undefined;
}

function byName(node: ErrorNode): Transport | 'aborted' | undefined {
  for (const name of [wordOf(node.name), node.className]) {
    if (name !== undefined && TIMEOUT_NAMES.has(name)) return 'timeout';
    if (name !== undefined && ABORT_NAMES.has(name)) return 'aborted';
  }
  return TIMEOUT_MESSAGES.test(messageOf(node)) ? 'timeout' : undefined;
}

function byMessage(node: ErrorNode): 'aborted' | 'network_error' | undefined {
  const message = messageOf(node);
  if (ABORT_MESSAGES.test(message)) return 'aborted';
  return NETWORK_MESSAGES.test(message) ? 'network_error' : undefined;
}

const messageOf = ({ message }: ErrorNode): string => (typeof message === 'string' ? message.slice(0, 200) : '');
