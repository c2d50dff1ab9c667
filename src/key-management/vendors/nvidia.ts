import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'NV1',
    when: [status(401, 403), message(/^(?:authorization|authentication) failed/i)],
    outcome: 'invalid_key',
    source: 'BallonsTranslator#1233, free-claude-code#1242',
  },
  {
    id: 'NV2',
    when: [message(/\bnot found for account\b/i)],
    outcome: 'model_unavailable',
    source: 'free-claude-code#1021',
  },
  {
    id: 'NV3',
    when: [message(/\bdegraded function cannot be invoked/i)],
    outcome: 'overloaded',
    source: 'freellmapi#522',
  },
];

export const nvidia: VendorProfile = {
  name: 'nvidia',
  label: 'NVIDIA',
  keyTokens: [/nvapi-[\w-]{16,}/],
  baseUrl: 'https://integrate.api.nvidia.com',
  keyFormat: { prefixes: ['nvapi-'], ownPrefixes: ['nvapi-'] },
  probes: {
    light: [{ method: 'POST', path: '/v1/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
  },
  rules,
};
