import type { Classification } from '../classification/classification';
import { vendorErrorFrom, vendorErrorFromResponse } from '../classification/error-evidence';
import { isOutcome } from '../classification/outcome';
import { shownReason } from '../classification/redact';
import { read } from '../classification/safe-read';
import type { VendorError } from '../classification/vendor-error';
import type { PoolLease } from '../pool/key-lease';
import type { AttemptEnd } from './attempt';
import { AttemptFailure } from './attempt-failure';

/** What the executor needs of a provider's checker. */
export interface FailureClassifier {
  classifyError(error: VendorError): Classification;
}

/** What is known of a failed attempt besides how it ended. */
export interface FailureContext {
  readonly lease: PoolLease;
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  readonly now: number;
}

/** A fetch `Response` with a status that is no success is a failed attempt, though nothing was thrown. */
export function isFailedResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  try {
    // The first test is all that a successful call costs.
    return (value as { ok?: unknown }).ok === false && isResponse(value) && value.status !== 304;
  } catch {
    // A value that cannot be read is the caller's own.
    return false;
  }
}

/** By name too: undici, node-fetch and test doubles bring their own class. */
const isResponse = (value: object): value is Response =>
  value instanceof Response ||
  (read(read(value, 'constructor'), 'name') === 'Response' && 'status' in value && 'headers' in value);

/** failed attempt → verdict. Never throws: what cannot be read is `unknown`. */
export async function classifyEnd(
  end: AttemptEnd,
  classifier: FailureClassifier,
  { lease, signal, now }: FailureContext,
): Promise<Classification> {
  if (end.kind === 'cancelled')
    return { outcome: 'cancelled', reason: 'cancelled by the caller', decidedBy: 'transport' };
  if (end.kind === 'timed_out') return { outcome: 'timeout', reason: 'time limit of the call', decidedBy: 'transport' };
  try {
    const facts = end.kind === 'thrown' && end.error instanceof AttemptFailure ? end.error.facts : undefined;
    const context = { phase: 'http' as const, now, secrets: [lease.apiKey] };
    const evidence =
      facts?.evidence ??
      (end.kind === 'value'
        ? await vendorErrorFromResponse(end.value, { ...context, signal })
        : vendorErrorFrom(end.error, { ...context, callerAborted: signal?.aborted }));
    const verdict = facts?.verdict ?? verdictOn(evidence, classifier, lease);
    return {
      status: evidence.httpStatus ?? evidence.status,
      ...verdict,
      ...(facts?.final ? { retry: 'none' as const } : undefined),
    };
  } catch {
    return UNCLASSIFIED;
  }
}

/** evidence → verdict. Never throws. */
export function verdictOn(evidence: VendorError, classifier: FailureClassifier, lease: PoolLease): Classification {
  try {
    return checked(classifier.classifyError(evidence), lease.apiKey);
  } catch {
    return UNCLASSIFIED;
  }
}

const UNCLASSIFIED: Classification = Object.freeze({
  outcome: 'unknown',
  reason: 'the failure could not be classified',
  decidedBy: 'checker',
});

/** A user's checker may say anything: an unknown word, or `ok` of what failed, is `unknown`; its reason is one short line without the key. */
function checked(verdict: Classification, apiKey: string): Classification {
  if (!isOutcome(verdict.outcome)) return UNCLASSIFIED;
  const outcome = verdict.outcome === 'ok' ? 'unknown' : verdict.outcome;
  const reason = shownReason(verdict.reason, [apiKey]);
  return outcome === verdict.outcome && reason === verdict.reason
    ? verdict
    : {
        ...verdict,
        outcome,
        reason,
        ...(outcome === verdict.outcome ? {} : { keyAction: undefined, retry: undefined }),
      };
}
