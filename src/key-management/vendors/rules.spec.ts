import { error, ownSamples, said, type Extra, type Sample } from '../../../test/vendors/rule-samples';
import { BUILT_IN_VENDORS } from './index';
import { vendorOf } from './vendor-of';
import { classify } from '../classification/classify';
import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import { CONSEQUENCES } from './contract/outcome';
import { anthropic } from './anthropic/anthropic';
import { google as googleProfile } from './google/google';
import { openai } from './openai/openai';
import type { Vendor } from './contract/vendor';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const compatible = vendorOf({ name: 'somewhere' });

const detail = (reason: string): object => error({ message: 'no', details: [{ reason }] });
const BLOCKED = '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>';

const edgeSamples: Sample[] = [
  ['X1', 'region_blocked', 403, BLOCKED],
  ['X2', 'overloaded', 429, { cloudflare_error: true, title: 'Error 1015: You are being rate limited', status: 429 }],
  ['X3', 'config_error', 404, '<html><title>Error 404 (Not Found)!!1</title></html>'],
  ['X4', 'network_error', 400, '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>'],
];

const lastSamples: Sample[] = [
  ['V4', 'bad_request', 422, { detail: [{ msg: 'Field required', type: 'missing', input: 'x' }] }],
];

const openAiSamples: Sample[] = [
  ...edgeSamples,
  ...lastSamples,
  [
    'O1',
    'permission_denied',
    403,
    { error: 'Missing scopes: api.model.read' },
    { phase: 'probe', endpoint: 'GET /v1/models' },
  ],
  ['O2', 'permission_denied', 401, said('You have insufficient permissions for this operation.')],
  ['O3', 'config_error', 401, said("You didn't provide an API key.")],
  ['O4', 'config_error', 401, error({ code: 'mismatched_organization' })],
  ['O5', 'permission_denied', 401, error({ code: 'ip_not_authorized' })],
  ['O6', 'region_blocked', 403, error({ code: 'unsupported_country_region_territory' })],
  ['O7', 'invalid_key', 401, error({ code: 'invalid_api_key' })],
  ['O8', 'invalid_key', 403, error({ type: 'access_terminated' })],
  [
    'O9',
    'invalid_key',
    400,
    { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***yz.' },
  ],
  ['O10', 'quota_exceeded', 400, error({ code: 'billing_hard_limit_reached', type: 'invalid_request_error' })],
  ['O11', 'quota_exceeded', 429, error({ type: 'billing_not_active', code: null })],
  [
    'O12',
    'request_exceeds_key_limit',
    402,
    error({
      code: 402,
      message: 'This request requires more credits, or fewer max_tokens.',
    }),
  ],
  ['O33', 'model_unavailable', 402, said('Payment required for this model')],
  ['O34', 'content_blocked', 403, said('Your chosen model requires moderation and your input was flagged')],
  ['O13', 'quota_exceeded', 402, error({ code: 402, message: 'Payment required' })],
  ['O14', 'quota_exceeded', 403, said('Key limit exceeded (total limit).')],
  [
    'O15',
    'request_exceeds_key_limit',
    429,
    error({
      code: 'rate_limit_exceeded',
      message: 'Request too large for x on tokens per min',
    }),
  ],
  ['O16', 'overloaded', 503, error({ code: 'server_is_overloaded' })],
  ['O17', 'overloaded', 429, error({ type: 'engine_overloaded_error' })],
  ['O18', 'overloaded', 429, { message: 'Service tier capacity exceeded for this model.' }],
  ['O19', 'rate_limited', 429, error({ code: 'slow_down' })],
  ['O20', 'rate_limited', 429, error({ code: 'rate_limit_exceeded', type: 'requests' })],
  ['O21', 'rate_limited', 429, { object: 'error', type: 'rate_limited', code: '1300' }],
  ['O22', 'model_unavailable', 404, error({ code: 'model_not_found' })],
  ['O23', 'model_unavailable', 403, said('Your organization must be verified to use the model `o3`.')],
  ['O24', 'content_blocked', 400, error({ code: 'invalid_prompt' })],
  [
    'O25',
    'ok',
    400,
    said('Could not finish the message because max_tokens or model output limit was reached.'),
    { phase: 'probe' },
  ],
  ['O26', 'bad_request', 400, error({ code: 'context_length_exceeded' })],
  ['O27', 'overloaded', 498, said('capacity')],
  ['O28', 'server_error', 520, '<html><body>origin error</body></html>'],
  ['O29', 'server_error', 400, error({ code: 'server_error' })],
  ['O30', 'server_error', 408, error({ type: 'service_unavailable_error' })],
  ['O31', 'bad_request', 404, error({ type: 'invalid_request_error', message: 'Unknown request URL' })],
  ['O32', 'rate_limited', 429, 'slow', { headers: { 'retry-after': '3' } }],
  ['O35', 'permission_denied', 401, error({ code: 'incorrect_hostname' })],
  ['O36', 'request_exceeds_key_limit', 400, said('You have exceeded your file storage quota.')],
  ['O37', 'bad_request', 413, error({ type: 'server_error', message: 'Maximum content size limit exceeded' })],
  ['O38', 'timeout', 200, { type: 'error', code: 'vector_store_timeout', message: 'x' }, { phase: 'stream' }],
];
const compatibleSamples: Sample[] = [
  ['V1', 'invalid_key', 401, { detail: 'Unauthorized' }],
  ['V7', 'invalid_key', 401, { detail: { error: 'Unauthorized: missing or invalid API key.' } }],
  ['V2', 'rate_limited', 429, error({ code: '429' })],
  ['V3', 'permission_denied', 403, 'Forbidden'],
  ['V6', 'model_unavailable', 410, 'Gone'],
];
const anthropicSamples: Sample[] = [
  ...edgeSamples,
  ...lastSamples,
  ['A20', 'permission_denied', 400, said('must include the anthropic-workspace-id header'), { phase: 'probe' }],
  ['A21', 'permission_denied', 400, said('anthropic-workspace-id is required')],
  ['A22', 'request_exceeds_key_limit', 429, said('Extra usage is required for long context requests.')],
  ['A1', 'config_error', 401, error({ type: 'authentication_error', message: 'CORS requests are not allowed' })],
  ['A2', 'invalid_key', 400, error({ type: 'invalid_request_error', message: 'This organization has been disabled.' })],
  ['A3', 'invalid_key', 401, error({ type: 'authentication_error', message: 'invalid x-api-key' })],
  [
    'A4',
    'quota_exceeded',
    429,
    error({ type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } }),
  ],
  ['A5', 'quota_exceeded', 402, error({ type: 'billing_error' })],
  [
    'A6',
    'quota_exceeded',
    400,
    error({ type: 'invalid_request_error', message: 'You have reached your API usage limits.' }),
  ],
  ['A7', 'region_blocked', 403, error({ type: 'forbidden', message: 'Request not allowed' })],
  ['A8', 'permission_denied', 403, error({ type: 'permission_error' })],
  ['A9', 'overloaded', 529, error({ type: 'overloaded_error' })],
  ['A10', 'overloaded', 500, error({ type: 'api_error', message: 'Overloaded' })],
  ['A11', 'rate_limited', 429, error({ type: 'rate_limit_error' })],
  ['A12', 'model_unavailable', 404, error({ type: 'not_found_error', message: 'model: claude-x' })],
  [
    'A13',
    'content_blocked',
    400,
    error({ type: 'invalid_request_error', message: 'Output blocked by content filtering policy' }),
  ],
  [
    'A14',
    'bad_request',
    400,
    error({ type: 'invalid_request_error', message: 'prompt is too long: 2 tokens > 1 maximum' }),
  ],
  ['A15', 'timeout', 504, error({ type: 'timeout_error' })],
  ['A16', 'server_error', 500, error({ type: 'api_error', message: 'Internal server error' })],
  ['A18', 'content_blocked', 403, error({ type: 'permission_error', message: 'Your prompt was flagged as harmful.' })],
  ['A19', 'model_unavailable', 403, said('Your key is not allowed to sample from this model')],
  ['A17', 'server_error', 502, '<html><body>bad gateway</body></html>'],
];
const google = (status: string, message = 'no'): object => error({ code: 0, status, message });
const googleSamples: Sample[] = [
  ...edgeSamples,
  ...lastSamples,
  ['G24', 'config_error', 400, said('Multiple authentication credentials received. Please pass only one.')],
  ['G25', 'bad_request', 403, said('You do not have permission to access the File x or it may not exist.')],
  ['G26', 'permission_denied', 403, detail('IAM_PERMISSION_DENIED')],
  ['G27', 'rate_limited', 403, detail('BILLING_DISABLED')],
  [
    'G28',
    'overloaded',
    429,
    said(
      'Resource exhausted. Please try again later. Please refer to https://cloud.google.com/error-code-429 for more.',
    ),
  ],
  ['G29', 'request_exceeds_key_limit', 400, said('Imagen API is only accessible to billed users at this time.')],
  ['G30', 'invalid_key', 401, error({ code: 'authentication' })],
  ['G31', 'permission_denied', 403, error({ code: 'permission_denied' })],
  ['G32', 'model_unavailable', 404, error({ code: 'model_not_found' })],
  ['G33', 'content_blocked', 400, error({ code: 'prohibited_content' })],
  ['G34', 'overloaded', 503, error({ code: 'service_unavailable' })],
  ['G35', 'timeout', 504, error({ code: 'deadline_exceeded' })],
  ['G36', 'server_error', 500, error({ code: 'api_error' })],
  ['G37', 'bad_request', 400, error({ code: 'invalid_request' })],
  ['G1', 'invalid_key', 400, detail('API_KEY_INVALID')],
  ['G2', 'invalid_key', 400, google('INVALID_ARGUMENT', 'API key expired. Please renew the API key.')],
  ['G3', 'config_error', 401, detail('CREDENTIALS_MISSING')],
  [
    'G4',
    'config_error',
    403,
    said("Method doesn't allow unregistered callers (callers without established identity)."),
  ],
  ['G5', 'permission_denied', 403, detail('SERVICE_DISABLED')],
  [
    'G6',
    'permission_denied',
    400,
    google('FAILED_PRECONDITION', 'Gemini API free tier is not available in your country.'),
  ],
  ['G7', 'model_unavailable', 403, google('PERMISSION_DENIED', 'The caller does not have permission')],
  ['G8', 'region_blocked', 400, google('FAILED_PRECONDITION', 'User location is not supported for the API use.')],
  ['G9', 'rate_limited', 402, error({ code: 'payment_required' })],
  ['G10', 'rate_limited', 429, google('RESOURCE_EXHAUSTED', 'Your project 1 has exceeded its spending cap.')],
  ['G11', 'rate_limited', 402, google('X')],
  ['G12', 'model_unavailable', 429, google('RESOURCE_EXHAUSTED', 'Quota exceeded, limit: 0, model: gemini-3-pro')],
  [
    'G13',
    'rate_limited',
    429,
    error({ status: 'RESOURCE_EXHAUSTED', details: [{ violations: [{ quotaId: 'RequestsPerDayPerProject' }] }] }),
  ],
  ['G14', 'rate_limited', 429, error({ code: 'quota_exceeded' })],
  ['G15', 'rate_limited', 429, google('RESOURCE_EXHAUSTED')],
  ['G16', 'model_unavailable', 404, google('NOT_FOUND', 'models/gemini-x is not found for API version v1beta')],
  ['G17', 'overloaded', 503, google('UNAVAILABLE')],
  ['G18', 'server_error', 500, google('INTERNAL')],
  ['G19', 'timeout', 504, google('DEADLINE_EXCEEDED')],
  ['G20', 'invalid_key', 401, google('UNAUTHENTICATED')],
  ['G21', 'bad_request', 400, google('INVALID_ARGUMENT')],
  [
    'G23',
    'content_blocked',
    403,
    error({ status: 'PERMISSION_DENIED', message: 'The prompt was blocked by our safety filter' }),
  ],
  ['G22', 'server_error', 502, '<html><body>502</body></html>'],
];

const suites: [Vendor, Sample[]][] = [
  [vendorOf(openai), openAiSamples],
  [compatible, [...openAiSamples, ...compatibleSamples]],
  [vendorOf(anthropic), anthropicSamples],
  [vendorOf(googleProfile), googleSamples],
  ...Object.entries(ownSamples).map(([name, samples]): [Vendor, Sample[]] => {
    const profile = BUILT_IN_VENDORS.get(name)!;
    return [{ ...vendorOf(profile), rules: [...profile.rules!, ...compatible.rules] }, samples];
  }),
];

const verdictOn = (knowledge: Vendor, status: number, body: unknown, more: Extra = {}) =>
  classify(
    vendorErrorFrom({ status, body, headers: more.headers ?? {} }, { now: NOW, ...more }),
    knowledge,
    'evidence',
    NOW,
  );

describe.each(suites.map(([knowledge, samples]) => [knowledge.name, knowledge, samples] as const))(
  '%s',
  (name, knowledge, samples) => {
    it.each(samples.map(([a, b, c, d, more]) => [a, b, c, d, more ?? {}] as const))(
      '%s means %s',
      (rule, outcome, status, body, more) => {
        expect(verdictOn(knowledge, status, body, more)).toMatchObject({ rule, outcome });
      },
    );

    it('has a sample for every rule', () => {
      const known = new Set([...samples, ...(name in ownSamples ? suites[1]![1] : [])].map(([sample]) => sample));
      expect(knowledge.rules.map((rule) => rule.id).filter((id) => !known.has(id))).toEqual([]);
    });

    const removing = samples.filter(([, outcome]) => CONSEQUENCES[outcome].keyAction === 'remove');
    const sentences = removing
      .map(([rule, , , body]) => [rule, sentenceOf(body)] as const)
      .filter(([, text]) => text !== '');

    it('removes no key for words that a caller put into a message', () => {
      for (const [rule, words] of sentences) {
        for (const message of [
          `The model \`${words}\` does not exist`,
          `tools.0.name: '${words}' does not match`,
          `x\n${words}`,
        ]) {
          const verdicts = [400, 404, 422].map((status) => verdictOn(knowledge, status, said(message)));
          expect([rule, ...verdicts.map(({ keyAction }) => keyAction)]).not.toContain('remove');
        }
      }
    });

    // That no pattern is slower than linear is lint's to say (regexp/no-super-linear-*) and test/security/patterns.spec.ts'.
    it('gives a verdict on hostile messages', () => {
      for (const part of [
        'your team ',
        'request too large for ',
        'your project ',
        'limit: 0 ',
        'try again in 1m',
        ' ',
        'model `',
      ]) {
        expect(verdictOn(knowledge, 429, said(part.repeat(20_000))).outcome).toEqual(expect.any(String));
      }
    });
  },
);

function sentenceOf(body: unknown): string {
  return typeof body === 'object' ? vendorErrorFrom({ status: 400, body }).message : '';
}
