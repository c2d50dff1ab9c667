import type { VendorProfile } from './contract/profile';
import { type, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'MO1', when: [type('exceeded_current_quota_error')], outcome: 'quota_exceeded', source: 'seen in public code' },
  {
    id: 'MO2',
    when: [type('invalid_authentication_error', 'incorrect_api_key_error')],
    outcome: 'invalid_key',
    source: 'platform.moonshot.ai errors',
  },
  { id: 'MO3', when: [type('rate_limit_reached_error')], outcome: 'rate_limited', source: 'seen' },
  { id: 'MO4', when: [type('engine_overloaded_error')], outcome: 'overloaded', source: 'MoonshotAI-Cookbook#16' },
  { id: 'MO5', when: [type('content_filter')], outcome: 'content_blocked', source: 'platform.moonshot.ai errors' },
];

export const moonshot: VendorProfile = {
  name: 'moonshot',
  label: 'Moonshot',
  baseUrl: 'https://api.moonshot.ai',
  keyFormat: { prefixes: ['sk-'] },
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  balance: {
    path: '/v1/users/me/balance',
    amount: { left: 'data.available_balance' },
    unit: 'usd',
    unitByHost: { 'api.moonshot.cn': 'cny' },
    source: 'platform.moonshot.ai/docs/api/balance',
  },
  rules,
  pricesName: 'moonshotai',
  usage: { cachedInput: ['prompt_tokens_details.cached_tokens', 'cached_tokens'] },
};
