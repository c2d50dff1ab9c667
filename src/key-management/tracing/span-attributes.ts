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
} as const;

/** The conventions' names of vendors where they differ from the providers' names. */
const CONVENTIONAL: Readonly<Record<string, string>> = { google: 'gcp.gemini', xai: 'x_ai', mistral: 'mistral_ai' };

/** The attributes that say whom a span is about: the provider and the model. */
export function subjectAttributes(provider: string, model: string | undefined): Attributes {
  return {
    [ATTRIBUTE.provider]: Object.hasOwn(CONVENTIONAL, provider) ? CONVENTIONAL[provider] : provider,
    [ATTRIBUTE.pool]: provider,
    ...(model !== undefined && { [ATTRIBUTE.model]: model }),
  };
}
