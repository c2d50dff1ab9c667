import type { VendorProfile } from './contract/profile';
import { status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'TA1', when: [status(432, 433)], outcome: 'quota_exceeded', source: 'docs.tavily.com' },
];

export const tavily: VendorProfile = {
  name: 'tavily',
  label: 'Tavily',
  keyTokens: [/tvly-[\w-]{16,}/],
  baseUrl: 'https://api.tavily.com',
  keyFormat: { prefixes: ['tvly-'], ownPrefixes: ['tvly-'] },
  probes: {
    light: [{ method: 'POST', path: '/search', body: {}, proves: 'key', acceptedBy: [400, 422] }],
    deep: false,
  },
  rules,
};
