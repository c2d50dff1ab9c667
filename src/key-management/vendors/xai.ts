import type { VendorProfile } from './contract/profile';
import { code, message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'XA1',
    when: [
      status(403, 429),
      message(/^free usage quota exceeded|doesn't have any credits|has either used all available credits/i),
    ],
    outcome: 'quota_exceeded',
    source: 'continue#10373, sub2api#4069',
  },
  {
    id: 'XA2',
    when: [code('permission-denied'), message(/^access to the chat endpoint is denied/i)],
    outcome: 'permission_denied',
    source: 'sub2api#4084; 9router#2559',
  },
  { id: 'XA3', when: [status(429), message(/^too many requests for team/i)], outcome: 'rate_limited', source: 'seen' },
];

export const xai: VendorProfile = {
  name: 'xai',
  label: 'xAI',
  keyTokens: [/xai-[\w-]{16,}/],
  telemetryName: 'x_ai',
  affinityFields: ['prompt_cache_key'],
  affinityHeaders: ['x-grok-conv-id'],
  baseUrl: 'https://api.x.ai',
  keyFormat: { prefixes: ['xai-'], ownPrefixes: ['xai-'] },
  probes: {
    light: [
      { path: '/v1/api-key', proves: 'key' },
      { path: '/v1/models', proves: 'key' },
    ],
  },
  rules,
  pricesName: 'x-ai',
  usage: {
    // The chat counts what was thought beside what was said, and the total shows it (docs.x.ai, reasoning).
    addedOutput: ['completion_tokens_details.reasoning_tokens'],
    reasoning: ['completion_tokens_details.reasoning_tokens', 'output_tokens_details.reasoning_tokens'],
    // In ten-billionths of a dollar (docs.x.ai, cost tracking).
    cost: ['cost_in_usd_ticks'],
    costUnitsPerUsd: 10_000_000_000,
  },
};
