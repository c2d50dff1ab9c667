import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'RE1',
    when: [status(402)],
    outcome: 'quota_exceeded',
    source: 'replicate.com/docs: monthly spend limit or no billing',
  },
  { id: 'RE2', when: [status(429), message(/^request was throttled/i)], outcome: 'rate_limited', source: 'seen' },
];

export const replicate: VendorProfile = {
  name: 'replicate',
  label: 'Replicate',
  keyTokens: [/r8_\w{16,}/],
  baseUrl: 'https://api.replicate.com',
  keyFormat: { prefixes: ['r8_'], ownPrefixes: ['r8_'] },
  probes: { light: [{ path: '/v1/account', proves: 'key' }], deep: false },
  rules,
  usage: { places: ['metrics'], input: ['input_token_count'], output: ['output_token_count'] },
};
