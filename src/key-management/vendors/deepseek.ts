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
  rules,
  usage: { cachedInput: ['prompt_cache_hit_tokens', 'prompt_tokens_details.cached_tokens'] },
};
