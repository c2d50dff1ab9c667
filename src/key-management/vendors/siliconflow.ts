import type { VendorProfile } from './contract/profile';
import { code, message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'SF1', when: [code('30001')], outcome: 'quota_exceeded', source: 'docs.siliconflow.cn error codes' },
  { id: 'SF2', when: [code('30011', '30003', '20012')], outcome: 'model_unavailable', source: 'OpenManus#438' },
  {
    id: 'SF3',
    when: [status(401), message(/^(?:api key is invalid|invalid token)/i)],
    outcome: 'invalid_key',
    source: 'seen',
  },
  { id: 'SF4', when: [code('50505', '50501')], outcome: 'overloaded', source: 'docs.siliconflow.cn' },
  { id: 'SF5', when: [code('20015', '20023')], outcome: 'bad_request', source: 'docs.siliconflow.cn' },
];

export const siliconflow: VendorProfile = {
  name: 'siliconflow',
  label: 'SiliconFlow',
  baseUrl: 'https://api.siliconflow.cn',
  keyFormat: { prefixes: ['sk-'] },
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rules,
};
