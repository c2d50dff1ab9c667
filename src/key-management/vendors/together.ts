import type { VendorProfile } from './contract/profile';
import { message, status, type, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'TO1', when: [status(402), type('credit_limit')], outcome: 'quota_exceeded', source: 'seen' },
  {
    id: 'TO2',
    when: [status(429), message(/^you have been rate limited/i)],
    outcome: 'rate_limited',
    source: 'seen: the type says credit_limit',
  },
];

export const together: VendorProfile = {
  name: 'together',
  label: 'Together',
  keyTokens: [/tgp_\w{16,}/],
  baseUrl: 'https://api.together.xyz',
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rules,
  usage: { cachedInput: ['prompt_tokens_details.cached_tokens', 'cached_tokens'] },
};
