import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'HF1',
    when: [status(401), message(/^invalid (?:username or password|credentials)/i)],
    outcome: 'invalid_key',
    source: 'seen',
  },
  {
    id: 'HF2',
    when: [status(402), message(/^you have exceeded your monthly included credits/i)],
    outcome: 'quota_exceeded',
    source: 'seen',
  },
];

export const huggingface: VendorProfile = {
  name: 'huggingface',
  label: 'Hugging Face',
  keyTokens: [/hf_\w{16,}/],
  baseUrl: 'https://router.huggingface.co',
  keyFormat: { prefixes: ['hf_'], ownPrefixes: ['hf_'] },
  probes: {
    light: [{ method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
  },
  rules,
};
