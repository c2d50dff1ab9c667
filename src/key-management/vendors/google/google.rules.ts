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
    source: 'gemini-cli#25198, discuss t/175711, continue#10902',
  },
  {
    id: 'G2',
    when: [
      message(
        /^(?:your api key was reported as leaked|api key (?:not valid|expired|not found)|your project has been denied access)/i,
      ),
    ],
    outcome: 'invalid_key',
    source: 'continue#10513, python-genai#1764',
  },
  { id: 'G3', when: [reason('CREDENTIALS_MISSING')], outcome: 'config_error', source: 'RedInk#40' },
  {
    id: 'G24',
    when: [message(/^multiple authentication credentials received/i)],
    outcome: 'config_error',
    source: 'hermes-agent#7893, discuss.ai.google.dev t/187237',
  },
  {
    // Files and caches belong to the project that made them: another account may have this one.
    id: 'G25',
    when: [
      message(/^(?:you do not have permission to access the file|cachedcontent not found|not found: cached content)/i),
    ],
    outcome: 'bad_request',
    source: 'python-genai#1218, deprecated-generative-ai-python#692',
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
    source: 'google.api.ErrorReason',
  },
  {
    id: 'G4',
    when: [message(/unregistered callers/i)],
    outcome: 'config_error',
    source: 'openai-gemini#92, js-genai#898',
  },
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
    source: 'continue#12781, generative-ai-docs#74, freellmapi#268',
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
    source: 'ai.google.dev troubleshooting',
    scope: 'key',
  },
  {
    id: 'G7',
    when: [message(/caller does not have permission/i)],
    outcome: 'model_unavailable',
    source: 'gemini-cli#14519',
  },
  {
    id: 'G8',
    when: [message(/user location is not supported/i)],
    outcome: 'region_blocked',
    source: 'gemini-cli#24641',
  },
];

/** G9 to G15: money and limits. */
const limitRules: readonly EvidenceRule[] = [
  {
    id: 'G27',
    when: [reason('BILLING_DISABLED')],
    ...billingCooldown,
    source: 'google.api.ErrorReason; seen in public code',
  },
  { id: 'G9', when: [code('payment_required')], ...billingCooldown, source: 'ai.google.dev api-errors' },
  {
    // Vertex, pay as you go: a quota that all customers share is spent, and none of this project's.
    id: 'G28',
    when: [message(/^resource exhausted\. please try again later\. please refer to .{0,80}error-code-429/i)],
    outcome: 'overloaded',
    source: 'cloud.google.com provisioned-throughput error-code-429',
  },
  {
    id: 'G29',
    when: [message(/only accessible to billed users/i)],
    outcome: 'request_exceeds_key_limit',
    source: 'seen: Imagen, only accessible to billed users',
  },
  {
    id: 'G10',
    when: [message(/^your (?:prepayment credits are depleted|(?:billing account|project)\b.{0,60}spending cap)/i)],
    ...billingCooldown,
    source: 'dyad#3626, bifrost test',
  },
  { id: 'G11', when: [status(402)], ...billingCooldown, source: 'ai.google.dev api-errors' },
  {
    id: 'G12',
    when: [status(429), { on: 'all_limits_zero' }],
    outcome: 'model_unavailable',
    source: 'continue#9745, gemini-cli#22486',
  },
  {
    id: 'G13',
    when: [quotaId(/PerDay/)],
    outcome: 'rate_limited',
    source: 'OmniRoute#9504',
    escalateOnRepeat: 'midnight_pacific',
  },
  {
    id: 'G14',
    when: [code('rate_limit_exceeded', 'quota_exceeded')],
    outcome: 'rate_limited',
    source: 'ai.google.dev api-errors',
  },
  {
    id: 'G15',
    when: [vendorStatus('RESOURCE_EXHAUSTED')],
    outcome: 'rate_limited',
    source: 'Roo-Code#3883, vercel/ai fixture',
  },
];

/** G16 to G22: what Google's status alone says. */
const answerRules: readonly EvidenceRule[] = [
  contentRefusal('G23', 'sentences of refused prompts, seen with several vendors'),
  // The Interactions API has codes in lower case, and no status.
  {
    id: 'G30',
    when: [code('authentication')],
    outcome: 'invalid_key',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G31',
    when: [code('permission_denied')],
    outcome: 'permission_denied',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G32',
    when: [code('model_not_found')],
    outcome: 'model_unavailable',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G33',
    when: [
      code(
        'prohibited_content',
        'content_blocked',
        'blocklist',
        'safety',
        'image_safety',
        'image_prohibited_content',
        'recitation',
        'image_recitation',
        'image_other',
        'spii',
        'language',
      ),
    ],
    outcome: 'content_blocked',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G34',
    when: [code('service_unavailable')],
    outcome: 'overloaded',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G35',
    when: [code('deadline_exceeded')],
    outcome: 'timeout',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G36',
    when: [code('api_error', 'cancelled')],
    outcome: 'server_error',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  {
    id: 'G37',
    when: [
      code('invalid_request', 'parameter_unknown', 'not_found', 'failed_precondition', 'out_of_range', 'unimplemented'),
    ],
    outcome: 'bad_request',
    source: 'ai.google.dev/gemini-api/docs/api-errors',
  },
  { id: 'G16', when: [vendorStatus('NOT_FOUND')], outcome: 'model_unavailable', source: 'gnome-gemini-ai#22' },
  { id: 'G17', when: [vendorStatus('UNAVAILABLE')], outcome: 'overloaded', source: 'gemini-cli#12831, OmniRoute#4182' },
  {
    id: 'G18',
    when: [vendorStatus('INTERNAL', 'CANCELLED')],
    outcome: 'server_error',
    source: 'openai-gemini#15, anon-kode#114',
  },
  { id: 'G19', when: [vendorStatus('DEADLINE_EXCEEDED')], outcome: 'timeout', source: 'letta#2861' },
  { id: 'G20', when: [vendorStatus('UNAUTHENTICATED')], outcome: 'invalid_key', source: 'kilocode#12162' },
  {
    id: 'G21',
    when: [vendorStatus('INVALID_ARGUMENT', 'FAILED_PRECONDITION')],
    outcome: 'bad_request',
    source: 'Antigravity-Manager#2392, bifrost test',
  },
  { id: 'G22', when: [{ on: 'http_5xx' }], outcome: 'server_error', source: 'js-genai retry list' },
];

/** Google's evidence rules, in order. */
export const googleRules: readonly EvidenceRule[] = [...keyRules, ...limitRules, ...answerRules];
