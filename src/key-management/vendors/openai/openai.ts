import type { DeepProbe, VendorProfile } from '../contract/profile';
import { openAiBoundIds } from './openai.bound-ids';
import { openAiRules } from './openai.rules';

/** The older name of the cap on what is written: the one that compatible vendors know. */
export const chatProbe = (model?: string): DeepProbe => ({
  path: '/v1/chat/completions',
  body: (name) => ({ model: name, messages: [{ role: 'user', content: 'ping' }], max_tokens: 16 }),
  model,
});

export const openai: VendorProfile = {
  name: 'openai',
  label: 'OpenAI',
  alsoCalled: ['gpt', 'chatgpt'],
  baseUrl: 'https://api.openai.com',
  keyFormat: {
    prefixes: ['sk-'],
    ownPrefixes: ['sk-proj-', 'sk-svcacct-'],
    shortest: 16,
    longest: 256,
    wrongKinds: [
      {
        prefix: 'sk-admin-',
        mend: 'This is an OpenAI admin key, which cannot call models. Create a project API key (sk-proj-…) instead.',
      },
    ],
  },
  keyTokens: [/sk-(?:proj|svcacct|admin|service)-[\w-]{12,}/],
  mistakenVariables: ['CHATGPT_API_KEYS', 'GPT_API_KEYS', 'OPENAI_KEYS', 'OPENAI_SECRET_KEYS'],
  probes: {
    light: [{ path: '/v1/models', proves: 'key' }],
    deep: [
      {
        path: '/v1/chat/completions',
        // max_tokens is refused by reasoning models, and fewer than 16 tokens leave them no room to finish.
        body: (model) => ({ model, messages: [{ role: 'user', content: 'ping' }], max_completion_tokens: 16 }),
        model: 'gpt-5-nano',
      },
    ],
  },
  rules: openAiRules,
  statusTable: { 401: 'invalid_key', 429: 'quota_exceeded' },
  statusRules: false,
  rateLimits: {
    countedFor: 'account',
    headers: ['x-ratelimit-{limit,remaining,reset}-{requests,tokens}'],
    books: 'input_and_max_output',
    tokens: 'the prompt, estimated from its characters, and the most that the answer may have',
  },
  accountHeaders: ['openai-organization', 'openai-project'],
  accountInText: [/ in organization (org-[\w-]{1,100}) on /],
  idempotencyHeader: 'idempotency-key',
  boundIds: openAiBoundIds,
  affinityFields: ['prompt_cache_key'],
};
