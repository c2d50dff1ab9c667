import { buildVendorError, evidenceOf, type EvidenceContext } from './answer-evidence';
import { noFacts } from './body-facts';
import { read } from './safe-read';
import { answerIn } from './thrown-answer';
import { transportKindOf, type Transport } from './transport-kind';
import type { VendorError } from './vendor-error';

export type { EvidenceContext } from './answer-evidence';
export { takeEvidence, vendorErrorFromResponse, type ResponseContext, type TakenEvidence } from './response-evidence';
export { isStreamError, vendorErrorFromStreamEvent } from './stream-evidence';

/**
 * The evidence in anything thrown: errors of the official SDKs, of axios, undici and fetch, plain objects, strings, error
 * events of streams. Never throws. An answer of the vendor outweighs an abort or a time limit that came at the same moment.
 */
export function vendorErrorFrom(thrown: unknown, context: EvidenceContext = {}): VendorError {
  try {
    const answer = answerIn(thrown);
    return answer ? evidenceOf(answer, context) : withoutAnswer(thrown, context);
  } catch {
    return withoutAnswer(undefined, context);
  }
}

function withoutAnswer(thrown: unknown, context: EvidenceContext): VendorError {
  const transport = transportOf(thrown, context);
  const said = typeof thrown === 'string' ? thrown : read(thrown, 'message');
  const facts = { ...noFacts(), message: typeof said === 'string' ? said : '' };
  const phase = transport ? 'transport' : (context.phase ?? 'http');
  return {
    ...buildVendorError(facts, { phase, bodyKind: 'none', headers: {} }, context),
    statedWait: undefined,
    notBefore: undefined,
    transport,
  };
}

function transportOf(thrown: unknown, context: EvidenceContext): Transport | undefined {
  if (context.callerAborted) return 'cancelled';
  if (context.timedOut) return 'timeout';
  const kind = transportKindOf(thrown);
  if (kind !== 'aborted') return kind;
  // An abort that is known not to be the caller's is an SDK's own time limit (js-genai aborts for it).
  return context.callerAborted === false ? 'timeout' : 'cancelled';
}
