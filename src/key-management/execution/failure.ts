import type { Classification } from '../classification/classification';
import { vendorErrorFrom, vendorErrorFromResponse } from '../classification/error-evidence';
import { checkedClassification, type CheckContext } from '../classification/checked-classification';
import { isCallersOwnError } from '../classification/own-error';
import { shownReason } from '../classification/redact';
import { read, wordOf } from '../classification/safe-read';
import type { VendorError } from '../classification/vendor-error';
import { KeyManagementError } from '../errors';
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
  context: FailureContext,
): Promise<Classification> {
  if (end.kind === 'cancelled')
    return { outcome: 'cancelled', reason: 'cancelled by the caller', decidedBy: 'transport' };
  if (end.kind === 'timed_out') return { outcome: 'timeout', reason: 'time limit of the call', decidedBy: 'transport' };
  try {
    return end.kind === 'value'
      ? await classifyResponse(end.value, classifier, context)
      : classifyThrown(end.error, classifier, context);
  } catch {
    return UNCLASSIFIED;
  }
}

async function classifyResponse(
  response: Response,
  classifier: FailureClassifier,
  { lease, signal, now }: FailureContext,
): Promise<Classification> {
  const evidence = await vendorErrorFromResponse(response, { phase: 'http', now, secrets: [lease.apiKey], signal });
  return { status: evidence.httpStatus ?? evidence.status, ...verdictOn(evidence, classifier, lease, now) };
}

function classifyThrown(
  thrown: unknown,
  classifier: FailureClassifier,
  { lease, signal, now }: FailureContext,
): Classification {
  const facts = thrown instanceof AttemptFailure ? thrown.facts : undefined;
  const error = facts ? facts.error : thrown;
  const evidence =
    facts?.evidence ??
    vendorErrorFrom(error, { phase: 'http', now, secrets: [lease.apiKey], callerAborted: signal?.aborted });
  const verdict = facts?.verdict ?? verdictOn(evidence, classifier, lease, now);
  if (verdict.outcome === 'unknown' && facts?.response === undefined && isOwnError(error, evidence))
    return ownErrorOf(error, lease.apiKey);
  return {
    status: evidence.httpStatus ?? evidence.status,
    ...verdict,
    ...(facts?.final ? { retry: 'none' as const } : undefined),
  };
}

/** The error of another managed call within this one speaks of that call's keys. */
const isOwnError = (error: unknown, evidence: VendorError): boolean =>
  error instanceof KeyManagementError || isCallersOwnError(error, evidence);

/** The caller's function failed by itself: nothing is said of the key, and another one would meet the same. */
function ownErrorOf(error: unknown, apiKey: string): Classification {
  const name = wordOf(read(error, 'name'));
  const message = typeof error === 'string' ? error : wordOf(read(error, 'message'));
  const what = [name, message].filter((part) => part !== undefined).join(': ');
  const reason = shownReason(`the call's own function failed: ${what === '' ? typeof error : what}`, [apiKey]);
  return { outcome: 'bad_request', reason, decidedBy: 'transport' };
}

/** evidence → verdict. Never throws. */
export function verdictOn(
  evidence: VendorError,
  classifier: FailureClassifier,
  lease: PoolLease,
  now?: number,
): Classification {
  try {
    return checked(classifier.classifyError(evidence), { secrets: [lease.apiKey], now });
  } catch {
    return UNCLASSIFIED;
  }
}

const UNCLASSIFIED: Classification = Object.freeze({
  outcome: 'unknown',
  reason: 'the failure could not be classified',
  decidedBy: 'checker',
});

/** A user's checker may say anything: what is no outcome, or `ok` of what failed, is `unknown`, and takes no action on the key. */
function checked(verdict: unknown, context: CheckContext): Classification {
  const given = checkedClassification(verdict, context);
  if (given === undefined) return UNCLASSIFIED;
  return given.outcome === 'ok' ? { ...given, outcome: 'unknown', keyAction: undefined, retry: undefined } : given;
}
