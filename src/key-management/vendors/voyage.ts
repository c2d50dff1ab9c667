import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'VY1', when: [status(401), message(/^provided api key is invalid/i)], outcome: 'invalid_key', source: 'seen' },
];

export const voyage: VendorProfile = {
  name: 'voyage',
  label: 'Voyage AI',
  baseUrl: 'https://api.voyageai.com',
  keyFormat: { prefixes: ['pa-'], ownPrefixes: ['pa-'] },
  probes: {
    light: [{ method: 'POST', path: '/v1/embeddings', body: {}, proves: 'key', acceptedBy: [400, 422] }],
    deep: [{ path: '/v1/embeddings', body: (model) => ({ model, input: ['ping'] }), model: 'voyage-3.5-lite' }],
  },
  rules,
  pricesName: 'voyageai',
};
