import Anthropic from '@anthropic-ai/sdk';
import { ApiError } from '@google/genai';
import OpenAI from 'openai';
import type { Behaviour } from '../../src/key-management/testing/simulator';
import { rawCall } from './raw-calls';
import { anthropicSdk, chat, failureOf, googleSdk, openAiSdk } from './sdk-clients';
import { VendorSimulator } from './vendor-simulator';

let sim: VendorSimulator;
beforeAll(async () => {
  sim = await VendorSimulator.start();
});
afterAll(() => sim.close());
beforeEach(() => sim.reset());

type ErrorClass = abstract new (...args: never[]) => Error;
type Row = readonly [Behaviour | 'unknown', ErrorClass, object];

describe('what the OpenAI SDK throws', () => {
  const rows: Row[] = [
    ['unknown', OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    [{ kind: 'invalid' }, OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    [{ kind: 'exhausted' }, OpenAI.RateLimitError, { status: 429, code: 'insufficient_quota' }],
    [{ kind: 'exhausted', variant: 'billing_hard_limit_reached' }, OpenAI.BadRequestError, { status: 400 }],
    [{ kind: 'alwaysRateLimited' }, OpenAI.RateLimitError, { status: 429, code: 'rate_limit_exceeded' }],
    [{ kind: 'permissionDenied' }, OpenAI.AuthenticationError, { status: 401, code: null }],
    [{ kind: 'regionBlocked' }, OpenAI.PermissionDeniedError, { status: 403 }],
    [{ kind: 'regionBlocked', variant: 'cloudflare_blocked' }, OpenAI.PermissionDeniedError, { status: 403 }],
    [{ kind: 'modelUnavailable' }, OpenAI.NotFoundError, { code: 'model_not_found' }],
    [{ kind: 'overloaded' }, OpenAI.InternalServerError, { status: 503, code: 'server_is_overloaded' }],
    [{ kind: 'serverError' }, OpenAI.InternalServerError, { status: 500, type: 'server_error' }],
    [{ kind: 'html' }, OpenAI.InternalServerError, { status: 502 }],
    [{ kind: 'status', status: 418 }, OpenAI.APIError, { status: 418 }],
    [{ kind: 'contentBlocked' }, OpenAI.BadRequestError, { code: 'content_policy_violation' }],
    [{ kind: 'reset' }, OpenAI.APIConnectionError, {}],
  ];

  it.each(rows)('%j', async (behaviour, errorClass, fields) => {
    const key = behaviour === 'unknown' ? 'sk-never-scripted' : sim.openai.key('sk-scripted', behaviour);
    const error = await failureOf(openAiSdk(sim.openai, key).chat.completions.create({ model: 'gpt-4o', ...chat }));
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject(fields);
  });

  it('masks the key as OpenAI does', async () => {
    const text = await (await rawCall(sim.openai, 'sk-proj-0123456789abcdef')).text();
    expect(text).toContain('Incorrect API key provided: sk-proj-************cdef.');
  });
});

describe('what the Anthropic SDK throws', () => {
  const rows: Row[] = [
    ['unknown', Anthropic.AuthenticationError, { status: 401, type: 'authentication_error' }],
    [{ kind: 'exhausted' }, Anthropic.BadRequestError, { status: 400, type: 'invalid_request_error' }],
    [{ kind: 'exhausted', variant: 'spend_cap' }, Anthropic.RateLimitError, { status: 429 }],
    [{ kind: 'alwaysRateLimited' }, Anthropic.RateLimitError, { type: 'rate_limit_error' }],
    [{ kind: 'permissionDenied' }, Anthropic.PermissionDeniedError, { type: 'permission_error' }],
    [{ kind: 'regionBlocked' }, Anthropic.PermissionDeniedError, { status: 403 }],
    [{ kind: 'modelUnavailable' }, Anthropic.NotFoundError, { type: 'not_found_error' }],
    [{ kind: 'overloaded' }, Anthropic.InternalServerError, { status: 529, type: 'overloaded_error' }],
    [{ kind: 'reset' }, Anthropic.APIConnectionError, {}],
  ];

  it.each(rows)('%j', async (behaviour, errorClass, fields) => {
    const key = behaviour === 'unknown' ? 'sk-ant-never' : sim.anthropic.key('sk-ant-scripted', behaviour);
    const client = anthropicSdk(sim.anthropic, key);
    const error = await failureOf(client.messages.create({ model: 'claude-x', max_tokens: 5, ...chat }));
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject(fields);
  });

  it('refuses a request without a version', async () => {
    const headers = { 'x-api-key': sim.anthropic.key('sk-ant-scripted') };
    const response = await fetch(`${sim.anthropic.baseUrl}/v1/models`, { headers });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('anthropic-version: header is required');
  });
});

describe('what the Gemini SDK throws', () => {
  const rows: Row[] = [
    ['unknown', ApiError, { status: 400, message: expect.stringContaining('API_KEY_INVALID') }],
    [{ kind: 'invalid', variant: 'suspended' }, ApiError, { message: expect.stringContaining('api_key:AQ.scripted') }],
    [{ kind: 'exhausted' }, ApiError, { status: 429, message: expect.stringContaining('prepayment') }],
    [{ kind: 'alwaysRateLimited' }, ApiError, { status: 429, message: expect.stringContaining('"retryDelay":"20s"') }],
    [{ kind: 'overloaded' }, ApiError, { status: 503 }],
    [{ kind: 'html' }, ApiError, { status: 502 }],
    [{ kind: 'reset' }, Error, { message: expect.stringContaining('fetch failed') }],
  ];

  it.each(rows)('%j', async (behaviour, errorClass, fields) => {
    const key = behaviour === 'unknown' ? 'AQ.never' : sim.google.key('AQ.scripted', behaviour);
    const client = googleSdk(sim.google, key);
    const error = await failureOf(client.models.generateContent({ model: 'gemini-x', contents: 'Hi' }));
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject(fields);
  });

  it('answers 404 to an AQ. key in the URL, and serves an AIza key there', async () => {
    sim.google.key('AQ.in-url');
    sim.google.key('AIza-in-url');
    expect((await fetch(`${sim.google.baseUrl}/v1beta/models?key=AQ.in-url`)).status).toBe(404);
    expect((await fetch(`${sim.google.baseUrl}/v1beta/models?key=AIza-in-url`)).status).toBe(200);
  });

  it('takes a key sent as a bearer token for an OAuth token', async () => {
    const headers = { authorization: `Bearer ${sim.google.key('AQ.bearer')}` };
    const response = await fetch(`${sim.google.baseUrl}/v1beta/models`, { headers });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('ACCESS_TOKEN_TYPE_UNSUPPORTED');
  });
});

describe('what each vendor calls the fault of the caller', () => {
  it('OpenAI: caps, payloads, paths and JSON', async () => {
    const key = sim.openai.key('sk-scripted');
    const client = openAiSdk(sim.openai, key);
    const refusals = [
      [client.responses.create({ model: 'gpt-4o', input: 'Hi', max_output_tokens: 1 }), 'integer_below_min_value'],
      [client.chat.completions.create({ model: 'gpt-5-nano', max_tokens: 99, ...chat }), 'unsupported_parameter'],
    ] as const;
    for (const [call, code] of refusals) expect(await failureOf(call)).toMatchObject({ status: 400, code });
    const tiny = client.chat.completions.create({ model: 'gpt-5-nano', max_completion_tokens: 1, ...chat });
    expect(await failureOf(tiny)).toMatchObject({ message: expect.stringContaining('Could not finish the message') });

    const headers = { authorization: `Bearer ${key}` };
    const nowhere = await fetch(`${sim.openai.baseUrl}/v1/nowhere`, { headers });
    expect(nowhere.status).toBe(404);
    expect(await nowhere.text()).toContain('Invalid URL (GET /v1/nowhere)');
    const garbage = { method: 'POST', headers, body: '{"model":' };
    expect((await fetch(`${sim.openai.baseUrl}/v1/chat/completions`, garbage)).status).toBe(400);
    const huge = { method: 'POST', headers, body: 'x'.repeat(9 * 1024 * 1024) };
    expect((await fetch(`${sim.openai.baseUrl}/v1/chat/completions`, huge)).status).toBe(413);
    expect([...sim.openai.calls].slice(-3).map((call) => call.outcome)).toEqual([
      'not_found',
      'caller_fault',
      'caller_fault',
    ]);
  });

  it('Anthropic: a missing field', async () => {
    const key = sim.anthropic.key('sk-ant-scripted');
    const response = await rawCall(sim.anthropic, key, { body: { model: 'claude-x', messages: [] } });
    expect(await response.text()).toContain('max_tokens: Field required');
  });

  it('any: a model that is not on the list of a strict vendor', async () => {
    sim.google.strictModels = true;
    const key = sim.google.key('AQ.scripted');
    expect((await rawCall(sim.google, key, { model: 'gemini-0' })).status).toBe(404);
    expect((await rawCall(sim.google, key, { model: 'gemini-2.5-flash' })).status).toBe(200);
  });
});
