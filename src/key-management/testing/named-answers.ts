import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import type { VendorError } from '../classification/evidence/vendor-error';
import type { BaseHealthChecker } from '../checkers/base-health-checker';
import type { Phase } from '../vendors/contract/rule';
import type { ScriptedOutcome } from './scripted-answer';
import type { Situation, VendorVoice, VoicedAnswer, VoicedRequest } from './simulator';

/** An outcome of the vendor's, which has words of the vendor. */
export type Refused = Exclude<ScriptedOutcome, 'ok' | 'network_error' | 'timeout'>;

/** In which situation a vendor says so. */
const SITUATIONS: Readonly<Record<Refused, Situation>> = {
  invalid_key: 'invalid',
  quota_exceeded: 'exhausted',
  rate_limited: 'rateLimited',
  model_unavailable: 'modelUnavailable',
  permission_denied: 'permissionDenied',
  region_blocked: 'regionBlocked',
  request_exceeds_key_limit: 'rateLimited',
  bad_request: 'badRequest',
  content_blocked: 'contentBlocked',
  config_error: 'misconfigured',
  overloaded: 'overloaded',
  server_error: 'serverError',
};

/** Who says it, and who reads it. */
export interface Parties {
  readonly provider: string;
  readonly voice: VendorVoice;
  readonly checker: Pick<BaseHealthChecker, 'classifyError'>;
  readonly phase: Phase;
}

/**
 * The vendor's own words that the provider's checker takes for the outcome, the usual ones if it does.
 * @throws RangeError where the checker takes none of them for it
 */
export function namedAnswer(
  outcome: Refused,
  retryAfterMs: number,
  request: VoicedRequest,
  { provider, voice, checker, phase }: Parties,
): VoicedAnswer & { readonly evidence: VendorError } {
  for (const answer of voice.refusals(request, SITUATIONS[outcome], retryAfterMs)) {
    if (answer.status < 400) continue;
    const { status, headers } = answer;
    const evidence = vendorErrorFrom(
      { status, headers: new Headers(headers), body: answer.parts.join('') },
      { phase, now: request.now, secrets: [] },
    );
    if (meaningOf(checker, evidence) === outcome) return { ...answer, evidence };
  }
  throw new RangeError(
    `No answer of a vendor is known that the health checker of ${provider} takes for ${outcome}. Script the answer itself: { status, json }, or a Response.`,
  );
}

function meaningOf(checker: Parties['checker'], evidence: VendorError): unknown {
  try {
    return checker.classifyError(evidence).outcome;
  } catch {
    return undefined;
  }
}
