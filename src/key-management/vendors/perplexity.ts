import type { VendorProfile } from './contract/profile';
import { status, type EvidenceRule } from './contract/rule';
import { chatProbe } from './openai/openai';

const rules: readonly EvidenceRule[] = [
  {
    id: 'PX1',
    when: [status(401), { on: 'body', is: 'html' }],
    outcome: 'invalid_key',
    source: 'seen: Perplexity refuses a key with a page',
  },
];

export const perplexity: VendorProfile = {
  name: 'perplexity',
  label: 'Perplexity',
  keyTokens: [/pplx-[\w-]{16,}/],
  baseUrl: 'https://api.perplexity.ai',
  keyFormat: { prefixes: ['pplx-'], ownPrefixes: ['pplx-'] },
  probes: {
    // The list of models is open to anybody.
    light: [{ method: 'POST', path: '/chat/completions', body: {}, proves: 'key', acceptedBy: [400, 422] }],
    deep: [{ ...chatProbe('sonar'), path: '/chat/completions' }],
  },
  rules,
  // What deep research thinks and cites is counted beside what it says (docs.perplexity.ai, pricing).
  usage: {
    addedOutput: ['reasoning_tokens', 'citation_tokens'],
    reasoning: ['reasoning_tokens'],
    cost: ['cost.total_cost'],
  },
};
