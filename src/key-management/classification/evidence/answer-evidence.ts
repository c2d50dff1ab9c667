import { collectFacts, hasErrorEnvelope, noFacts, statusInBody, type BodyFacts } from './body-facts';
import { looksLikeHtml, MOST_BODY_CHARACTERS, textOfHtml, type ParsedBody } from './body-tree';
import { normalizeHeaders } from './normalize-headers';
import { allLimitsZero, modelNamedIn } from './named-model';
import { redactText } from '../redaction/redact';
import { statedDateIn } from './stated-date';
import { statedWaitIn } from './stated-wait';
import type { FoundAnswer } from './thrown-error';
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

function factsOf(body: ParsedBody, onlyEnvelope: boolean): FoundFacts {
  if (body.kind !== 'json') {
    const message = onlyEnvelope || body.kind === 'none' ? '' : body.text;
    return { kind: body.kind, facts: { ...noFacts(), message }, isError: false };
  }
  const isError = hasErrorEnvelope(body.value);
  const facts = onlyEnvelope && !isError ? noFacts() : collectFacts(body.value);
  // js-genai wraps whatever came, a proxy's page too, into its own JSON.
  if (!looksLikeHtml(facts.message)) return { kind: 'json', facts, isError };
  return { kind: 'html', facts: { ...facts, message: textOfHtml(cut(facts.message)) }, isError };
}

const cut = (text: string): string => text.slice(0, MOST_BODY_CHARACTERS);

/** What of the answer itself goes into the evidence, besides the facts of its body. */
type AnswerMeta = Pick<VendorError, 'phase' | 'status' | 'httpStatus' | 'bodyKind' | 'transport'> & {
  headers?: unknown;
};

/** Evidence out of facts: redacted, bounded, with every wait, date and name that the sentence states. */
export function buildVendorError(facts: BodyFacts, meta: AnswerMeta, context: EvidenceContext): VendorError {
  const secrets = context.secrets ?? [];
  const headers = normalizeHeaders(meta.headers, secrets);
  const words = (list: string[]): string[] => list.map((word) => redactText(word, secrets, LONGEST_WORD));
  const message = cut(facts.message).trimStart();
  const { resetsAt, retryDelays } = facts;
  return {
    ...meta,
    edge: isEdge(facts, meta, headers) || undefined,
    headers,
    codes: words(facts.codes),
    types: words([...facts.types, ...typesIn(headers)]),
    reasons: words(facts.reasons),
    vendorStatuses: words(facts.vendorStatuses),
    quotaIds: words(facts.quotaIds),
    detailCodes: words(facts.detailCodes),
    details: detailsOf(facts, secrets),
    message: redactText(message, secrets, LONGEST_MESSAGE),
    endpoint: context.endpoint === undefined ? undefined : redactText(context.endpoint, secrets),
    contentEmitted: context.contentEmitted ?? false,
    statedWait: statedWaitIn({
      headers: { ...facts.headers, ...headers },
      retryDelays,
      resetsAt,
      message,
      now: context.now,
    }),
    notBefore: statedDateIn(message),
    namedModel: modelNamedIn(message, secrets),
    allLimitsZero: allLimitsZero(message) || undefined,
  };
}

/** A field may have any name: no one is assigned. */
function detailsOf({ details }: BodyFacts, secrets: readonly string[]): VendorError['details'] {
  const entries = Object.entries(details);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, value]) => [redactText(name, secrets, LONGEST_WORD), redactText(value, secrets, LONGEST_WORD)]),
  );
}

/** Sentences of Cloudflare, and the title of Google's front end. */
const EDGE_SENTENCE =
  /^error code: 1\d{3}\b|used Cloudflare to restrict access|\| Cloudflare\b|\bError 4\d\d \([^)]{1,60}\)!!1/i;

/** Whether a content delivery network, a front end or a firewall answered in the vendor's place: an API has no pages. */
function isEdge(
  facts: BodyFacts,
  { httpStatus = 0, bodyKind }: AnswerMeta,
  headers: Readonly<Record<string, string>>,
): boolean {
  if (httpStatus < 400) return false;
  // A page with nothing but a 429 may be the vendor's own: the specification's table decides on it.
  return (
    facts.isEdge ||
    (bodyKind === 'html' && httpStatus !== 429) ||
    'cf-mitigated' in headers ||
    EDGE_SENTENCE.test(facts.message.slice(0, 2_000))
  );
}

/** AWS names the error in a header: `ThrottlingException`, or with an address behind a colon. */
const typesIn = ({ 'x-amzn-errortype': type }: Readonly<Record<string, string>>): string[] =>
  type === undefined ? [] : [type.split(':', 1)[0]!];
