import type { VendorProfile } from './contract/profile';
import { code, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'CE1', when: [code('queue_exceeded')], outcome: 'overloaded', source: 'atlas-ui-3#111' },
  {
    id: 'CE2',
    when: [code('token_quota_exceeded', 'request_quota_exceeded')],
    outcome: 'rate_limited',
    source: 'seen: limits of a minute or a day',
  },
];

export const cerebras: VendorProfile = {
  name: 'cerebras',
  label: 'Cerebras',
  keyTokens: [/csk-[\w-]{16,}/],
  baseUrl: 'https://api.cerebras.ai',
  keyFormat: { prefixes: ['csk-'], ownPrefixes: ['csk-'] },
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rateLimits: { countedFor: 'account', headers: ['x-ratelimit-{limit,remaining,reset}-{requests-day,tokens-minute}'] },
  rules,
};
