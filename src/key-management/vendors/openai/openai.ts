import { ACCOUNT_HEADERS } from '../account-headers';
import { anyVendorRules } from '../shared.rules';
import type { CredentialPlace, VendorKnowledge, KeyFormat } from '../contract/vendor';
import { readOpenAiRateLimits } from './openai.rate-limits';
import { openAiRules } from './openai.rules';

const openAiKeyFormat: KeyFormat = {
  label: 'OpenAI',
  prefixes: ['sk-'],
  wrongKinds: [
    {
      prefix: 'sk-admin-',
      mend: 'This is an OpenAI admin key, which cannot call models. Create a project API key (sk-proj-…) instead.',
    },
  ],
};

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
