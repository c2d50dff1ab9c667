import type { VendorProfile } from './contract/profile';
import { openAiBoundIds } from './openai/openai.bound-ids';
import { code, message, status, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'AZ1',
    when: [status(401), message(/^access denied due to invalid subscription key/i)],
    outcome: 'invalid_key',
    source: 'BotSharp#386, semantic-kernel#10337',
  },
  // No key arrived: another key would not either.
  {
    id: 'AZ6',
    when: [status(401), message(/^access denied due to missing subscription key/i)],
    outcome: 'config_error',
    source: 'Azure API Management, seen in public code',
  },
  { id: 'AZ2', when: [code('DeploymentNotFound')], outcome: 'model_unavailable', source: 'seen in public code' },
  {
    id: 'AZ3',
    when: [code('content_filter', 'ResponsibleAIPolicyViolation')],
    outcome: 'content_blocked',
    source: 'seen in public code: the second stands in innererror',
  },
  {
    id: 'AZ4',
    when: [code('PermissionDenied')],
    outcome: 'permission_denied',
    source: 'as documented by the vendor; not seen',
  },
  {
    id: 'AZ5',
    when: [code('insufficient_quota')],
    outcome: 'quota_exceeded',
    source: "OpenAI's code (O10); of Azure not seen",
  },
];

/** Newer models refuse `max_tokens`. */
const azureBody = (model: string): Readonly<Record<string, unknown>> => ({
  model,
  messages: [{ role: 'user', content: 'ping' }],
  max_completion_tokens: 16,
});

export const azure: VendorProfile = {
  name: 'azure',
  label: 'Azure OpenAI',
  telemetryName: 'azure.ai.openai',
  affinityFields: ['prompt_cache_key'],
  baseUrlExample: 'https://my-resource.openai.azure.com',
  // The newer route takes a bearer as well; this header serves both.
  credential: { header: 'api-key' },
  probes: {
    light: [
      { path: '/openai/v1/models', proves: 'key' },
      { path: '/openai/models', proves: 'key' },
    ],
    deep: [
      {
        path: '/openai/v1/chat/completions',
        body: azureBody,
      },
      { path: '/openai/deployments/{model}/chat/completions', body: azureBody },
    ],
  },
  rateLimits: { countedFor: 'account', headers: ['x-ratelimit-remaining-{requests,tokens}', 'retry-after(-ms)'] },
  boundIds: openAiBoundIds,
  rules,
};
