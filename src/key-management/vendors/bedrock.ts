import { chatProbe } from './openai/openai';
import type { VendorProfile } from './contract/profile';
import { message, status, type, type EvidenceRule } from './contract/rule';

const rules: readonly EvidenceRule[] = [
  {
    id: 'BE1',
    when: [
      status(401, 403),
      message(
        /^(?:authentication failed: please make sure your api key is valid|invalid bearer token|bearer token has expired|the security token included in the request is (?:invalid|expired))/i,
      ),
    ],
    outcome: 'invalid_key',
    source: 'opencode#47073, open-science#53, hermes-agent#87190',
  },
  {
    id: 'BE2',
    when: [status(403), message(/^you don't have access to the model/i)],
    outcome: 'model_unavailable',
    source: 'docs.aws.amazon.com',
  },
  {
    id: 'BE3',
    when: [status(404), type('ResourceNotFoundException')],
    outcome: 'model_unavailable',
    source: 'docs.aws.amazon.com',
  },
  {
    id: 'BE4',
    when: [type('ThrottlingException', 'ServiceQuotaExceededException')],
    outcome: 'rate_limited',
    source: 'docs.aws.amazon.com',
  },
  {
    id: 'BE5',
    when: [type('ModelNotReadyException', 'ServiceUnavailableException', 'ModelTimeoutException')],
    outcome: 'overloaded',
    source: 'docs.aws.amazon.com',
  },
  { id: 'BE6', when: [type('AccessDeniedException')], outcome: 'permission_denied', source: 'docs.aws.amazon.com' },
  { id: 'BE7', when: [type('ValidationException')], outcome: 'bad_request', source: 'docs.aws.amazon.com' },
  {
    id: 'BE8',
    when: [type('InternalServerException', 'ModelErrorException')],
    outcome: 'server_error',
    source: 'docs.aws.amazon.com',
  },
];

export const bedrock: VendorProfile = {
  name: 'bedrock',
  label: 'Amazon Bedrock',
  telemetryName: 'aws.bedrock',
  modelPaths: [/\/model\/([^/?#]{1,2048})\//],
  baseUrlExample: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  probes: {
    // The first is of the mantle; the runtime has no list, and looks at the key before it looks at the body.
    light: [
      { path: '/v1/models', proves: 'key' },
      { method: 'POST', path: '/model/amazon.nova-micro-v1:0/converse', body: {}, proves: 'key', acceptedBy: [400] },
    ],
    deep: [
      {
        path: '/model/{model}/converse',
        body: () => ({ messages: [{ role: 'user', content: [{ text: 'ping' }] }], inferenceConfig: { maxTokens: 1 } }),
      },
      chatProbe(),
    ],
  },
  rules,
  pricesName: 'aws',
  usage: {
    // Streams of whole models end with them.
    places: ['usage', 'amazon-bedrock-invocationMetrics'],
    input: ['inputTokens', 'inputTokenCount'],
    addedInput: [
      'cacheReadInputTokens',
      'cacheReadInputTokenCount',
      'cacheWriteInputTokens',
      'cacheWriteInputTokenCount',
    ],
    output: ['outputTokens', 'outputTokenCount'],
    cachedInput: ['cacheReadInputTokens', 'cacheReadInputTokenCount'],
    cacheWrite: ['cacheWriteInputTokens', 'cacheWriteInputTokenCount'],
  },
};
