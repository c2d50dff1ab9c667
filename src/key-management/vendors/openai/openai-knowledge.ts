import { ACCOUNT_HEADERS } from '../account-headers';
import { anyVendorRules } from '../any-vendor-rules';
import type { CredentialPlace, VendorKnowledge } from '../vendor-knowledge';
import { readOpenAiRateLimits } from './openai-headers';
import { openAiKeyFormat } from './openai-key-format';
import { openAiRules } from './openai-rules';

export const bearerCredential: CredentialPlace = {
  header: 'authorization',
  format: (apiKey) => `Bearer ${apiKey}`,
  removeHeaders: ['authorization', 'api-key', 'x-api-key', 'x-goog-api-key', ...ACCOUNT_HEADERS],
  removeQuery: ['key', 'api_key', 'api-key'],
};

export const JSON_HEADERS: Readonly<Record<string, string>> = { 'content-type': 'application/json' };

/** Everything the package knows of OpenAI. */
export const openAiKnowledge: VendorKnowledge = {
  name: 'openai',
  rules: [...anyVendorRules, ...openAiRules],
  statusTable: { 401: 'invalid_key', 429: 'quota_exceeded' },
  defaultBaseUrl: 'https://api.openai.com',
  credential: bearerCredential,
  idempotencyHeader: 'idempotency-key',
  limitKind: 'token_bucket',
  rateLimitScope: 'key_model',
  readRateLimits: (headers) => readOpenAiRateLimits(headers),
  keyFormat: openAiKeyFormat,
  probes: {
    light: { method: 'GET', path: '/v1/models', headers: {}, endpoint: 'GET /v1/models' },
    deep: {
      defaultModel: 'gpt-5-nano',
      // max_tokens is refused by reasoning models, and fewer than 16 tokens leave them no room to finish.
      request: (model) => ({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: JSON_HEADERS,
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'ping' }], max_completion_tokens: 16 }),
        endpoint: 'POST /v1/chat/completions',
      }),
    },
  },
};
