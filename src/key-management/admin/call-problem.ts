import { CONSEQUENCES } from '../vendors/contract/outcome';
import { redactText } from '../classification/redaction/redact';
import { NoHealthyKeysError, type KeyManagementError } from '../errors';
import { noKeysStatus } from '../execution/managed-fetch/failed-call-response';
import { ApiProblem } from './api-problem';

/** What nginx logs for a client that went away: nobody reads the answer. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * What a client of the host app is answered when a call of its failed. Says nothing of keys, and of the vendor's words only those that
 * are about the client's own request.
 */
export function callProblem(error: KeyManagementError): ApiProblem {
  const { code } = error;
  const comeBack = (status: number, message: string): ApiProblem =>
    new ApiProblem(status, message, { facts: { code }, headers: retryAfter(error) });
  switch (code) {
    case 'UNKNOWN_PROVIDER':
      return new ApiProblem(404, 'There is no provider of that name.');
    case 'UNKNOWN_KEY':
      return new ApiProblem(404, 'The provider has no key of that id.');
    case 'CANCELLED':
      return new ApiProblem(CLIENT_CLOSED_REQUEST, 'The request was cancelled.', { facts: { code } });
    case 'DEADLINE_EXCEEDED':
      return comeBack(504, 'The AI vendor did not answer in time.');
    case 'CALL_REJECTED':
      return rejected(error);
    default:
      return isRateLimited(error)
        ? comeBack(429, 'Too many requests to the AI vendor. Try again later.')
        : comeBack(503, 'The AI vendor cannot be used now. Try again later.');
  }
}

/** A fault of the request is the client's to mend; one of the settings is not, and no status of the vendor's says so to it. */
function rejected({ code, attempts }: KeyManagementError): ApiProblem {
  const last = attempts.at(-1);
  const status = last?.status ?? 400;
  const isClients = !last || (CONSEQUENCES[last.outcome].fault === 'caller' && last.outcome !== 'config_error');
  if (!isClients || status < 400 || status > 499 || status === 401 || status === 403)
    return new ApiProblem(502, 'The AI vendor refuses requests of this app.', { facts: { code } });
  const reason = last?.reason === undefined ? 'The request was refused.' : redactText(last.reason);
  return new ApiProblem(status, reason, { facts: { code } });
}

/** Whether waiting is all that it needs: the keys that could serve are over their rate limits. The managed fetch answers alike. */
function isRateLimited(error: KeyManagementError): boolean {
  const isLimited = error.attempts.every(({ outcome }) => outcome === 'rate_limited');
  if (error instanceof NoHealthyKeysError) return isLimited && noKeysStatus(error) === 429;
  return isLimited && error.attempts.length > 0;
}

/** Whole seconds, rounded up, so that nobody comes back too early. */
const retryAfter = ({ retryAfterMs }: KeyManagementError): Record<string, string> =>
  retryAfterMs === undefined || !Number.isFinite(retryAfterMs)
    ? {}
    : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
