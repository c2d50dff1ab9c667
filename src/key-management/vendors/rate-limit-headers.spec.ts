import { credentialText } from './contract/vendor';
import { deepgram } from './deepgram';
import { elevenlabs } from './elevenlabs';
import { groq } from './groq';
import { serpapi } from './serpapi';
import { vendorOf } from './vendor-of';
import { anthropic } from './anthropic/anthropic';
import { google } from './google/google';
import { openai } from './openai/openai';
import { NO_READINGS } from './contract/rate-limits';

const NOW = Date.parse('2026-10-15T12:00:00Z');

it('reads the headers of OpenAI', () => {
  const headers = new Headers({
    'x-ratelimit-limit-requests': '5000',
    'x-ratelimit-remaining-requests': '4999',
    'x-ratelimit-reset-requests': '12ms',
    'x-ratelimit-limit-tokens': '160000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '6m0s',
  });
  expect(vendorOf(openai).readRateLimits(headers, NOW)).toEqual([
    { dimension: 'requests', limit: 5000, remaining: 4999, resetMs: 12 },
    { dimension: 'tokens', limit: 160000, remaining: 0, resetMs: 360_000 },
  ]);
});

it('reads the headers of Anthropic, whose resets are times', () => {
  const headers = new Headers({
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '49',
    'anthropic-ratelimit-requests-reset': '2026-10-15T12:00:01Z',
    'anthropic-ratelimit-input-tokens-limit': '40000',
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': '2026-10-15T12:01:00Z',
    'anthropic-ratelimit-output-tokens-limit': '8000',
    'anthropic-ratelimit-output-tokens-remaining': '8000',
    'anthropic-ratelimit-output-tokens-reset': '2026-10-15T11:59:59Z',
  });
  expect(vendorOf(anthropic).readRateLimits(headers, NOW)).toEqual([
    { dimension: 'requests', limit: 50, remaining: 49, resetMs: 1_000 },
    { dimension: 'input_tokens', limit: 40000, remaining: 0, resetMs: 60_000 },
    { dimension: 'output_tokens', limit: 8000, remaining: 8000, resetMs: 0 },
  ]);
});

it('reads times of Anthropic by the answer’s own clock where ours is wrong', () => {
  const headers = new Headers({
    date: 'Thu, 15 Oct 2026 12:00:00 GMT',
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': '2026-10-15T12:00:07Z',
  });
  for (const hour of [-1, 0, 1]) {
    const readings = vendorOf(anthropic).readRateLimits(headers, NOW + hour * 3_600_000);
    expect(readings).toEqual([{ dimension: 'requests', limit: 50, remaining: 0, resetMs: 7_000 }]);
  }
});

it('knows that Groq counts requests per day', () => {
  const headers = new Headers({
    'x-ratelimit-limit-requests': '14400',
    'x-ratelimit-remaining-requests': '14370',
    'x-ratelimit-reset-requests': '2m59.56s',
    'x-ratelimit-limit-tokens': '18000',
    'x-ratelimit-remaining-tokens': '17997',
    'x-ratelimit-reset-tokens': '7.66s',
  });
  const daily = { dimension: 'requests', limit: 14400, remaining: 14370, resetMs: 179_560, window: 'day' };
  const tokens = { dimension: 'tokens', limit: 18000, remaining: 17997, resetMs: 7_660 };
  expect(vendorOf(groq).readRateLimits(headers, NOW)).toEqual([daily, tokens]);
});

it.each([
  ['-1', '0'],
  ['0', '0'],
  ['0', null],
  ['many', '1s'],
  ['', '1s'],
  ['0x10', '1s'],
  ['1e2', '1s'],
  ['Infinity', '1s'],
])('passes over what Azure sends for "not known": remaining %s, reset %s', (remaining, reset) => {
  const headers = new Headers({ 'x-ratelimit-remaining-tokens': remaining, 'x-ratelimit-limit-tokens': '-1' });
  if (reset !== null) headers.set('x-ratelimit-reset-tokens', reset);
  expect(vendorOf({ name: 'azure' }).readRateLimits(headers, NOW)).toBe(NO_READINGS);
});

it('reads a plain number of seconds, and drops a reset that is none', () => {
  const read = (reset: string) => {
    const names = { 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': reset };
    return vendorOf({ name: 'x' }).readRateLimits(new Headers(names), NOW)[0]?.resetMs;
  };
  expect(['1.5', '1760000000000', 'soon', '-3', '0x10', '1e2'].map(read)).toEqual([
    1_500,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it('shares one empty list where there is nothing to read', () => {
  const nothing = { get: () => null };
  for (const knowledge of [vendorOf(openai), vendorOf(anthropic), vendorOf(google)]) {
    expect(knowledge.readRateLimits(nothing, NOW)).toBe(NO_READINGS);
  }
});

it('describes the smallest probes', () => {
  expect(vendorOf(openai).probes.deep[0]?.body('m')).toMatchObject({ model: 'm', max_completion_tokens: 16 });
  expect(vendorOf(anthropic).probes.deep[0]?.body('m')).toMatchObject({ max_tokens: 1 });
  expect(vendorOf({ name: 'other' }).probes.deep[0]?.body('m')).toMatchObject({ model: 'm', max_tokens: 16 });
});

it('says where a key travels', () => {
  const places = [openai, anthropic, google, elevenlabs, deepgram, serpapi].map((profile) => {
    const { place } = vendorOf(profile).credential;
    return [JSON.stringify(place), credentialText(place, 'k')];
  });
  expect(places).toEqual([
    ['{"header":"authorization","scheme":"Bearer"}', 'Bearer k'],
    ['{"header":"x-api-key"}', 'k'],
    ['{"header":"x-goog-api-key"}', 'k'],
    ['{"header":"xi-api-key"}', 'k'],
    ['{"header":"authorization","scheme":"Token"}', 'Token k'],
    ['{"query":"api_key"}', 'k'],
  ]);
});

it('sends a header of the settings in place of the same one of the format, however it is written', () => {
  const { headers } = vendorOf(anthropic, { headers: { 'Anthropic-Version': '2026-01-01', 'X-Own': '1' } });
  expect(headers).toEqual({ 'anthropic-version': '2026-01-01', 'x-own': '1' });
});
