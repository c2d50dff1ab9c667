import { ACCOUNT_HEADERS } from '../account-headers';
import { anyVendorRules } from '../shared.rules';
import type { VendorKnowledge, KeyFormat } from '../contract/vendor';
import { readAnthropicRateLimits } from './anthropic.rate-limits';
import { anthropicRules } from './anthropic.rules';

const anthropicKeyFormat: KeyFormat = {
  label: 'Anthropic',
  prefixes: ['sk-ant-'],
  wrongKinds: [
    {
      prefix: 'sk-ant-admin',
      mend: 'This is an Anthropic admin key, which cannot call models. Create an API key (sk-ant-api…) instead.',
    },
    {
      prefix: 'sk-ant-oat',
      mend: 'This is an Anthropic OAuth token, not an API key. Create an API key (sk-ant-api…) in the Console instead.',
    },
  ],
};

const VERSION = { 'anthropic-version': '2023-06-01' };

/** Everything the package knows of Anthropic. */
export const anthropicKnowledge: VendorKnowledge = {
  name: 'anthropic',
  rules: [...anyVendorRules, ...anthropicRules],
  statusTable: { 401: 'invalid_key', 403: 'quota_exceeded', 429: 'rate_limited' },
  defaultBaseUrl: 'https://api.anthropic.com',
  credential: {
    header: 'x-api-key',
    format: (apiKey) => apiKey,
    // SDK 1.x sends a bearer, 0.x this header; two credentials at once are refused.
    removeHeaders: ['x-api-key', 'authorization', 'api-key', 'x-goog-api-key', ...ACCOUNT_HEADERS],
    removeQuery: ['key', 'api_key'],
  },
  limitKind: 'token_bucket',
  rateLimitScope: 'key_model',
  readRateLimits: readAnthropicRateLimits,
  keyFormat: anthropicKeyFormat,
  probes: {
    light: { method: 'GET', path: '/v1/models', headers: VERSION, endpoint: 'GET /v1/models' },
    deep: {
      defaultModel: 'claude-haiku-4-5',
      request: (model) => ({
        method: 'POST',
        path: '/v1/messages',
        headers: { ...VERSION, 'content-type': 'application/json' },
        body: JSON.stringify({ model, max_tokens: 1, messages: [{ role: 'user', content: 'ping' }] }),
        endpoint: 'POST /v1/messages',
      }),
    },
  },
};
