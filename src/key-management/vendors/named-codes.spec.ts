import { classify } from '../classification/classify';
import { vendorErrorFrom } from '../classification/evidence/error-evidence';
import type { Outcome } from './contract/outcome';
import type { VendorProfile } from './contract/profile';
import { google } from './google/google';
import { openai } from './openai/openai';
import { vendorOf } from './vendor-of';

const verdict = (vendor: VendorProfile, answer: object) =>
  classify(vendorErrorFrom(answer), vendorOf(vendor), 'evidence', Date.parse('2026-10-15T12:00:00Z'));

/** A status that by itself means something else than what is expected, so that the code decides. */
const otherStatus = (outcome: Outcome): number => (outcome === 'server_error' || outcome === 'overloaded' ? 400 : 500);

describe('each code that OpenAI documents', () => {
  const read = (status: number, error: Record<string, unknown>) =>
    verdict(openai, { status, body: { error: { message: 'no more is said', ...error } } });

  it.each([
    ...of('config_error', ['mismatched_organization', 'mismatched_project']),
    ...of('permission_denied', ['ip_not_authorized', 'incorrect_hostname']),
    ...of('region_blocked', ['unsupported_country_region_territory']),
    ...of('invalid_key', [
      'invalid_api_key',
      'account_deactivated',
      'no_organization',
      'organization_restricted',
      'not_authorized_invalid_project',
    ]),
    ...of('overloaded', ['server_is_overloaded', 'resource_unavailable', 'conversation_locked']),
    ...of('content_blocked', [
      'content_policy_violation',
      'invalid_prompt',
      'content_filter',
      'moderation_blocked',
      'cyber_policy',
      'bio_policy',
      'misalignment_policy_violation',
      'image_content_policy_violation',
    ]),
    ...of('bad_request', [
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
    ]),
  ])('means %s: %s', (outcome, code) => {
    expect(read(otherStatus(outcome), { code })).toMatchObject({ outcome });
  });

  it('concerns the key as a whole where its network or region is refused', () => {
    for (const code of ['ip_not_authorized', 'incorrect_hostname'])
      expect(read(401, { code })).toMatchObject({ outcome: 'permission_denied', scope: 'key' });
  });
});

describe('sentences of OpenAI and of those who answer like it', () => {
  const read = (status: number, message: string) => verdict(openai, { status, body: { error: { message } } });

  it.each([
    'Incorrect API key provided: sk-***.',
    'Token has been revoked.',
    'The token has been revoked.',
    'Your token has been revoked.',
    'Access token has been revoked.',
    'Your OAuth token has been revoked.',
  ])('of a dead key: %s', (message) => {
    expect(read(400, message).outcome).toBe('invalid_key');
  });

  it('of a key that was not sent stand at the beginning', () => {
    expect(read(401, 'Missing bearer or basic authentication in header').outcome).toBe('config_error');
    expect(read(400, 'It says: missing bearer or basic authentication').outcome).toBe('bad_request');
  });

  it('a 429 that states a wait and is no JSON is known by that, and any other by its status', () => {
    const headers = { 'retry-after': '7' };
    const of = (body: unknown) => verdict(openai, { status: 429, headers, body });
    expect(of('Too Many Requests')).toMatchObject({ outcome: 'rate_limited', scope: 'key', decidedBy: 'header' });
    expect(of({ error: { message: 'no more is said' } }).decidedBy).toBe('status_default');
  });
});

describe('each code and reason that Google documents', () => {
  const read = (status: number, error: Record<string, unknown>) =>
    verdict(google, { status, body: { error: { message: 'no more is said', ...error } } });

  it.each([
    ...of('content_blocked', [
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
    ]),
    ...of('server_error', ['api_error', 'cancelled']),
    ...of('bad_request', [
      'invalid_request',
      'parameter_unknown',
      'not_found',
      'failed_precondition',
      'out_of_range',
      'unimplemented',
    ]),
  ])('means %s: %s', (outcome, code) => {
    expect(read(otherStatus(outcome), { code })).toMatchObject({ outcome });
  });

  it.each([
    'IAM_PERMISSION_DENIED',
    'CONSUMER_INVALID',
    'USER_PROJECT_DENIED',
    'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    'SECURITY_POLICY_VIOLATED',
    'LOCATION_POLICY_VIOLATED',
  ])('means permission_denied: %s', (reason) => {
    expect(read(400, { details: [{ reason }] }).outcome).toBe('permission_denied');
  });

  it.each(['INTERNAL', 'CANCELLED'])('means server_error: the status %s', (status) => {
    expect(read(400, { status }).outcome).toBe('server_error');
  });
});

describe('sentences of Google', () => {
  const read = (status: number, message: string) => verdict(google, { status, body: { error: { message } } });

  it.each([
    ['config_error', 'Multiple authentication credentials received. Please pass only one.'],
    ['bad_request', 'You do not have permission to access the File abc or it may not exist.'],
    ['bad_request', 'CachedContent not found (or permission denied)'],
    ['permission_denied', 'User location is not supported for the API use without a billing account linked.'],
    ['region_blocked', 'User location is not supported for the API use.'],
    [
      'overloaded',
      'Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/error-code-429 for more.',
    ],
  ])('mean %s: %s', (outcome, message) => {
    expect(read(403, message).outcome).toBe(outcome);
  });

  it.each([
    'The prompt said: multiple authentication credentials received',
    'The prompt said: resource exhausted. please try again later. please refer to x error-code-429',
    'The prompt said: cachedcontent not found',
  ])('mean nothing where a caller is quoted: %s', (message) => {
    expect(read(400, message)).toMatchObject({ outcome: 'bad_request', retry: 'none' });
  });

  it('ask another account for a file that this one does not have', () => {
    expect(read(403, 'You do not have permission to access the File abc or it may not exist.').retry).toBe('other_key');
  });
});

function of(outcome: Outcome, codes: readonly string[]): (readonly [Outcome, string])[] {
  return codes.map((code) => [outcome, code] as const);
}
