import { detailCode, message, status, type, type EvidenceRule } from '../contract/rule';
import { contentRefusal, modelNotIncluded } from '../shared.rules';

/** Anthropic's evidence rules, in order. Removing message patterns are anchored: vendors quote callers. */
export const anthropicRules: readonly EvidenceRule[] = [
  {
    id: 'A1',
    when: [
      message(
        /x-api-key header is required|^cors requests are not allowed|^oauth authentication is currently not supported/i,
      ),
    ],
    outcome: 'config_error',
    source: 'bolt.diy#156, errors page',
  },
  // An identity-linked key works only beside the header that names its workspace: `KeyInput.headers` takes it.
  {
    id: 'A20',
    when: [{ on: 'phase', is: 'probe' }, message(/\banthropic-workspace-id\b/i)],
    outcome: 'permission_denied',
    source: 'seen in public code: GET /v1/models with an identity-linked key',
    scope: 'key',
    retry: 'none',
  },
  {
    id: 'A21',
    when: [status(400), message(/\banthropic-workspace-id\b/i)],
    outcome: 'permission_denied',
    source: 'dify-official-plugins#3784, titus#341',
    scope: 'key',
  },
  {
    id: 'A22',
    when: [message(/long context beta is not yet available|^extra usage is required for long context/i)],
    outcome: 'request_exceeds_key_limit',
    source: 'seen in public code: long context beta, extra usage',
  },
  {
    id: 'A2',
    when: [message(/^this organization has been disabled/i)],
    outcome: 'invalid_key',
    source: 'claude-code#60359',
  },
  { id: 'A3', when: [type('authentication_error')], outcome: 'invalid_key', source: 'claude-code#9694' },
  {
    id: 'A4',
    when: [detailCode('enforced_spend_limit_reached')],
    outcome: 'quota_exceeded',
    source: 'rate-limits page',
  },
  { id: 'A5', when: [type('billing_error')], outcome: 'quota_exceeded', source: 'errors page' },
  {
    id: 'A6',
    when: [
      message(/^your credit balance is too low|^you have reached your (?:specified )?(?:workspace )?api usage limits/i),
    ],
    outcome: 'quota_exceeded',
    source: 'anthropic-sdk-typescript#618, claude-code#38035',
  },
  {
    id: 'A7',
    when: [status(403), type('forbidden')],
    outcome: 'region_blocked',
    source: 'big-AGI#485, claude-quickstarts#32',
  },
  {
    id: 'A13',
    when: [message(/content filtering policy/i)],
    outcome: 'content_blocked',
    source: 'litellm exception_mapping_utils',
  },
  contentRefusal('A18', 'sentences of refused prompts, seen with several vendors'),
  modelNotIncluded('A19', 'sentences about models that an account has not bought, seen with several vendors'),
  { id: 'A8', when: [type('permission_error')], outcome: 'permission_denied', source: 'errors page, bifrost test' },
  { id: 'A9', when: [type('overloaded_error')], outcome: 'overloaded', source: 'anthropic-sdk-typescript#616, #346' },
  { id: 'A10', when: [message(/^overloaded$/i)], outcome: 'overloaded', source: 'claude-code#8104' },
  { id: 'A11', when: [type('rate_limit_error')], outcome: 'rate_limited', source: 'coday#110, OpenManus#746' },
  {
    id: 'A12',
    when: [type('not_found_error'), message(/^model:/i)],
    outcome: 'model_unavailable',
    source: 'models.dev#2727',
  },
  {
    id: 'A14',
    when: [type('invalid_request_error', 'request_too_large', 'not_found_error')],
    outcome: 'bad_request',
    source: 'claude-coder#64, anthropic-sdk-python#938',
  },
  { id: 'A15', when: [type('timeout_error')], outcome: 'timeout', source: 'errors page' },
  { id: 'A16', when: [type('api_error')], outcome: 'server_error', source: 'errors page' },
  { id: 'A17', when: [{ on: 'http_5xx' }], outcome: 'server_error', source: 'SDK retries >=500' },
];
