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
  },
  // An identity-linked key works only beside the header that names its workspace: `KeyInput.headers` takes it.
  {
    id: 'A20',
    when: [{ on: 'phase', is: 'probe' }, message(/\banthropic-workspace-id\b/i)],
    outcome: 'permission_denied',
    scope: 'key',
    retry: 'none',
  },
  {
    id: 'A21',
    when: [status(400), message(/\banthropic-workspace-id\b/i)],
    outcome: 'permission_denied',
    scope: 'key',
  },
  {
    id: 'A22',
    when: [message(/long context beta is not yet available|^extra usage is required for long context/i)],
    outcome: 'request_exceeds_key_limit',
  },
  { id: 'A2', when: [message(/^this organization has been disabled/i)], outcome: 'invalid_key' },
  { id: 'A3', when: [type('authentication_error')], outcome: 'invalid_key' },
  { id: 'A4', when: [detailCode('enforced_spend_limit_reached')], outcome: 'quota_exceeded' },
  { id: 'A5', when: [type('billing_error')], outcome: 'quota_exceeded' },
  {
    id: 'A6',
    when: [
      message(/^your credit balance is too low|^you have reached your (?:specified )?(?:workspace )?api usage limits/i),
    ],
    outcome: 'quota_exceeded',
  },
  { id: 'A7', when: [status(403), type('forbidden')], outcome: 'region_blocked' },
  { id: 'A13', when: [message(/content filtering policy/i)], outcome: 'content_blocked' },
  contentRefusal('A18'),
  modelNotIncluded('A19'),
  { id: 'A8', when: [type('permission_error')], outcome: 'permission_denied' },
  { id: 'A9', when: [type('overloaded_error')], outcome: 'overloaded' },
  { id: 'A10', when: [message(/^overloaded$/i)], outcome: 'overloaded' },
  { id: 'A11', when: [type('rate_limit_error')], outcome: 'rate_limited' },
  { id: 'A12', when: [type('not_found_error'), message(/^model:/i)], outcome: 'model_unavailable' },
  {
    id: 'A14',
    when: [type('invalid_request_error', 'request_too_large', 'not_found_error')],
    outcome: 'bad_request',
  },
  { id: 'A15', when: [type('timeout_error')], outcome: 'timeout' },
  { id: 'A16', when: [type('api_error')], outcome: 'server_error' },
  { id: 'A17', when: [{ on: 'http_5xx' }], outcome: 'server_error' },
];
