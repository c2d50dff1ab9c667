import type { VendorProfile } from './contract/profile';
import { message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  { id: 'CO1', when: [message(/^invalid api token/i)], outcome: 'invalid_key', source: 'docs.cohere.com errors' },
  {
    id: 'CO2',
    when: [status(429), message(/limited to \d{1,9} api calls \/ month|trial token rate limit exceeded.{0,80}month/i)],
    outcome: 'quota_exceeded',
    source: 'OmniRoute#12252',
  },
];

export const cohere: VendorProfile = {
  name: 'cohere',
  label: 'Cohere',
  baseUrl: 'https://api.cohere.ai/compatibility',
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rules,
  usage: {
    // Of its own API: embeddings and older chats state them in `meta`.
    places: ['usage', 'meta', 'delta.usage'],
    input: ['tokens.input_tokens', 'billed_units.input_tokens'],
    output: ['tokens.output_tokens', 'billed_units.output_tokens'],
    cachedInput: ['cached_tokens'],
  },
};
