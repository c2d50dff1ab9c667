import type { Classification } from '../../classification/classification';
import { failedBase, isFailedAnswer } from '../../classification/evidence/body-facts';
import { treeOf, type Tree } from '../../classification/evidence/body-tree';
import { checkedClassification, type CheckContext } from '../../classification/checked-classification';
import {
  vendorErrorFrom,
  vendorErrorFromResponse,
  vendorErrorFromStreamEvent,
  type EvidenceContext,
} from '../../classification/evidence/error-evidence';
import type { Outcome } from '../../vendors/contract/outcome';
import { isCallersOwnError } from '../../classification/evidence/thrown-error';
import { shownReason } from '../../classification/redaction/redact';
import { read, wordOf } from '../../classification/evidence/safe-read';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { KeyManagementError } from '../../errors';
import type { PoolLease } from '../../pool/key-lease';
import type { AttemptEnd } from '../attempt';
import { AttemptFailure } from './attempt-failure';
import type { AttemptContext } from '../attempt-context';

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
  /** What the last answer that the context's fetch saw failed with. */
  readonly watched?: VendorError;
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

/**
 * How an attempt failed whose function returned nevertheless: with an answer that is none, or with whatever it made of one that failed, as
 * `(await fetch(…)).json()` does of a 401. Undefined for an answer.
 */
export function failedEnd(
  context: AttemptContext,
  value: unknown,
  classifier: FailureClassifier,
): AttemptEnd | undefined {
  if (isFailedResponse(value)) return { kind: 'value', value };
  const watched = context.answers?.lastFailure;
  const body = failureBodyOf(value);
  if (!watched && !body) return undefined;
  const evidence = watched ?? bodyEvidence(body, context);
  const { outcome } = verdictOn(evidence, classifier, context);
  // A caller may deal with a 404 as with any answer, but what is the key's or the vendor's fault is not for it to say. An object with an
  // error that no rule knows may be one of its own making.
  const fails = NOT_THE_CALLERS.has(outcome) || (body && (outcome !== 'unknown' || failedBase(body)));
  return fails ? { kind: 'value', value, evidence } : undefined;
}

/** Failures that are no answer of any kind, whatever the caller made of it. */
const NOT_THE_CALLERS: ReadonlySet<Outcome> = new Set<Outcome>([
  'invalid_key',
  'quota_exceeded',
  'rate_limited',
  'permission_denied',
  'server_error',
  'overloaded',
]);

/** What an SDK hands on of a 200 that reports a failure: `{"error": …}`. The first looks are all that a successful call costs. */
function failureBodyOf(value: unknown): Tree {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const { error, base_resp: status } = value as { error?: unknown; base_resp?: unknown };
    const isArray = Array.isArray(value);
    if ((error ?? status) == null && !isArray) return undefined;
    // Of a list the first item tells.
    const body = treeOf(isArray ? value.slice(0, 1) : value);
    return isFailedAnswer(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function bodyEvidence(value: Tree, context: AttemptContext): VendorError {
  const now = context.settings?.clock.now();
  return vendorErrorFromStreamEvent(value, {}, { phase: 'http', now, secrets: [context.apiKey] });
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
      ? await classifyValue(end, classifier, context)
      : classifyThrown(end.error, classifier, context);
  } catch {
    return UNCLASSIFIED;
  }
}

async function classifyValue(
  end: Extract<AttemptEnd, { kind: 'value' }>,
  classifier: FailureClassifier,
  { lease, signal, now, watched }: FailureContext,
): Promise<Classification> {
  const context = { phase: 'http' as const, now, secrets: [lease.apiKey], signal };
  const evidence = end.evidence ?? watched ?? (await vendorErrorFromResponse(end.value as Response, context));
  return { status: evidence.httpStatus ?? evidence.status, ...verdictOn(evidence, classifier, lease, now) };
}

function classifyThrown(
  thrown: unknown,
  classifier: FailureClassifier,
  { lease, signal, now, watched }: FailureContext,
): Classification {
  const facts = thrown instanceof AttemptFailure ? thrown.facts : undefined;
  const error = facts ? facts.error : thrown;
  const context = { phase: 'http' as const, now, secrets: [lease.apiKey], callerAborted: signal?.aborted };
  const evidence = facts?.evidence ?? thrownEvidence(error, watched, context);
  const verdict = facts?.verdict ?? verdictOn(evidence, classifier, lease, now);
  const isSeen = evidence === watched || facts?.response !== undefined;
  if (verdict.outcome === 'unknown' && !isSeen && isOwnError(error, evidence)) return ownErrorOf(error, lease.apiKey);
  return {
    status: evidence.httpStatus ?? evidence.status,
    ...verdict,
    ...(facts?.final ? { retry: 'none' as const } : undefined),
  };
}

/** What was thrown, unless it says nothing of the vendor and the last answer failed: then it was thrown for that. */
function thrownEvidence(error: unknown, watched: VendorError | undefined, context: EvidenceContext): VendorError {
  const thrown = vendorErrorFrom(error, context);
  const saysNothing = thrown.transport === undefined && thrown.httpStatus === undefined && thrown.status === undefined;
  return watched && saysNothing ? watched : thrown;
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
