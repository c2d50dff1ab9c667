import { code, message, quotaId, reason, status, vendorStatus, type EvidenceRule } from '../contract/rule';
import { contentRefusal } from '../shared.rules';

const HOUR_MS = 3_600_000;

/** The specification has no exhausted quota for Google: the key stays in the pool and cools down, 1 h doubling to 24 h (decision D2). */
const billingCooldown = {
  outcome: 'rate_limited',
  scope: 'key',
  cooldownMs: HOUR_MS,
  cooldownMaxMs: 24 * HOUR_MS,
} as const satisfies Partial<EvidenceRule>;

/** G1 to G8: the key, its restrictions, the region. Removing message patterns are anchored: vendors quote callers. */
const keyRules: readonly EvidenceRule[] = [
  {
    id: 'G1',
    when: [reason('API_KEY_INVALID', 'ACCESS_TOKEN_TYPE_UNSUPPORTED', 'CONSUMER_SUSPENDED')],
    outcome: 'invalid_key',
  },
  {
    id: 'G2',
    when: [
      message(
        /^(?:your api key was reported as leaked|api key (?:not valid|expired|not found)|your project has been denied access)/i,
      ),
    ],
    outcome: 'invalid_key',
  },
  { id: 'G3', when: [reason('CREDENTIALS_MISSING')], outcome: 'config_error' },
  { id: 'G24', when: [message(/^multiple authentication credentials received/i)], outcome: 'config_error' },
  {
    // Files and caches belong to the project that made them: another account may have this one.
    id: 'G25',
    when: [
      message(/^(?:you do not have permission to access the file|cachedcontent not found|not found: cached content)/i),
    ],
    outcome: 'bad_request',
    retry: 'other_key',
  },
  {
    id: 'G26',
    when: [
      reason(
        'IAM_PERMISSION_DENIED',
        'CONSUMER_INVALID',
        'USER_PROJECT_DENIED',
        'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        'SECURITY_POLICY_VIOLATED',
        'LOCATION_POLICY_VIOLATED',
      ),
    ],
    outcome: 'permission_denied',
  },
  { id: 'G4', when: [message(/unregistered callers/i)], outcome: 'config_error' },
  {
    id: 'G5',
    when: [
      reason(
        'SERVICE_DISABLED',
        'API_KEY_SERVICE_BLOCKED',
        'API_KEY_HTTP_REFERRER_BLOCKED',
        'API_KEY_IP_ADDRESS_BLOCKED',
        'API_KEY_ANDROID_APP_BLOCKED',
        'API_KEY_IOS_APP_BLOCKED',
      ),
    ],
    outcome: 'permission_denied',
    scope: 'key',
  },
  {
    id: 'G6',
    when: [
      message(
        /free tier is not available in your country|user location is not supported .{0,80}without a billing account/i,
      ),
    ],
    outcome: 'permission_denied',
    scope: 'key',
  },
  { id: 'G7', when: [message(/caller does not have permission/i)], outcome: 'model_unavailable' },
  { id: 'G8', when: [message(/user location is not supported/i)], outcome: 'region_blocked' },
];

/** G9 to G15: money and limits. */
const limitRules: readonly EvidenceRule[] = [
  { id: 'G27', when: [reason('BILLING_DISABLED')], ...billingCooldown },
  { id: 'G9', when: [code('payment_required')], ...billingCooldown },
  {
    // Vertex, pay as you go: a quota that all customers share is spent, and none of this project's.
    id: 'G28',
    when: [message(/^resource exhausted\. please try again later\. please refer to .{0,80}error-code-429/i)],
    outcome: 'overloaded',
  },
  { id: 'G29', when: [message(/only accessible to billed users/i)], outcome: 'request_exceeds_key_limit' },
  {
    id: 'G10',
    when: [message(/^your (?:prepayment credits are depleted|(?:billing account|project)\b.{0,60}spending cap)/i)],
    ...billingCooldown,
  },
  { id: 'G11', when: [status(402)], ...billingCooldown },
  { id: 'G12', when: [status(429), { on: 'all_limits_zero' }], outcome: 'model_unavailable' },
  { id: 'G13', when: [quotaId(/PerDay/)], outcome: 'rate_limited', escalateOnRepeat: 'midnight_pacific' },
  { id: 'G14', when: [code('rate_limit_exceeded', 'quota_exceeded')], outcome: 'rate_limited' },
  { id: 'G15', when: [vendorStatus('RESOURCE_EXHAUSTED')], outcome: 'rate_limited' },
];

/** G16 to G22: what Google's status alone says. */
const answerRules: readonly EvidenceRule[] = [
  contentRefusal('G23'),
  // The Interactions API has codes in lower case, and no status.
  { id: 'G30', when: [code('authentication')], outcome: 'invalid_key' },
  { id: 'G31', when: [code('permission_denied')], outcome: 'permission_denied' },
  { id: 'G32', when: [code('model_not_found')], outcome: 'model_unavailable' },
  {
    id: 'G33',
    when: [
      code(
        'prohibited_content',
        'content_blocked',
        'blocked',
        'blocklist',
        'safety',
        'image_safety',
        'image_prohibited_content',
        'recitation',
        'image_recitation',
        'spii',
        'language',
      ),
    ],
    outcome: 'content_blocked',
  },
  { id: 'G34', when: [code('service_unavailable', 'overloaded')], outcome: 'overloaded' },
  { id: 'G35', when: [code('deadline_exceeded', 'timeout')], outcome: 'timeout' },
  { id: 'G36', when: [code('internal', 'internal_error', 'api_error', 'cancelled')], outcome: 'server_error' },
  {
    id: 'G37',
    when: [
      code('invalid_request', 'not_found', 'failed_precondition', 'out_of_range', 'already_exists', 'unimplemented'),
    ],
    outcome: 'bad_request',
  },
  { id: 'G16', when: [vendorStatus('NOT_FOUND')], outcome: 'model_unavailable' },
  { id: 'G17', when: [vendorStatus('UNAVAILABLE')], outcome: 'overloaded' },
  { id: 'G18', when: [vendorStatus('INTERNAL', 'CANCELLED')], outcome: 'server_error' },
  { id: 'G19', when: [vendorStatus('DEADLINE_EXCEEDED')], outcome: 'timeout' },
  { id: 'G20', when: [vendorStatus('UNAUTHENTICATED')], outcome: 'invalid_key' },
  { id: 'G21', when: [vendorStatus('INVALID_ARGUMENT', 'FAILED_PRECONDITION')], outcome: 'bad_request' },
  { id: 'G22', when: [{ on: 'http_5xx' }], outcome: 'server_error' },
];

/** Google's evidence rules, in order. */
export const googleRules: readonly EvidenceRule[] = [...keyRules, ...limitRules, ...answerRules];
