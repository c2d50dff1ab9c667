import type { VendorProfile } from '../contract/profile';
import { readAnthropicRateLimits } from './anthropic.rate-limits';
import { anthropicRules } from './anthropic.rules';

export const anthropic: VendorProfile = {
  name: 'anthropic',
  label: 'Anthropic',
  alsoCalled: ['claude'],
  wireFormat: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  keyFormat: {
    prefixes: ['sk-ant-'],
    ownPrefixes: ['sk-ant-'],
    shortest: 16,
    longest: 256,
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
  },
  keyTokens: [/sk-ant-[\w-]{12,}/],
  mistakenVariables: ['CLAUDE_API_KEYS', 'CLAUDE_KEYS', 'ANTHROPIC_KEYS'],
  probes: {
    light: [{ path: '/v1/models', proves: 'key' }],
    deep: [
      {
        path: '/v1/messages',
        body: (model) => ({ model, max_tokens: 1, messages: [{ role: 'user', content: 'ping' }] }),
        model: 'claude-haiku-4-5',
      },
    ],
  },
  rules: anthropicRules,
  statusTable: { 401: 'invalid_key', 403: 'quota_exceeded', 429: 'rate_limited' },
  statusRules: false,
  rateLimits: {
    countedFor: 'account',
    read: readAnthropicRateLimits,
    headers: ['anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}'],
    books: 'input_and_output',
    booksCachedInput: false,
    tokens: 'input that is not read from a cache, and output as it is written',
  },
  accountHeaders: ['anthropic-organization-id'],
  affinityFields: ['metadata.user_id'],
};
