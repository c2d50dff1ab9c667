import { vendorOf } from './vendor-of';
import { CLIENT_KEY, errorAnswer, RealClients, sseAnswer, type Answer } from '../../../test/support/real-clients';
import { classify } from '../classification/classify';
import { vendorErrorFrom, vendorErrorFromResponse } from '../classification/evidence/error-evidence';
import type { VendorError } from '../classification/evidence/vendor-error';
import { anthropic } from './anthropic/anthropic';
import { google } from './google/google';
import { openai } from './openai/openai';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const clients = new RealClients();
beforeAll(() => clients.start());
afterAll(() => {
  clients.stop();
});

async function thrownBy(call: () => Promise<unknown>): Promise<VendorError> {
  try {
    await call();
  } catch (thrown) {
    return vendorErrorFrom(thrown, { now: NOW, secrets: [CLIENT_KEY] });
  }
  throw new Error('the call did not fail');
}

const verdictOn = async (call: () => Promise<unknown>) =>
  classify(await thrownBy(call), vendorOf(openai), 'evidence', NOW);

const anthropicError = (status: number, type: string, message: string): Answer => ({
  status,
  body: { type: 'error', error: { type, message } },
});
const QUOTA = errorAnswer(429, {
  message: 'You exceeded your current quota',
  type: 'insufficient_quota',
  code: 'insufficient_quota',
});
const LIMIT = errorAnswer(429, {
  message: 'Rate limit reached. Please try again in 1m26.4s.',
  type: 'tokens',
  code: 'rate_limit_exceeded',
});
const BAD_KEY = errorAnswer(401, { message: `Incorrect API key provided: ${CLIENT_KEY}.`, code: 'invalid_api_key' });
const HTML = {
  status: 502,
  body: '<!DOCTYPE html><html><title>502</title></html>',
  headers: { 'content-type': 'text/html' },
};
const GOOGLE_KEY = errorAnswer(400, {
  code: 400,
  message: 'API key not valid.',
  status: 'INVALID_ARGUMENT',
  details: [{ reason: 'API_KEY_INVALID' }],
});

describe('answers, as the real clients throw them', () => {
  it.each([
    ['openai quota', clients.chat, QUOTA, vendorOf(openai), 'O10', 429],
    ['openai limit', clients.chat, LIMIT, vendorOf(openai), 'O20', 429],
    ['openai key', clients.chat, BAD_KEY, vendorOf(openai), 'O7', 401],
    [
      'openai string error',
      clients.chat,
      { status: 403, body: { error: 'Missing scopes: model.request' } },
      vendorOf(openai),
      'O2',
      403,
    ],
    ['openai page', clients.chat, HTML, vendorOf(openai), 'O28', 502],
    [
      'openai block',
      clients.chat,
      { ...HTML, status: 403, body: '<html><title>Attention Required!</title></html>' },
      vendorOf(openai),
      'X1',
      403,
    ],
    [
      'openai empty with a wait',
      clients.chat,
      { status: 429, body: '', headers: { 'retry-after': '20' } },
      vendorOf(openai),
      'O32',
      429,
    ],
    [
      'openai chat stream',
      clients.chatStream,
      sseAnswer('data: {"error":{"type":"server_error","message":"x"}}\n\n'),
      vendorOf(openai),
      'O30',
      undefined,
    ],
    [
      'openai responses stream',
      clients.responsesStream,
      sseAnswer('event: error\ndata: {"type":"error","error":{"code":"insufficient_quota","message":"x"}}\n\n'),
      vendorOf(openai),
      'O10',
      undefined,
    ],
    [
      'anthropic key',
      clients.claude,
      anthropicError(401, 'authentication_error', 'invalid x-api-key'),
      vendorOf(anthropic),
      'A3',
      401,
    ],
    [
      'anthropic credit',
      clients.claude,
      anthropicError(400, 'invalid_request_error', 'Your credit balance is too low to access'),
      vendorOf(anthropic),
      'A6',
      400,
    ],
    [
      'anthropic overload',
      clients.claude,
      anthropicError(529, 'overloaded_error', 'Overloaded'),
      vendorOf(anthropic),
      'A9',
      529,
    ],
    [
      'anthropic edge',
      clients.claude,
      errorAnswer(403, { type: 'forbidden', message: 'Request not allowed' }),
      vendorOf(anthropic),
      'A7',
      403,
    ],
    ['anthropic page', clients.claude, HTML, vendorOf(anthropic), 'A17', 502],
    [
      'anthropic stream',
      clients.claudeStream,
      sseAnswer('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'),
      vendorOf(anthropic),
      'A9',
      529,
    ],
    ['genai key', clients.gemini, GOOGLE_KEY, vendorOf(google), 'G1', 400],
    [
      'genai limit',
      clients.gemini,
      errorAnswer(429, { code: 429, message: 'x', status: 'RESOURCE_EXHAUSTED' }),
      vendorOf(google),
      'G15',
      429,
    ],
    [
      'genai key as text',
      clients.gemini,
      { ...GOOGLE_KEY, headers: { 'content-type': 'text/plain' } },
      vendorOf(google),
      'G1',
      400,
    ],
    ['genai page', clients.gemini, HTML, vendorOf(google), 'G22', 502],
    [
      'genai block',
      clients.gemini,
      { ...HTML, status: 403, body: '<html><title>Just a moment...</title></html>' },
      vendorOf(google),
      'X1',
      403,
    ],
    [
      'genai stream',
      clients.geminiStream,
      { ...errorAnswer(200, { code: 503, message: 'busy', status: 'UNAVAILABLE' }) },
      vendorOf(google),
      'G17',
      503,
    ],
    ['ai', clients.vercel, QUOTA, vendorOf(openai), 'O10', 429],
    ['ai page', clients.vercel, HTML, vendorOf(openai), 'O28', 502],
    ['langchain quota', clients.langchain, QUOTA, vendorOf(openai), 'O10', 429],
    ['langchain key', clients.langchain, BAD_KEY, vendorOf(openai), 'O7', 401],
    [
      'langchain model',
      clients.langchain,
      errorAnswer(404, { message: 'The model `m` does not exist', code: 'model_not_found' }),
      vendorOf(openai),
      'O22',
      404,
    ],
    ['axios', clients.axios, QUOTA, vendorOf(openai), 'O10', 429],
    ['axios page', clients.axios, HTML, vendorOf(openai), 'O28', 502],
    [
      'axios empty with a wait',
      clients.axios,
      { status: 429, body: '', headers: { 'retry-after-ms': '6543' } },
      vendorOf(openai),
      'O32',
      429,
    ],
  ] as const)('%s', async (_name, call, given, knowledge, rule, status) => {
    clients.next = given;
    const evidence = await thrownBy(call);
    expect(classify(evidence, knowledge, 'evidence', NOW)).toMatchObject({ rule, status });
    expect(JSON.stringify(evidence)).not.toContain(CLIENT_KEY.slice(0, 20));
  });

  it('finds the answer in the RetryError of the AI SDK', async () => {
    clients.next = errorAnswer(
      429,
      { message: 'x', type: 'requests', code: 'rate_limit_exceeded' },
      { 'retry-after-ms': '5' },
    );
    expect(await verdictOn(() => clients.vercel(1))).toMatchObject({ rule: 'O20', retryAfterMs: 5 });
  });

  it.each([
    ['openai', clients.chat],
    ['ai', clients.vercel],
    ['langchain', clients.langchain],
    ['axios', clients.axios],
  ])('%s: reads headers and prose for the wait', async (_name, call) => {
    clients.next = LIMIT;
    expect(await verdictOn(call)).toMatchObject({ retryAfterMs: 86_400 });
    clients.next = { ...LIMIT, headers: { 'retry-after': '7' } };
    expect(await verdictOn(call)).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('reads a fetch Response and leaves its body to the caller', async () => {
    clients.next = QUOTA;
    const response = await clients.fetch();
    const verdict = classify(await vendorErrorFromResponse(response, { now: NOW }), vendorOf(openai), 'evidence', NOW);
    expect(verdict).toMatchObject({ rule: 'O10', status: 429 });
    expect(await response.json()).toEqual(QUOTA.body);
  });
});
