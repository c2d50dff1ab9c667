import type { VendorProfile } from './contract/profile';
import { message, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'DK1',
    when: [message(/^authentication fails/i)],
    outcome: 'invalid_key',
    source: 'api-docs.deepseek.com error codes',
  },
];

export const deepseek: VendorProfile = {
  name: 'deepseek',
  label: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com',
  keyFormat: { prefixes: ['sk-'] },
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  balance: {
    path: '/user/balance',
    amount: { left: 'balance_infos.0.total_balance' },
    unit: { at: 'balance_infos.0.currency' },
    source: 'api-docs.deepseek.com/api/get-user-balance',
  },
  rules,
  usage: { cachedInput: ['prompt_cache_hit_tokens', 'prompt_tokens_details.cached_tokens'] },
};
