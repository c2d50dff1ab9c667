import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'FW1',
    when: [status(412), message(/^account \S{1,80} is suspended/i)],
    outcome: 'quota_exceeded',
    source: 'pollinations#12136, wayland#545, llmgateway#3838',
  },
];

export const fireworks: VendorProfile = {
  name: 'fireworks',
  label: 'Fireworks',
  keyTokens: [/fw_\w{16,}/],
  baseUrl: 'https://api.fireworks.ai/inference',
  affinityFields: ['prompt_cache_key'],
  affinityHeaders: ['x-session-affinity'],
  keyFormat: { prefixes: ['fw_'], ownPrefixes: ['fw_'] },
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rules,
};
