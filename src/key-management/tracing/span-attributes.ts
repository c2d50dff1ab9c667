import type { Attributes } from '@opentelemetry/api';

/** Names of the GenAI semantic conventions; the package's own begin with `ai_keys.`. */
export const ATTRIBUTE = {
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  errorType: 'error.type',
  status: 'http.response.status_code',
  pool: 'ai_keys.provider',
  keyId: 'ai_keys.key.id',
  maskedKey: 'ai_keys.key.masked',
  attempt: 'ai_keys.attempt',
  outcome: 'ai_keys.outcome',
  reason: 'ai_keys.reason',
  /** Milliseconds waited for a key and between attempts. */
  waitedMs: 'ai_keys.waited_ms',
  attempts: 'ai_keys.attempts',
  account: 'ai_keys.account',
  affinity: 'ai_keys.affinity',
} as const;

/** Whom a call is about. */
export interface TracedSubject {
  readonly provider: string;
  /** The vendor's name in the semantic conventions. */
  readonly vendor: string;
  readonly model: string | undefined;
}

/** The attributes that say whom a span is about. */
export function subjectAttributes({ provider, vendor, model }: TracedSubject): Attributes {
  return {
    [ATTRIBUTE.provider]: vendor,
    [ATTRIBUTE.pool]: provider,
    ...(model !== undefined && { [ATTRIBUTE.model]: model }),
  };
}
