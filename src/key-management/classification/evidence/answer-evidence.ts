import { collectFacts, hasErrorEnvelope, noFacts, type BodyFacts } from './body-facts';
import { looksLikeHtml, MOST_BODY_CHARACTERS, parseBodyText, textOfHtml, type ParsedBody } from './body-text';
import { normalizeHeaders } from './normalize-headers';
import { allLimitsZero, modelNamedIn } from './named-model';
import { redactText } from '../redaction/redact';
import { isObject } from './safe-read';
import { statedDateIn } from './stated-date';
import { statedWaitIn } from './stated-wait';
import { statusInBody } from './stream-status';
import type { FoundAnswer } from './thrown-answer';
import type { VendorError } from './vendor-error';
import type { Phase } from '../../vendors/contract/rule';

/** What is known of a failure besides what was thrown. */
export interface EvidenceContext {
  /** Default: what the error looks like. A health check says `probe`. */
  phase?: Phase;
  /** What was asked, as `GET /v1/models`. */
  endpoint?: string;
  /** Whether content had reached the caller before the failure. Default false. */
  contentEmitted?: boolean;
  /** Whether the caller aborted. Default: an abort of unknown origin is taken for the caller's. */
  callerAborted?: boolean;
  /** Whether a time limit of ours ended the attempt. */
  timedOut?: boolean;
  /** Milliseconds since the epoch; without it, waits stated as dates need the answer's `date` header. */
  now?: number;
  /** Raw keys that no part of the evidence may contain. */
  secrets?: readonly string[];
}

/** The longest message kept in the evidence. Its beginning is what rules are anchored to. */
const LONGEST_MESSAGE = 2_000;
const LONGEST_WORD = 128;

/** The evidence in an answer. For `fetch` responses and stream events see their own functions. */
export function evidenceOf(answer: FoundAnswer, context: EvidenceContext): VendorError {
  const httpStatus = answer.status;
  const ok = httpStatus === undefined || (httpStatus >= 200 && httpStatus < 300);
  // Of a 2xx body only an error's envelope is evidence; what a stream gave as its error is one in any shape.
  const isSuccessAnswer = ok && httpStatus !== undefined && context.phase !== 'stream';
  const { kind, facts, isError } = factsOf(answer.body, isSuccessAnswer);
  const inside = ok && (isError || !isSuccessAnswer);
  const status = inside ? statusInBody(facts) : httpStatus;
  // A failure inside a 2xx answer came by a stream, whatever the caller took it for; a probe stays one.
  const phase = inside && context.phase !== 'probe' ? 'stream' : (context.phase ?? 'http');
  return buildVendorError(facts, { phase, status, httpStatus, bodyKind: kind, headers: answer.headers }, context);
}

interface FoundFacts {
  kind: VendorError['bodyKind'];
  facts: BodyFacts;
  isError: boolean;
}

function factsOf(body: unknown, onlyEnvelope: boolean): FoundFacts {
  const parsed = typeof body === 'string' ? parseBodyText(body) : isObject(body) ? jsonBody(body) : undefined;
  switch (parsed?.kind) {
    case 'json': {
      const isError = hasErrorEnvelope(parsed.value);
      const facts = onlyEnvelope && !isError ? noFacts() : collectFacts(parsed.value);
      // js-genai wraps whatever came, a proxy's page too, into its own JSON.
      if (!looksLikeHtml(facts.message)) return { kind: 'json', facts, isError };
      return { kind: 'html', facts: { ...facts, message: textOfHtml(cut(facts.message)) }, isError };
    }
    case 'html':
    case 'text':
      return { kind: parsed.kind, facts: { ...noFacts(), message: onlyEnvelope ? '' : parsed.text }, isError: false };
    default:
      return { kind: 'none', facts: noFacts(), isError: false };
  }
}

const jsonBody = (value: object): ParsedBody => ({ kind: 'json', value });
const cut = (text: string): string => text.slice(0, MOST_BODY_CHARACTERS);

interface ResponseMeta {
  phase: Phase;
  status?: number;
  httpStatus?: number;
  bodyKind: VendorError['bodyKind'];
  headers: unknown;
}

/** Evidence out of facts: redacted, bounded, with every wait, date and name that the sentence states. */
export function buildVendorError(facts: BodyFacts, frame: ResponseMeta, context: EvidenceContext): VendorError {
  const secrets = context.secrets ?? [];
  const headers = normalizeHeaders(frame.headers, secrets);
  const words = (list: string[]): string[] => list.map((word) => redactText(word, secrets, LONGEST_WORD));
  const message = cut(facts.message).trimStart();
  return {
    phase: frame.phase,
    status: frame.status,
    httpStatus: frame.httpStatus,
    headers,
    codes: words(facts.codes),
    types: words(facts.types),
    reasons: words(facts.reasons),
    vendorStatuses: words(facts.vendorStatuses),
    quotaIds: words(facts.quotaIds),
    detailCodes: words(facts.detailCodes),
    message: redactText(message, secrets, LONGEST_MESSAGE),
    bodyKind: frame.bodyKind,
    endpoint: context.endpoint === undefined ? undefined : redactText(context.endpoint, secrets),
    contentEmitted: context.contentEmitted ?? false,
    statedWait: statedWaitIn({ headers, retryDelays: facts.retryDelays, message, now: context.now }),
    notBefore: statedDateIn(message),
    namedModel: modelNamedIn(message, secrets),
    allLimitsZero: allLimitsZero(message) || undefined,
  };
}
