import { vendorOf } from './vendor-of';
import { IMITATIONS } from '../../../test/vendors/imitations';
import { classify, isDoubtableRemoval, isTableOnlyRemoval } from '../classification/classify';
import { vendorErrorFrom, vendorErrorFromStreamEvent } from '../classification/evidence/error-evidence';
import { anthropic } from './anthropic/anthropic';
import { google } from './google/google';
import { BUILT_IN_VENDORS } from './index';
import { openai } from './openai/openai';
import type { Vendor } from './contract/vendor';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const HOUR = 3_600_000;
const read = (knowledge: Vendor, thrown: unknown, mode: 'evidence' | 'status' = 'evidence') =>
  classify(vendorErrorFrom(thrown, { now: NOW }), knowledge, mode, NOW);

it('cools a Google key down for an hour, growing, when its money is gone, unless a wait is stated', () => {
  const depleted = { message: 'Your prepayment credits are depleted.', status: 'RESOURCE_EXHAUSTED' };
  expect(read(vendorOf(google), { status: 429, body: { error: depleted } })).toMatchObject({
    outcome: 'rate_limited',
    keyAction: 'cool_down',
    scope: 'key',
    cooldownMs: HOUR,
    cooldownMaxMs: 24 * HOUR,
    retryAfterMs: undefined,
  });
  const stated = { ...depleted, details: [{ retryDelay: '90s' }] };
  expect(read(vendorOf(google), { status: 429, body: { error: stated } }).retryAfterMs).toBe(90_000);
});

it('cools a key without permission down for an hour, growing, and never where the probe keeps it', () => {
  const body = { type: 'error', error: { type: 'permission_error', message: 'no' } };
  expect(read(vendorOf(anthropic), { status: 403, body })).toMatchObject({
    cooldownMs: HOUR,
    cooldownMaxMs: 24 * HOUR,
  });
  const probe = vendorErrorFrom(
    { status: 403, body: { error: 'Missing scopes: api.model.read' } },
    { phase: 'probe', endpoint: 'GET /v1/models' },
  );
  expect(classify(probe, vendorOf(openai), 'evidence', NOW)).toMatchObject({
    keyAction: 'keep',
    cooldownMs: undefined,
  });
});

it.each([
  [
    vendorOf(openai),
    { message: 'The model `gpt-9` does not exist or you do not have access to it.', code: 'model_not_found' },
    'gpt-9',
  ],
  [vendorOf(openai), { message: 'Your organization must be verified to use the model `o3`.' }, 'o3'],
  [vendorOf(anthropic), { message: 'model: claude-9', type: 'not_found_error' }, 'claude-9'],
  [
    vendorOf(google),
    { message: 'models/gemini-9 is not found for API version v1beta', status: 'NOT_FOUND' },
    'gemini-9',
  ],
  [vendorOf(google), { message: `models/${'x'.repeat(200)} is not found`, status: 'NOT_FOUND' }, `${'x'.repeat(127)}…`],
])('names the refused model (%#)', (knowledge, error, model) => {
  expect(read(knowledge, { status: 404, body: { error } })).toMatchObject({ outcome: 'model_unavailable', model });
});

it('marks a removal that nothing but the table wants', () => {
  expect(isTableOnlyRemoval(read(vendorOf(openai), { status: 401, body: 'Unauthorized' }))).toBe(true);
  expect(
    isTableOnlyRemoval(read(vendorOf(openai), { status: 401, body: { error: { code: 'invalid_api_key' } } })),
  ).toBe(false);
  expect(isTableOnlyRemoval(read(vendorOf(openai), { status: 418, body: 'teapot' }))).toBe(false);
});

describe('a 401', () => {
  const bare = ['', 'Unauthorized', { detail: 'Unauthorized' }, { error: 'unauthorized' }, { message: 'Unauthorized' }];

  it.each([...BUILT_IN_VENDORS.values()].map((profile) => [profile.name, profile] as const))(
    'that says no more than its status proves no key of %s dead',
    (_, profile) => {
      for (const body of bare) {
        const verdict = read(vendorOf(profile), { status: 401, body });
        // Google's part of the specification's table has no 401.
        const expected = profile.name === 'google' ? ['unknown', false] : ['invalid_key', true];
        expect([body, verdict.outcome, isDoubtableRemoval(verdict)]).toEqual([body, ...expected]);
        expect(isDoubtableRemoval(read(vendorOf(profile), { status: 401, body }, 'status'))).toBe(false);
      }
    },
  );

  // Both answer a dead key as any proxy would.
  const SAY_NOTHING = ['mistral', 'ollama'];

  it.each(IMITATIONS.map((item) => [`${item.vendor} ${item.base}`, item] as const))(
    'or whatever else a dead key is answered with proves it where it says so: %s',
    (_, { vendor, dead }) => {
      const verdict = read(vendorOf(BUILT_IN_VENDORS.get(vendor)!), dead);
      expect([verdict.outcome, isDoubtableRemoval(verdict)]).toEqual(['invalid_key', SAY_NOTHING.includes(vendor)]);
    },
  );
});

it('never retries once content was sent', () => {
  const error = vendorErrorFrom(new TypeError('terminated'), { contentEmitted: true });
  expect(classify(error, vendorOf(openai), 'evidence', NOW)).toMatchObject({ outcome: 'network_error', retry: 'none' });
});

it('leaves what is not known with the key in the pool and tries another', () => {
  const unknown = {
    outcome: 'unknown',
    keyAction: 'keep',
    scope: 'none',
    retry: 'other_key',
    decidedBy: 'status_default',
  };
  expect(read(vendorOf(openai), new Error('Incorrect API key provided: sk-x'))).toMatchObject(unknown);
  expect(read(vendorOf(google), { status: 418, body: 'teapot' })).toMatchObject(unknown);
  expect(read(vendorOf({ name: 'x' }), undefined)).toMatchObject(unknown);
});

it('ignores a stated date more than 400 days away', () => {
  const body = { error: { type: 'billing_error', message: 'You will regain access on 2099-01-01 at 00:00 UTC.' } };
  expect(read(vendorOf(anthropic), { status: 402, body }).notBefore).toBeUndefined();
});

it('takes the reset of a spent dimension for a rate limit only', () => {
  const headers = {
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': '2026-10-15T12:00:20Z',
  };
  const of = (status: number, type: string) =>
    read(vendorOf(anthropic), { status, headers, body: { error: { type } } }).retryAfterMs;
  expect(of(429, 'rate_limit_error')).toBe(20_000);
  expect(of(529, 'overloaded_error')).toBeUndefined();
});

describe('an error inside an HTTP 200', () => {
  it.each([
    [{ type: 'error', code: 'rate_limit_exceeded', message: 'slow', param: null }, 'rate_limited'],
    [
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'x' } } },
      'server_error',
    ],
    [{ error: { code: 402, message: 'Insufficient credits' } }, 'quota_exceeded'],
    [{ event_type: 'error', error: { code: 'rate_limit_exceeded', message: 'x' } }, 'rate_limited'],
    ['data: {"error":{"type":"invalid_request_error","message":"no"}}', 'bad_request'],
    ['event: error\ndata: not json\n\n', 'unknown'],
  ])('%#: %j is %s', (event, outcome) => {
    const error = vendorErrorFromStreamEvent(event, { 'content-type': 'text/event-stream' });
    expect(error).toMatchObject({ phase: 'stream', httpStatus: 200 });
    expect(classify(error, vendorOf({ name: 'x' }), 'evidence', NOW).outcome).toBe(outcome);
  });

  it('is a failure even where a probe got it, and none where `error` is null', () => {
    const probe = (body: object) => vendorErrorFrom({ status: 200, headers: {}, body }, { phase: 'probe' });
    const failed = probe({ error: { code: 'insufficient_quota', message: 'x' } });
    expect(classify(failed, vendorOf(openai), 'evidence', NOW).outcome).toBe('quota_exceeded');
    expect(classify(probe({ id: 'r', error: null, output: [] }), vendorOf(openai), 'evidence', NOW).outcome).toBe('ok');
  });
});

describe('the table alone', () => {
  it.each([
    [vendorOf(openai), 429, 'quota_exceeded'],
    [vendorOf(anthropic), 403, 'quota_exceeded'],
    [vendorOf(google), 403, 'invalid_key'],
    [vendorOf({ name: 'x' }), 402, 'quota_exceeded'],
    [vendorOf(openai), 503, 'unknown'],
  ])('$name %s is %s', (knowledge, status, outcome) => {
    const verdict = read(knowledge, { status, body: { error: { code: 'rate_limit_exceeded' } } }, 'status');
    expect(verdict).toMatchObject({ outcome, decidedBy: 'status_default' });
  });

  it('says nothing on what came before an answer', () => {
    const aborted = vendorErrorFrom(new DOMException('x', 'AbortError'), { callerAborted: true });
    expect(classify(aborted, vendorOf(openai), 'status', NOW).outcome).toBe('cancelled');
    expect(read(vendorOf(openai), Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'status').outcome).toBe(
      'network_error',
    );
  });
});
