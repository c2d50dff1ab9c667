import { code, message, status, type, type EvidenceRule } from '../contract/rule';
import { contentRefusal, modelNotIncluded } from '../shared.rules';

/** O1 to O9: permissions, region and the key itself. Removing message patterns are anchored: vendors quote callers. */
const keyRules: readonly EvidenceRule[] = [
  {
    id: 'O1',
    when: [
      { on: 'phase', is: 'probe' },
      { on: 'endpoint', pattern: /models/i },
      message(/missing scopes|insufficient permissions for this operation/i),
    ],
    outcome: 'permission_denied',
    source: 'aidevops#24564, community t/1345041',
    keyAction: 'keep',
    retry: 'none',
  },
  {
    id: 'O2',
    when: [message(/missing scopes|insufficient permissions for this operation/i)],
    outcome: 'permission_denied',
    source: 'continue#10059, PowerToys#32989',
  },
  {
    id: 'O3',
    when: [message(/didn't provide an api key|^missing bearer or basic authentication/i)],
    outcome: 'config_error',
    source: 'openai-python#1434',
  },
  {
    id: 'O4',
    when: [code('mismatched_organization', 'mismatched_project')],
    outcome: 'config_error',
    source: 'openai/codex#1000',
  },
  {
    id: 'O5',
    when: [code('ip_not_authorized')],
    outcome: 'permission_denied',
    source: 'OpenAI error-codes page (401 IP not authorized); body unseen',
    scope: 'key',
  },
  // The key's project lives in another region: the key works under the address that the sentence names.
  {
    id: 'O35',
    when: [code('incorrect_hostname')],
    outcome: 'permission_denied',
    source: 'skill-validator#70, pi#956, langchainjs#8967',
    scope: 'key',
  },
  {
    id: 'O6',
    when: [code('unsupported_country_region_territory')],
    outcome: 'region_blocked',
    source: 'home-assistant/core#120072, continue#11449',
  },
  {
    id: 'O7',
    when: [
      code(
        'invalid_api_key',
        'account_deactivated',
        'no_organization',
        'organization_restricted',
        'not_authorized_invalid_project',
      ),
    ],
    outcome: 'invalid_key',
    source: 'continue#9634, NextChat#4175, OpenHands#2562, one-api manage.go',
  },
  { id: 'O8', when: [type('access_terminated')], outcome: 'invalid_key', source: 'bifrost failureclass_test' },
  {
    id: 'O9',
    when: [message(/^(?:incorrect api key provided|(?:the |your )?(?:oauth |access )?token has been revoked)/i)],
    outcome: 'invalid_key',
    source: 'continue#10778 (xAI answers 400)',
  },
];

/** O10 to O15: money, and single requests that are too large for the key. */
const quotaRules: readonly EvidenceRule[] = [
  {
    id: 'O10',
    when: [
      code(
        'insufficient_quota',
        'billing_not_active',
        'billing_hard_limit_reached',
        'credit_balance_exhausted',
        'organization_spend_limit_exceeded',
        'project_spend_limit_exceeded',
        'organization_usage_limit_exceeded',
        'blocked_api_access',
      ),
    ],
    outcome: 'quota_exceeded',
    source: 'vercel/ai openai-error.1, litellm#2743, PowerShellAI#127, help.openai.com 6614457/5955604, bifrost',
  },
  {
    id: 'O11',
    when: [type('insufficient_quota', 'billing_not_active')],
    outcome: 'quota_exceeded',
    source: 'ChatGPTAPIFree#16',
  },
  {
    id: 'O12',
    when: [message(/requires more credits, or fewer max_tokens|can only afford/i)],
    outcome: 'request_exceeds_key_limit',
    source: 'openclaude#1125 (OpenRouter)',
  },
  modelNotIncluded('O33', 'seen in public code: 403 "not allowed to sample from this model"'),
  { id: 'O13', when: [status(402)], outcome: 'quota_exceeded', source: 'aider#4851 (DeepSeek), OpenRouter docs' },
  {
    id: 'O14',
    when: [
      { on: 'not_5xx' },
      message(
        /^your team \S{0,80} has either used all available credits|^insufficient balance|^key limit exceeded|^your credit balance|^your account is not active/i,
      ),
    ],
    outcome: 'quota_exceeded',
    source: 'continue#10373 (xAI), bifrost markers',
  },
  {
    id: 'O15',
    when: [message(/request too large for .{0,400}tokens per|must be reduced in order to run successfully/i)],
    outcome: 'request_exceeds_key_limit',
    source: 'climb#13, shell_gpt#653, continue#11717',
  },
  {
    // What one account may not do: another one perhaps may.
    id: 'O36',
    when: [
      message(
        /service tier is not allowed for this project|exceeded your file storage quota|only accessible to billed users/i,
      ),
    ],
    outcome: 'request_exceeds_key_limit',
    source: 'curator#189; developers.openai.com error-codes: service_tier',
  },
  {
    id: 'O37',
    when: [status(413)],
    outcome: 'bad_request',
    source: 'seen in public code: 413 whose type says server_error',
  },
];

/** O16 to O26: load, rate limits, models, content. */
const loadRules: readonly EvidenceRule[] = [
  {
    id: 'O16',
    when: [code('server_is_overloaded', 'resource_unavailable', 'conversation_locked')],
    outcome: 'overloaded',
    source: 'sub2api#6631',
  },
  { id: 'O17', when: [type('engine_overloaded_error')], outcome: 'overloaded', source: 'MoonshotAI-Cookbook#16' },
  {
    id: 'O18',
    when: [message(/service tier capacity exceeded/i)],
    outcome: 'overloaded',
    source: 'continue#6185 (Mistral)',
  },
  { id: 'O19', when: [code('slow_down')], outcome: 'rate_limited', source: 'OpenAI error-codes page', scope: 'key' },
  {
    id: 'O20',
    when: [code('rate_limit_exceeded')],
    outcome: 'rate_limited',
    source: 'micro-agent#86, openai-dotnet#404, agents-js#1022',
  },
  {
    id: 'O21',
    when: [type('tokens', 'requests', 'rate_limited', 'rate_limit_error')],
    outcome: 'rate_limited',
    source: 'cline#9085 (Mistral)',
  },
  { id: 'O22', when: [code('model_not_found')], outcome: 'model_unavailable', source: 'cursor#2953, aider#1903' },
  {
    id: 'O23',
    when: [message(/organization must be verified to (?:use|stream|generate|access)\b/i)],
    outcome: 'model_unavailable',
    source: 'mulmocast-app#1090',
  },
  {
    id: 'O24',
    when: [
      code(
        'content_policy_violation',
        'invalid_prompt',
        'content_filter',
        'moderation_blocked',
        'cyber_policy',
        'bio_policy',
        'misalignment_policy_violation',
        'image_content_policy_violation',
      ),
    ],
    outcome: 'content_blocked',
    source: 'one-api#737, t0-1#69',
  },
  contentRefusal('O34', 'sentences of refused prompts, seen with several vendors'),
  {
    id: 'O25',
    when: [{ on: 'phase', is: 'probe' }, message(/could not finish the message because max_tokens/i)],
    outcome: 'ok',
    source: 'goclaw#267, CodexBar#2867',
  },
  {
    id: 'O26',
    when: [
      code(
        'context_length_exceeded',
        'previous_response_not_found',
        'invalid_image',
        'invalid_image_format',
        'invalid_base64_image',
        'invalid_image_url',
        'image_too_large',
        'image_too_small',
        'image_parse_error',
        'invalid_image_mode',
        'image_file_too_large',
        'unsupported_image_media_type',
        'empty_image_file',
        'failed_to_download_image',
        'image_file_not_found',
      ),
    ],
    outcome: 'bad_request',
    source: 'cline#5474, freellmapi error-classify',
  },
  { id: 'O38', when: [code('vector_store_timeout')], outcome: 'timeout', source: 'openai-openapi ResponseErrorCode' },
];

/** O27 to O32: what only the status or the shape of the answer says. */
const statusRules: readonly EvidenceRule[] = [
  { id: 'O27', when: [status(503, 498, 529)], outcome: 'overloaded', source: 'node-chatgpt-api#34; Groq docs (498)' },
  { id: 'O28', when: [{ on: 'http_5xx' }], outcome: 'server_error', source: 'openai-cua-sample-app#54, babyagi#64' },
  {
    id: 'O29',
    when: [code('server_error')],
    outcome: 'server_error',
    source: 'sub2api#6631, openapi ResponseErrorCode',
  },
  {
    id: 'O30',
    when: [type('server_error', 'service_unavailable_error')],
    outcome: 'server_error',
    source: 'openai-node streaming.ts',
  },
  {
    id: 'O31',
    when: [status(400, 404, 409, 413, 415, 422), type('invalid_request_error')],
    outcome: 'bad_request',
    source: 'vercel/ai fixture, hindsight#58',
  },
  {
    id: 'O32',
    when: [status(429), { on: 'stated_wait' }, { on: 'body', is: 'not_json' }],
    outcome: 'rate_limited',
    source: 'openai-node client.ts',
    scope: 'key',
  },
];

/** OpenAI's evidence rules, in order; the compatible vendors share them. */
export const openAiRules: readonly EvidenceRule[] = [...keyRules, ...quotaRules, ...loadRules, ...statusRules];
