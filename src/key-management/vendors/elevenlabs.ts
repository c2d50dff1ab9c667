import type { VendorProfile } from './contract/profile';
import { detailCode, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'EL1',
    when: [detailCode('invalid_api_key', 'needs_authorization', 'missing_api_key')],
    outcome: 'invalid_key',
    source: 'seen; elevenlabs.io/docs errors',
  },
  {
    id: 'EL2',
    when: [detailCode('quota_exceeded', 'payment_required', 'payment_issue')],
    outcome: 'quota_exceeded',
    source: 'home-assistant/core#160414',
  },
  {
    id: 'EL3',
    when: [detailCode('too_many_concurrent_requests', 'rate_limit_exceeded')],
    outcome: 'rate_limited',
    source: 'elevenlabs.io/docs errors',
  },
  { id: 'EL4', when: [detailCode('system_busy')], outcome: 'overloaded', source: 'elevenlabs.io/docs errors' },
  {
    id: 'EL5',
    when: [detailCode('missing_permissions')],
    outcome: 'permission_denied',
    source: 'elevenlabs.io/docs errors',
  },
  {
    id: 'EL6',
    when: [detailCode('detected_unusual_activity')],
    outcome: 'invalid_key',
    source: 'seen: the free tier is switched off for the account',
  },
  {
    id: 'EL7',
    when: [detailCode('voice_not_found', 'model_not_found')],
    outcome: 'bad_request',
    source: 'elevenlabs.io/docs errors',
  },
];

export const elevenlabs: VendorProfile = {
  name: 'elevenlabs',
  label: 'ElevenLabs',
  baseUrl: 'https://api.elevenlabs.io',
  credential: { header: 'xi-api-key' },
  keyFormat: { prefixes: ['sk_'], ownPrefixes: ['sk_'] },
  probes: { light: [{ path: '/v1/user', proves: 'key' }], deep: false },
  balance: {
    path: '/v1/user/subscription',
    amount: { spent: 'character_count', limit: 'character_limit' },
    endsAt: 'next_character_count_reset_unix',
    unit: 'characters',
    source: 'elevenlabs.io/docs/api-reference/user/subscription/get',
  },
  rateLimits: { countedFor: 'account', scope: 'key' },
  rules,
};
