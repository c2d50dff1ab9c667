import { inspect } from 'node:util';
import { holdsSecret } from '../../classification/redaction/redact';
import { NoHealthyKeysError, type KeyManagementError } from '../../errors';
import { AttemptFailure } from '../failures/attempt-failure';
import { cancelResponseBody } from '../../common/cancel-response-body';
import { markedFinal } from '../answers/response-copies';
import { dialectOf, noKeysResponse } from './vendor-error-response';

export interface GivenUp {
  readonly provider: string;
  readonly url: string;
  readonly error: KeyManagementError;
  /** The vendor's last answer in this call, if it gave any. */
  readonly answer: Response | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * What the caller of a managed fetch gets when all is in vain: the vendor's last answer, one in its shape where no key is left,
 * or what fetch itself would throw.
 */
export function givenUp({ provider, url, error, answer, signal }: GivenUp): Response {
  if (error instanceof NoHealthyKeysError) {
    cancelResponseBody(answer);
    return noKeysResponse(error, dialectOf(provider, new URL(url).pathname));
  }
  const endedBy = error.attempts.at(-1)?.outcome;
  const outOfTime = error.code === 'DEADLINE_EXCEEDED' && (endedBy === 'timeout' || !answer);
  if (answer && error.code !== 'CANCELLED' && !outOfTime) return markedFinal(answer);
  cancelResponseBody(answer);
  throw thrownFor(error, signal, outOfTime);
}

function thrownFor(error: KeyManagementError, signal: AbortSignal | undefined, outOfTime: boolean): unknown {
  if (error.code === 'CANCELLED')
    return signal?.aborted ? signal.reason : new DOMException(error.message, 'AbortError');
  if (outOfTime) return new DOMException(error.message, 'TimeoutError');
  const thrown = error.cause instanceof AttemptFailure ? error.cause.facts.error : undefined;
  if (thrown === undefined) return endedByTimeout(error) ? new DOMException(error.message, 'TimeoutError') : error;
  return thrown;
}

const endedByTimeout = ({ attempts }: KeyManagementError): boolean => attempts.at(-1)?.outcome === 'timeout';

/** What is thrown may quote the request; with a key in it, only its kind is told. */
export function withoutKey(thrown: unknown, apiKey: string): unknown {
  return holdsSecret(inspect(thrown, { depth: 6, showHidden: true }), apiKey) ? new TypeError('fetch failed') : thrown;
}
