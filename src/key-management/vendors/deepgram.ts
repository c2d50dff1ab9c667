import type { VendorProfile } from './contract/profile';
import { code, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'DG1', when: [code('INVALID_AUTH')], outcome: 'invalid_key', source: 'seen' },
  {
    id: 'DG2',
    when: [code('ASR_PAYMENT_REQUIRED', 'PAYMENT_REQUIRED', 'INSUFFICIENT_CREDITS')],
    outcome: 'quota_exceeded',
    source: 'developers.deepgram.com errors',
  },
  {
    id: 'DG3',
    when: [code('INSUFFICIENT_PERMISSIONS')],
    outcome: 'permission_denied',
    source: 'developers.deepgram.com errors',
  },
  { id: 'DG4', when: [code('TOO_MANY_REQUESTS')], outcome: 'rate_limited', source: 'developers.deepgram.com errors' },
];

export const deepgram: VendorProfile = {
  name: 'deepgram',
  label: 'Deepgram',
  baseUrl: 'https://api.deepgram.com',
  credential: { header: 'authorization', scheme: 'Token' },
  probes: { light: [{ path: '/v1/projects', proves: 'key' }], deep: false },
  rules,
};
