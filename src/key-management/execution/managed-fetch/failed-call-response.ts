import { inspect } from 'node:util';
import { holdsSecret } from '../../classification/redaction/redact';
import { cancelResponseBody } from '../../common/cancel-response-body';
import { CallRejectedError, NoHealthyKeysError, type KeyManagementError } from '../../errors';
import type { ErrorBody } from '../../vendors/contract/profile';
import type { Vendor } from '../../vendors/contract/vendor';
import { errorBodyAt, refusalBodyAt } from '../../vendors/wire-formats';
import { markedFinal } from '../answers/response-with';
import { AttemptFailure } from '../failures/classify-attempt';

/** A call of the managed fetch that failed. */
export interface FailedFetch {
  readonly vendor: Pick<Vendor, 'wireFormat' | 'errorBody'>;
  readonly url: string;
  readonly error: KeyManagementError;
  /** The vendor's last answer in this call; undefined where it gave none. */
  readonly answer: Response | undefined;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
}

/**
 * What the caller of a managed fetch gets when its call failed: the vendor's last answer, or an answer in the vendor's shape where no key
 * is left, or the request fits no account.
 * @throws what fetch itself would throw, where there is no answer
 */
export function failedCallResponse({ vendor, url, error, answer, signal }: FailedFetch): Response {
  if (error instanceof NoHealthyKeysError) {
    cancelResponseBody(answer);
    return ownResponse(noKeysStatus(error), error, errorBodyAt(new URL(url).pathname, vendor));
  }
  if (error instanceof CallRejectedError && error.outcome === 'request_exceeds_key_limit') {
    cancelResponseBody(answer);
    return ownResponse(429, error, errorBodyAt(new URL(url).pathname, vendor));
  }
  const endedBy = error.attempts.at(-1)?.outcome;
  const outOfTime = error.code === 'DEADLINE_EXCEEDED' && (endedBy === 'timeout' || !answer);
  if (answer && error.code !== 'CANCELLED' && !outOfTime) return markedFinal(answer);
  cancelResponseBody(answer);
  if (error.code === 'CANCELLED') throw signal?.aborted ? signal.reason : new DOMException(error.message, 'AbortError');
  const thrown = error.cause instanceof AttemptFailure ? error.cause.facts.error : undefined;
  if (outOfTime || (thrown === undefined && endedBy === 'timeout'))
    throw new DOMException(error.message, 'TimeoutError');
  const reason: unknown = thrown === undefined ? error : thrown;
  throw reason;
}

/** The answer to a request that no account can serve, since it names objects of several: nobody is asked. */
export function refusedRequest(
  { vendor, url }: Pick<FailedFetch, 'vendor' | 'url'>,
  { message }: CallRejectedError,
): Response {
  const body = refusalBodyAt(new URL(url).pathname, message, vendor);
  return Response.json(body, { status: 400, statusText: 'Bad Request', headers: { 'x-should-retry': 'false' } });
}

/** What is thrown may quote the request: where it holds the key, it is replaced by an error that says only `fetch failed`. */
export function withoutKey(thrown: unknown, apiKey: string): unknown {
  return holdsSecret(inspect(thrown, { depth: 6, showHidden: true }), apiKey) ? new TypeError('fetch failed') : thrown;
}

/** Whether waiting helps (429: keys only cool down or are busy) or not (503: none is usable, or the provider is paused). */
export function noKeysStatus({ counts, paused }: Pick<NoHealthyKeysError, 'counts' | 'paused'>): 429 | 503 {
  if (paused === true) return 503;
  return (counts.rate_limited ?? 0) + (counts.healthy ?? 0) > 0 ? 429 : 503;
}

/**
 * No vendor was asked, since no key is left, or none allows so much: an answer in the vendor's own shape, so that an SDK throws the error its user
 * knows.
 */
function ownResponse(status: 429 | 503, error: KeyManagementError, bodyOf: ErrorBody): Response {
  const headers = new Headers({ 'x-should-retry': 'false' });
  if (error.retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)));
  const statusText = status === 429 ? 'Too Many Requests' : 'Service Unavailable';
  return Response.json(bodyOf(status, error.message), { status, statusText, headers });
}
