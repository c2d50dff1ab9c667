import { checkedClassification } from '../../classification/checked-classification';
import type { CheckedClassification, Classification } from '../../classification/classification';
import { failedBase, isFailedAnswer } from '../../classification/evidence/body-facts';
import { treeOf, type Tree } from '../../classification/evidence/body-tree';
import {
  vendorErrorFrom,
  vendorErrorFromResponse,
  vendorErrorFromStreamEvent,
} from '../../classification/evidence/error-evidence';
import { read, wordOf } from '../../classification/evidence/safe-read';
import { isCallersOwnError } from '../../classification/evidence/thrown-error';
import { reachedNobody } from '../../classification/evidence/transport-kind';
import type { VendorError } from '../../classification/evidence/vendor-error';
import { ownWords, redactReason } from '../../classification/redaction/redact';
import { allHold } from '../../classification/rule-matching';
import { KeyManagementError } from '../../errors';
import type { BoundIds } from '../../vendors/contract/bound-ids';
import type { Outcome } from '../../vendors/contract/outcome';
import type { AttemptEnd } from '../attempt';
import type { AttemptContext } from '../attempt-context';

/** What the executor needs of a provider's checker. */
export interface FailureClassifier {
  classifyError(error: VendorError): Classification;
}

/** What is known of a failed attempt of the package's own calls. */
export interface FailureFacts {
  /** What the vendor's rules judge by. */
  readonly evidence?: VendorError;
  /** The classification itself, where no rule has a say. */
  readonly classification?: CheckedClassification;
  /** The vendor's answer, body unread. */
  readonly response?: Response;
  /** What the caller would have been thrown. */
  readonly error?: unknown;
  /** The request cannot be made again. */
  readonly final?: boolean;
}

/** A failed attempt of the package's own calls (the managed fetch), whose evidence is read already. */
export class AttemptFailure extends Error {
  readonly #facts: FailureFacts;

  constructor(facts: FailureFacts) {
    super('The attempt failed.');
    this.name = 'AttemptFailure';
    this.#facts = facts;
  }

  get facts(): FailureFacts {
    return this.#facts;
  }
}

/** Whether an attempt that failed with this has reached nobody. */
export const isUnsent = (error: unknown): boolean =>
  reachedNobody(error instanceof AttemptFailure ? error.facts.error : error);

/** A fetch `Response` with a status that is no success is a failed attempt, though nothing was thrown. */
function isFailedResponse(value: unknown): value is Response {
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
 * Why an attempt failed whose function returned nevertheless: with a failed `Response`, or with whatever it made of an answer that failed, as
 * `(await fetch(…)).json()` does of a 401. Undefined for a good answer.
 */
export function failedEnd(
  context: AttemptContext,
  value: unknown,
  classifier: FailureClassifier,
  notFound?: ClassifiedBy['notFound'],
): AttemptEnd | undefined {
  if (isFailedResponse(value)) return { kind: 'value', value };
  const watched = context.answers?.lastFailure;
  const body = failureBodyOf(value);
  if (!watched && !body) return undefined;
  const evidence = watched ?? vendorErrorFromStreamEvent(body, {}, context.evidenceContext());
  const { outcome, notFoundHere } = classifyEvidence(evidence, { classifier, context, notFound });
  // A caller may treat a 404 as any answer, but what is the key's or the vendor's fault is not for the caller to say. An object with an
  // error that no rule knows may be of the caller's own making.
  const fails =
    NEVER_AN_ANSWER.has(outcome) || notFoundHere === true || (body && (outcome !== 'unknown' || failedBase(body)));
  return fails ? { kind: 'value', value, evidence } : undefined;
}

/** Outcomes that are a failure of the attempt, whatever the caller's function made of the answer. */
const NEVER_AN_ANSWER: ReadonlySet<Outcome> = new Set<Outcome>([
  'invalid_key',
  'quota_exceeded',
  'rate_limited',
  'permission_denied',
  'server_error',
  'overloaded',
]);

/** What an SDK returned of a 200 that reports a failure: `{"error": …}`. The first tests are all that a successful call costs. */
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

/** By name too: undici, node-fetch and test doubles bring their own class. */
const isResponse = (value: object): value is Response =>
  value instanceof Response ||
  (read(read(value, 'constructor'), 'name') === 'Response' && 'status' in value && 'headers' in value);

/** Who classifies evidence, of which attempt, and when: milliseconds since the epoch. */
interface ClassifiedBy {
  readonly context: AttemptContext;
  readonly classifier: FailureClassifier;
  readonly now?: number;
  /** For a call that names objects of one account: what shows that the account asked does not have them. */
  readonly notFound?: BoundIds['notFound'] | undefined;
}

/** What a failed attempt is classified by, besides how it ended. */
interface AttemptFacts extends ClassifiedBy {
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  readonly now: number;
}

/** Classifies a failed attempt. Never throws: what cannot be read is `unknown`. */
export async function classifyEnd(end: AttemptEnd, facts: AttemptFacts): Promise<CheckedClassification> {
  if (end.kind === 'cancelled')
    return { outcome: 'cancelled', reason: ownWords`cancelled by the caller`, decidedBy: 'transport' };
  if (end.kind === 'timed_out')
    return { outcome: 'timeout', reason: ownWords`time limit of the call`, decidedBy: 'transport' };
  try {
    return end.kind === 'value' ? await classifyValue(end, facts) : classifyThrown(end.error, facts);
  } catch {
    return UNCLASSIFIED;
  }
}

async function classifyValue(
  end: Extract<AttemptEnd, { kind: 'value' }>,
  facts: AttemptFacts,
): Promise<CheckedClassification> {
  const { context, signal, now } = facts;
  const evidence =
    end.evidence ??
    context.answers?.lastFailure ??
    (await vendorErrorFromResponse(end.value as Response, { ...context.evidenceContext(now), signal }));
  return { status: evidence.httpStatus ?? evidence.status, ...classifyEvidence(evidence, facts) };
}

function classifyThrown(thrown: unknown, facts: AttemptFacts): CheckedClassification {
  const { context, signal, now } = facts;
  const watched = context.answers?.lastFailure;
  const own = thrown instanceof AttemptFailure ? thrown.facts : undefined;
  const error = own ? own.error : thrown;
  let evidence = own?.evidence;
  if (!evidence) {
    evidence = vendorErrorFrom(error, { ...context.evidenceContext(now), callerAborted: signal?.aborted });
    if (watched && saysLess(evidence, watched)) evidence = watched;
  }
  const classification = own?.classification ?? classifyEvidence(evidence, facts);
  const isSeen = evidence === watched || own?.response !== undefined;
  if (classification.outcome === 'unknown' && !isSeen && isOwnError(error, evidence))
    return ownErrorOf(error, context.apiKey);
  return {
    status: evidence.httpStatus ?? evidence.status,
    ...classification,
    ...(own?.final ? { retry: 'none' as const, notFoundHere: false } : undefined),
  };
}

/**
 * Whether the last answer, which failed, tells more than what was thrown because of it: an error that says nothing of the vendor, or that of an
 * SDK which kept the status and dropped the body.
 */
function saysLess({ transport, httpStatus, status, bodyKind }: VendorError, watched: VendorError): boolean {
  if (transport !== undefined) return false;
  if (httpStatus === undefined && status === undefined) return true;
  return bodyKind === 'none' && httpStatus === watched.httpStatus;
}

/** The error of another managed call within this one is about that call's keys. */
const isOwnError = (error: unknown, evidence: VendorError): boolean =>
  error instanceof KeyManagementError || isCallersOwnError(error, evidence);

/** The caller's function failed by itself: the error says nothing about the key, and another key would meet the same. */
function ownErrorOf(error: unknown, apiKey: string): CheckedClassification {
  const name = wordOf(read(error, 'name'));
  const message = typeof error === 'string' ? error : wordOf(read(error, 'message'));
  const what = [name, message].filter((part) => part !== undefined).join(': ');
  const reason = redactReason(`the call's own function failed: ${what === '' ? typeof error : what}`, [apiKey]);
  return { outcome: 'bad_request', reason, decidedBy: 'transport' };
}

/** The account does not have what the call names: nothing is wrong with the key, nor with the vendor. */
const NOT_FOUND_HERE: CheckedClassification = Object.freeze({
  outcome: 'bad_request',
  keyAction: 'keep',
  retry: 'none',
  reason: ownWords`the account has no such object`,
  decidedBy: 'message',
  notFoundHere: true,
});

const UNCLASSIFIED: CheckedClassification = Object.freeze({
  outcome: 'unknown',
  reason: ownWords`the failure could not be classified`,
  decidedBy: 'checker',
});

/**
 * Classifies evidence. Never throws. A user's checker may return anything: what is no outcome, or `ok` for what failed, is `unknown` and
 * takes no action on the key.
 */
export function classifyEvidence(
  evidence: VendorError,
  { classifier, context: { apiKey }, now, notFound }: ClassifiedBy,
): CheckedClassification {
  if (notFound?.some((when) => allHold(when, evidence))) return NOT_FOUND_HERE;
  try {
    const given = checkedClassification(classifier.classifyError(evidence), { secrets: [apiKey], now });
    if (given === undefined) return UNCLASSIFIED;
    return given.outcome === 'ok' ? { ...given, outcome: 'unknown', keyAction: undefined, retry: undefined } : given;
  } catch {
    return UNCLASSIFIED;
  }
}
