import { classify } from '../classification/classify';
import { vendorErrorFrom, type EvidenceContext } from '../classification/evidence/error-evidence';
import { anthropic as anthropicProfile } from './anthropic/anthropic';
import type { Vendor } from './contract/vendor';
import { google as googleProfile } from './google/google';
import { openai as openAiProfile } from './openai/openai';
import { vendorOf } from './vendor-of';

const openAi = vendorOf(openAiProfile);
const anthropic = vendorOf(anthropicProfile);
const google = vendorOf(googleProfile);
const compatible = vendorOf({ name: 'x' });

// Every code, type and sentence of every rule, written out: what is misspelt or lost in a rule is found here.

const HOUR = 3_600_000;

const verdictOn = (knowledge: Vendor, status: number, body: unknown, context: EvidenceContext = {}) =>
  classify(vendorErrorFrom({ status, body, headers: {} }, context), knowledge, 'evidence', 0);

const BODIES = {
  code: (word: string) => ({ error: { code: word } }),
  type: (word: string) => ({ error: { type: word } }),
  reason: (word: string) => ({ error: { details: [{ reason: word }] } }),
  detail: (word: string) => ({ error: { details: { error_code: word } } }),
  status: (word: string) => ({ error: { status: word } }),
  message: (word: string) => ({ error: { message: word } }),
  html: (word: string) => `<html><body>${word}</body></html>`,
};

type Row = readonly [rule: string, status: number, field: keyof typeof BODIES, ...words: string[]];

const CONTENT = [
  'Your input was flagged',
  'The prompts were flagged',
  'The content has been blocked',
  'The image is blocked',
  'Your request was rejected by our safety checks',
  'Messages are rejected by the moderation',
  'Some text have been rejected by our content checks',
  'It was flagged as harmful',
  'It was flagged by our moderation',
  'It was flagged for being unsafe',
  'It was flagged for a violation',
  'It was flagged as against policy',
  'It was flagged as inappropriate',
  'It was flagged as sensitive',
  'It was flagged for safety',
  'See our content policy',
  'See our content policies',
  'Stopped by the content filter',
  'Stopped by content filtering',
  'Stopped by content moderation',
  "Refused by Azure's content management policy",
  'Refused by content moderation filter',
  'Refused by our safety system',
  'Refused by the safety filter',
  'See the safety guidelines',
  'See the safety policy',
  'See the safety policies',
  'It violates our usage guidelines',
  'It violated the community guidelines',
  'It is violating your use policy',
  'A violation of content policies',
  'Violations of safety-related policies',
  'It violates usage guidelines',
  'It violates moderation policy',
  'A guardrail stopped it',
  'Our guardrails stopped it',
  'By moderation it was flagged',
  'The moderation of this text has failed',
  'Moderation: blocked',
  'The moderation refused',
  'This is inappropriate content',
  'Stopped by data inspection',
  'data_inspection_failed: data_inspection stopped it',
  'Stopped by data-inspection',
] as const;

const NOT_INCLUDED = [
  'Pay for this model',
  'Upgrade to use the selected model',
  'Upgrade to access the requested model',
  'You have no access to that model',
  'You may not sample from this model',
  'This model requires a plan',
  'The selected model requires credits',
  'The requested model requires a plan',
] as const;

const OPENAI: readonly Row[] = [
  ['X1', 403, 'html', 'Sorry, you have been blocked', 'Just a moment...', 'Attention required'],
  ['O2', 403, 'message', 'Missing scopes: x', 'You have insufficient permissions for this operation'],
  ['O3', 401, 'message', "You didn't provide an API key."],
  ['O4', 401, 'code', 'mismatched_organization'],
  ['O5', 401, 'code', 'ip_not_authorized'],
  ['O6', 403, 'code', 'unsupported_country_region_territory'],
  ['O7', 401, 'code', 'invalid_api_key', 'account_deactivated', 'no_organization', 'organization_restricted'],
  ['O8', 403, 'type', 'access_terminated'],
  ['O9', 401, 'message', 'Incorrect API key provided: x'],
  ['O10', 429, 'code', 'insufficient_quota', 'billing_not_active', 'billing_hard_limit_reached'],
  ['O10', 429, 'code', 'credit_balance_exhausted', 'organization_spend_limit_exceeded', 'blocked_api_access'],
  ['O10', 429, 'code', 'project_spend_limit_exceeded', 'organization_usage_limit_exceeded'],
  ['O11', 429, 'type', 'insufficient_quota', 'billing_not_active'],
  ['O12', 402, 'message', 'It requires more credits, or fewer max_tokens', 'You can only afford 7 tokens'],
  ['O33', 402, 'message', ...NOT_INCLUDED],
  ['O33', 403, 'message', ...NOT_INCLUDED],
  ['O14', 403, 'message', 'Your team 1-2 has either used all available credits', 'Insufficient balance'],
  ['O14', 403, 'message', 'Key limit exceeded', 'Your credit balance is low', 'Your account is not active'],
  [
    'O15',
    429,
    'message',
    'Request too large for gpt-x on tokens per min',
    'It must be reduced in order to run successfully',
  ],
  ['O16', 503, 'code', 'server_is_overloaded'],
  ['O17', 429, 'type', 'engine_overloaded_error'],
  ['O18', 429, 'message', 'Service tier capacity exceeded'],
  ['O19', 429, 'code', 'slow_down'],
  ['O20', 429, 'code', 'rate_limit_exceeded'],
  ['O21', 429, 'type', 'tokens', 'requests', 'rate_limited', 'rate_limit_error'],
  ['O22', 404, 'code', 'model_not_found'],
  ['O23', 403, 'message', 'Your organization must be verified to use the model `o3`'],
  ['O24', 400, 'code', 'content_policy_violation', 'invalid_prompt', 'content_filter', 'moderation_blocked'],
  ['O34', 400, 'message', ...CONTENT],
  ['O26', 400, 'code', 'context_length_exceeded'],
  ['O29', 400, 'code', 'server_error'],
  ['O30', 408, 'type', 'server_error', 'service_unavailable_error'],
  ['O31', 400, 'type', 'invalid_request_error'],
];

const ANTHROPIC: readonly Row[] = [
  ['A1', 401, 'message', 'x-api-key header is required', 'CORS requests are not allowed'],
  ['A2', 400, 'message', 'This organization has been disabled'],
  ['A3', 401, 'type', 'authentication_error'],
  ['A4', 429, 'detail', 'enforced_spend_limit_reached'],
  ['A5', 402, 'type', 'billing_error'],
  ['A6', 400, 'message', 'Your credit balance is too low', 'You have reached your API usage limits'],
  ['A6', 400, 'message', 'You have reached your specified API usage limits'],
  ['A6', 400, 'message', 'You have reached your specified workspace API usage limits'],
  ['A7', 403, 'type', 'forbidden'],
  ['A13', 400, 'message', 'Output blocked by content filtering policy'],
  ['A18', 400, 'message', 'Your prompt was flagged'],
  ['A19', 403, 'message', ...NOT_INCLUDED],
  ['A8', 403, 'type', 'permission_error'],
  ['A9', 529, 'type', 'overloaded_error'],
  ['A10', 500, 'message', 'Overloaded'],
  ['A11', 429, 'type', 'rate_limit_error'],
  ['A14', 400, 'type', 'invalid_request_error', 'request_too_large', 'not_found_error'],
  ['A15', 504, 'type', 'timeout_error'],
  ['A16', 500, 'type', 'api_error'],
];

const GOOGLE: readonly Row[] = [
  ['G1', 400, 'reason', 'API_KEY_INVALID', 'ACCESS_TOKEN_TYPE_UNSUPPORTED', 'CONSUMER_SUSPENDED'],
  ['G2', 403, 'message', 'Your API key was reported as leaked', 'API key not valid', 'API key expired'],
  ['G2', 400, 'message', 'API key not found'],
  ['G3', 401, 'reason', 'CREDENTIALS_MISSING'],
  ['G4', 403, 'message', "Method doesn't allow unregistered callers"],
  ['G5', 403, 'reason', 'SERVICE_DISABLED', 'API_KEY_SERVICE_BLOCKED', 'API_KEY_HTTP_REFERRER_BLOCKED'],
  ['G5', 403, 'reason', 'API_KEY_IP_ADDRESS_BLOCKED', 'API_KEY_ANDROID_APP_BLOCKED', 'API_KEY_IOS_APP_BLOCKED'],
  ['G6', 400, 'message', 'The free tier is not available in your country'],
  ['G7', 403, 'message', 'The caller does not have permission'],
  ['G8', 400, 'message', 'User location is not supported'],
  ['G9', 402, 'code', 'payment_required'],
  ['G10', 429, 'message', 'Your prepayment credits are depleted', 'Your project has exceeded its spending cap'],
  ['G10', 429, 'message', 'Your billing account is beyond its spending cap'],
  ['G14', 429, 'code', 'rate_limit_exceeded', 'quota_exceeded'],
  ['G15', 429, 'status', 'RESOURCE_EXHAUSTED'],
  ['G23', 400, 'message', 'Your prompt was flagged'],
  ['G16', 404, 'status', 'NOT_FOUND'],
  ['G17', 503, 'status', 'UNAVAILABLE'],
  ['G18', 500, 'status', 'INTERNAL'],
  ['G19', 504, 'status', 'DEADLINE_EXCEEDED'],
  ['G20', 401, 'status', 'UNAUTHENTICATED'],
  ['G21', 400, 'status', 'INVALID_ARGUMENT', 'FAILED_PRECONDITION'],
];

const VENDORS = [
  ['openai', openAi, OPENAI],
  ['a compatible vendor', compatible, OPENAI],
  ['anthropic', anthropic, ANTHROPIC],
  ['google', google, GOOGLE],
] as const;

describe.each(VENDORS)('%s', (_vendor, knowledge, rows) => {
  const cases = rows.flatMap(([rule, status, field, ...words]) =>
    words.map((word) => [rule, status, field, word] as const),
  );

  it.each(cases)('%s is for status %d with %s %j', (rule, status, field, word) => {
    expect(verdictOn(knowledge, status, BODIES[field](word)).rule).toBe(rule);
  });
});

const ruleOn = (knowledge: Vendor, status: number, message: string, context?: EvidenceContext) =>
  verdictOn(knowledge, status, BODIES.message(message), context).rule;

describe('a 401 of a compatible vendor', () => {
  it.each([
    'Unauthorized: missing or invalid API key.',
    'Invalid API key',
    'Invalid apikey',
    'invalid or expired token',
    'Expired auth token',
    'Revoked bearer token',
    'incorrect credential',
    'API key is invalid',
    'The provided API key is invalid',
    'Your apikey has been revoked',
    'api-key provided was not valid',
    'Token is expired',
    'Auth token is disabled',
    'You did not pass a valid authentication token',
  ])('that says %j proves the key invalid', (message) => {
    expect(ruleOn(compatible, 401, message)).toBe('V7');
  });

  it.each([
    'Note that an invalid API key was sent',
    'See whether the API key is invalid',
    'Maybe you did not pass a valid authentication token',
    'Unauthorized',
  ])('that says %j proves no more than its status', (message) => {
    expect(ruleOn(compatible, 401, message)).toBe('V1');
  });
});

describe('statuses of a rule', () => {
  const rulesFor = (knowledge: Vendor, statuses: number[], body: unknown) =>
    statuses.filter((status) => ![undefined, 'V4'].includes(verdictOn(knowledge, status, body).rule));

  it('of content are those of a refusal', () => {
    expect(rulesFor(google, [400, 401, 403, 404, 422, 429, 451], BODIES.message(CONTENT[0]))).toEqual([
      400, 403, 422, 451,
    ]);
  });

  it('of a bad request', () => {
    const statuses = [400, 404, 409, 413, 415, 422];
    expect(rulesFor(openAi, [...statuses, 408, 418], BODIES.type('invalid_request_error'))).toEqual(statuses);
    const callers = [400, 404, 405, 409, 410, 413, 415, 422, 424, 451];
    const last = (vendor: Vendor) => callers.map((status) => verdictOn(vendor, status, 'no').rule);
    expect(last(openAi)).toEqual(['V4', 'V4', 'V4', 'V4', 'V4', 'O37', 'V4', 'V4', 'V4', 'V4']);
    expect(last(compatible)).toEqual(['V4', 'V4', 'V4', 'V4', 'V6', 'O37', 'V4', 'V4', 'V4', 'V4']);
    expect(last(google)).toEqual(Array(10).fill('V4'));
  });

  it('of overload, before other faults of a server', () => {
    const rules = [498, 503, 500, 529].map((status) => verdictOn(compatible, status, 'no').rule);
    expect(rules).toEqual(['O27', 'O27', 'O28', 'O27']);
  });
});

it('lets the more exact code of a compatible vendor go before the status of an overload', () => {
  const overloaded = verdictOn(compatible, 529, BODIES.code('server_is_overloaded'));
  expect(overloaded.rule).toBe('O16');
});

it('takes the page of a gateway for a block of the region, and no plain text', () => {
  const rules = [BODIES.html('You have been blocked'), 'You have been blocked'].map(
    (body) => verdictOn(openAi, 403, body).rule,
  );
  expect(rules).toEqual(['X1', undefined]);
});

describe('a sentence', () => {
  it.each([
    ['about a model that requires moderation', 403, 'This model requires moderation'],
    ['about words far apart', 400, `flagged by ${'x'.repeat(41)} moderation`],
    ['that ends between its words', 400, 'It was flagged by us. See safety'],
    ['that ends behind moderation', 400, 'We use moderation. Your card was refused'],
  ])('%s is for no rule of its own', (_, status, message) => {
    expect(ruleOn(openAi, status, message)).toBe(status === 400 ? 'V4' : undefined);
  });

  it('that begins otherwise removes no key', () => {
    for (const words of ['incorrect API key provided', 'insufficient balance', 'key limit exceeded']) {
      expect(ruleOn(openAi, 403, `Note: ${words}`)).toBeUndefined();
    }
    for (const words of [
      'your account is not active',
      'your credit balance',
      'your team 1 has either used all available credits',
    ]) {
      expect(ruleOn(openAi, 403, `Note: ${words}`)).toBeUndefined();
    }
    for (const words of [
      'CORS requests are not allowed',
      'this organization has been disabled',
      'your credit balance is too low',
      'you have reached your API usage limits',
    ]) {
      expect(ruleOn(anthropic, 400, `Note: ${words}`)).toBe('V4');
    }
    for (const words of ['API key expired', 'your prepayment credits are depleted', 'overloaded']) {
      expect(ruleOn(google, 400, `Note: ${words}`)).toBe('V4');
    }
  });

  it('of Anthropic is `Overloaded` and nothing more', () => {
    const rules = ['Overloaded', 'Overloaded?', 'Not overloaded'].map((words) => ruleOn(anthropic, 429, words));
    expect(rules).toEqual(['A10', undefined, undefined]);
  });

  it('of Anthropic names a model that is not found at its beginning', () => {
    const notFound = (message: string) =>
      verdictOn(anthropic, 404, { error: { type: 'not_found_error', message } }).rule;
    expect([notFound('model: x'), notFound('No such model: x')]).toEqual(['A12', 'A14']);
  });

  it('is for a probe of the list of models only where the endpoint is that', () => {
    const scopes = (context: EvidenceContext) => ruleOn(openAi, 403, 'Missing scopes: x', context);
    expect(scopes({ phase: 'probe', endpoint: 'GET /v1/models' })).toBe('O1');
    expect(scopes({ phase: 'probe', endpoint: 'POST /v1/responses' })).toBe('O2');
    expect(scopes({ phase: 'http', endpoint: 'GET /v1/models' })).toBe('O2');
    const cut = (phase: 'probe' | 'http') =>
      ruleOn(openAi, 400, 'Could not finish the message because max_tokens was reached', { phase });
    expect([cut('probe'), cut('http')]).toEqual(['O25', 'V4']);
  });
});

describe('what a rule overrules', () => {
  it.each([
    ['O5', openAi, 401, BODIES.code('ip_not_authorized')],
    ['O19', openAi, 429, BODIES.code('slow_down')],
    ['G5', google, 403, BODIES.reason('SERVICE_DISABLED')],
    ['G6', google, 400, BODIES.message('The free tier is not available in your country')],
  ])('%s speaks of the whole key', (rule, knowledge, status, body) => {
    expect(verdictOn(knowledge, status, body)).toMatchObject({ rule, keyAction: 'cool_down', scope: 'key' });
  });

  it('O1 keeps the key, and asks no other one', () => {
    const context = { phase: 'probe', endpoint: 'GET /v1/models' } as const;
    expect(verdictOn(openAi, 403, BODIES.message('Missing scopes: x'), context)).toMatchObject({
      rule: 'O1',
      keyAction: 'keep',
      retry: 'none',
    });
  });

  it('O32 takes a 429 of something before the vendor, which states a wait, for the whole key', () => {
    const read = (body: unknown, headers: Record<string, string>) =>
      classify(vendorErrorFrom({ status: 429, body, headers }), openAi, 'evidence', 0);
    expect(read('slow', { 'retry-after': '3' })).toMatchObject({ rule: 'O32', scope: 'key', retryAfterMs: 3_000 });
    expect(read('slow', {}).rule).toBeUndefined();
    expect(read({ error: {} }, { 'retry-after': '3' }).rule).toBeUndefined();
  });

  it.each([
    ['G9', 402, BODIES.code('payment_required')],
    ['G10', 429, BODIES.message('Your prepayment credits are depleted')],
    ['G11', 402, BODIES.message('no')],
  ])('%s cools a key without money down, for an hour and then longer', (rule, status, body) => {
    expect(verdictOn(google, status, body)).toMatchObject({
      rule,
      outcome: 'rate_limited',
      keyAction: 'cool_down',
      scope: 'key',
      cooldownMs: HOUR,
      cooldownMaxMs: 24 * HOUR,
    });
  });

  it('G13 lets a daily limit that repeats last until midnight', () => {
    const over = (quotaId: string) =>
      verdictOn(google, 429, {
        error: { status: 'RESOURCE_EXHAUSTED', details: [{ violations: [{ quotaId }] }] },
      });
    expect(over('RequestsPerDayPerProject')).toMatchObject({ rule: 'G13', escalateOnRepeat: 'midnight_pacific' });
    expect(over('RequestsPerMinutePerProject')).toMatchObject({ rule: 'G15', escalateOnRepeat: undefined });
  });
});
