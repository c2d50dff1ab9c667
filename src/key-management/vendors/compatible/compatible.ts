import { bearerCredential, JSON_HEADERS, openAiKnowledge } from '../openai/openai';
import type { VendorKnowledge, KeyFormat, RateLimitReader } from '../contract/vendor';
import { compatibleRules } from './compatible.rules';
import { readOpenAiRateLimits } from '../openai/openai.rate-limits';

/** A vendor of the user's own: nothing is known of its keys. */
const compatibleKeyFormat: KeyFormat = { label: 'this provider', prefixes: [], wrongKinds: [] };

/** OpenAI's headers; Groq counts `-requests` per day under the same names. */
const compatibleRateLimitReader = (vendor: 'groq' | 'other'): RateLimitReader => {
  const requestWindow = vendor === 'groq' ? 'day' : undefined;
  return (headers) => readOpenAiRateLimits(headers, requestWindow);
};

export interface CompatibleVendor {
  /** The name of the provider in the pool. */
  name: string;
  /** Without the version path. */
  baseUrl?: string;
  /** The model of the deep probe; none is known otherwise. */
  probeModel?: string;
}

/** What is known of an OpenAI-compatible vendor under a name of its own. */
export function compatibleKnowledge({ name, baseUrl, probeModel }: CompatibleVendor): VendorKnowledge {
  const isGroq = name.toLowerCase() === 'groq' || (baseUrl?.toLowerCase().includes('groq.com') ?? false);
  return {
    name,
    rules: compatibleRules,
    // The specification's own example of a custom provider; used in mode `status` alone, as V1 to V4 come before it.
    statusTable: { 401: 'invalid_key', 402: 'quota_exceeded', 429: 'rate_limited' },
    defaultBaseUrl: baseUrl,
    credential: bearerCredential,
    limitKind: 'token_bucket',
    rateLimitScope: 'key_model',
    readRateLimits: compatibleRateLimitReader(isGroq ? 'groq' : 'other'),
    keyFormat: compatibleKeyFormat,
    probes: {
      light: openAiKnowledge.probes.light,
      deep: {
        defaultModel: probeModel,
        // The older name of the cap: the one that compatible vendors know.
        request: (model) => ({
          method: 'POST',
          path: '/v1/chat/completions',
          headers: JSON_HEADERS,
          body: JSON.stringify({ model, messages: [{ role: 'user', content: 'ping' }], max_tokens: 16 }),
          endpoint: 'POST /v1/chat/completions',
        }),
      },
    },
  };
}
