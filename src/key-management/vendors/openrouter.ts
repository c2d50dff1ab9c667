import type { VendorProfile } from './contract/profile';
import { detailCode, message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'OR1',
    when: [detailCode('in_flight_budget_exhausted')],
    outcome: 'rate_limited',
    scope: 'key',
    source: 'openrouter.ai/docs/use-cases/limits',
  },
  {
    id: 'OR2',
    when: [detailCode('weight_exceeds_budget')],
    outcome: 'request_exceeds_key_limit',
    source: 'developersdigest.tech openrouter/402-weight-exceeds-budget',
  },
  {
    id: 'OR3',
    when: [
      status(402, 403),
      detailCode('openrouter_workspace_budget', 'openrouter_key_budget', 'openrouter_guardrail_budget'),
    ],
    outcome: 'quota_exceeded',
    source: 'seen: 403 with metadata.limit_source',
  },
  {
    id: 'OR4',
    when: [status(402, 403), message(/^(?:budget limit exceeded|key limit exceeded|insufficient credits)/i)],
    outcome: 'quota_exceeded',
    source: 'OpenRouter docs',
  },
  {
    id: 'OR5',
    when: [status(403), detailCode('flagged_input', 'guardrail')],
    outcome: 'content_blocked',
    source: 'OpenRouter docs, errors-and-debugging: metadata.reasons, metadata.patterns',
  },
  {
    id: 'OR6',
    when: [
      status(403),
      message(/requires moderation and your input was flagged|guardrail|blocked by (?:a |the )?(?:content|prompt)/i),
    ],
    outcome: 'content_blocked',
    source: 'OpenRouter docs, errors-and-debugging',
  },
  {
    id: 'OR7',
    when: [message(/^no (?:allowed )?(?:endpoints|providers) (?:found|are available)/i)],
    outcome: 'model_unavailable',
    source: 'OpenRouter docs and FAQ: data policy',
  },
  {
    id: 'OR8',
    when: [status(429, 408), detailCode('upstream_provider', 'upstream', 'openrouter_upstream_pool', 'provider')],
    outcome: 'overloaded',
    source: 'seen: metadata.limit_source',
  },
  {
    id: 'OR9',
    when: [status(429), message(/temporarily rate-limited upstream|^provider returned error/i)],
    outcome: 'overloaded',
    source: 'litellm#8448, Saturn#43',
  },
  {
    id: 'OR10',
    when: [status(502, 503, 504, 520, 524), message(/^provider returned error/i)],
    outcome: 'server_error',
    source: 'seen in streams',
  },
];

export const openrouter: VendorProfile = {
  name: 'openrouter',
  label: 'OpenRouter',
  keyTokens: [/sk-or-[\w-]{12,}/],
  baseUrl: 'https://openrouter.ai/api',
  keyFormat: { prefixes: ['sk-or-'], ownPrefixes: ['sk-or-'] },
  probes: { light: [{ path: '/v1/key', proves: 'key' }] },
  balance: {
    path: '/v1/key',
    // null where the key has no limit.
    amount: { left: 'data.limit_remaining' },
    unit: 'usd',
    of: 'key',
    source: 'openrouter.ai/docs/api-reference/limits',
  },
  accountHeaders: [],
  affinityFields: ['session_id', 'prompt_cache_key'],
  rateLimits: { countedFor: 'account', headers: ['x-ratelimit-{limit,remaining,reset}'] },
  rules,
  // Its credits are dollars (openrouter.ai/docs, usage accounting).
  usage: { cost: ['cost'] },
};
