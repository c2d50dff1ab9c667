import type { Answer, Call, Headers } from '../../core/call';
import type { LimitVoice } from '../../core/profile';
import { goDuration, wholeSeconds } from '../../limits/durations';
import type { Reading, Refusal } from '../../limits/limiter';
import type { Dimension, Window } from '../../limits/rate-limits';
import { tightest } from '../../limits/readings';
import { envelope } from './errors';

// A key without a scripted limit shows a generous account: OpenAI puts these headers on every generation.
const GENEROUS: Headers = {
  'x-ratelimit-limit-requests': '5000',
  'x-ratelimit-limit-tokens': '160000',
  'x-ratelimit-remaining-requests': '4999',
  'x-ratelimit-remaining-tokens': '159976',
  'x-ratelimit-reset-requests': '12ms',
  'x-ratelimit-reset-tokens': '9ms',
};

const SHORT: Readonly<Record<Dimension, Record<Window, string>>> = {
  requests: {
    second: 'requests per second (RPS)',
    minute: 'requests per min (RPM)',
    day: 'requests per day (RPD)',
  },
  tokens: { second: 'tokens per second (TPS)', minute: 'tokens per min (TPM)', day: 'tokens per day (TPD)' },
};

function rateLimitHeaders(readings: readonly Reading[]): Headers {
  if (readings.length === 0) return GENEROUS;
  const headers = { ...GENEROUS };
  for (const dimension of ['requests', 'tokens'] as const) {
    const reading = tightest(readings, dimension);
    if (reading === undefined) continue;
    headers[`x-ratelimit-limit-${dimension}`] = String(reading.limit);
    headers[`x-ratelimit-remaining-${dimension}`] = String(reading.remaining);
    headers[`x-ratelimit-reset-${dimension}`] = goDuration(reading.fullInMs);
  }
  return headers;
}

function message(refusal: Refusal, model: string): string {
  const where = `for ${model} in organization org-FAKEFAKEFAKEFAKEFAKEFAKE on ${SHORT[refusal.dimension][refusal.window]}`;
  const more = 'Visit https://platform.openai.com/account/rate-limits to learn more.';
  if (refusal.waitMs === Infinity) {
    return `Request too large ${where}: Limit ${refusal.limit}, Requested ${refusal.requested}. The input or output tokens must be reduced in order to run successfully. ${more}`;
  }
  const wait = refusal.stated === 'none' ? '' : `Please try again in ${goDuration(refusal.waitMs)}. `;
  return `Rate limit reached ${where}: Limit ${refusal.limit}, Used ${refusal.used}, Requested ${refusal.requested}. ${wait}${more}`;
}

function refusalHeaders(refusal: Refusal): Headers {
  // OpenAI's own 429s sometimes come without any of these.
  if (refusal.stated !== 'full') return {};
  const headers = rateLimitHeaders(refusal.readings);
  if (refusal.waitMs === Infinity) return headers;
  return {
    ...headers,
    'retry-after-ms': String(Math.ceil(refusal.waitMs)),
    'retry-after': wholeSeconds(refusal.waitMs),
  };
}

export const openAiLimits: LimitVoice = {
  headers: rateLimitHeaders,
  refusal(refusal: Refusal, call: Call): Answer {
    const text = message(refusal, call.model);
    return envelope(429, text, refusal.dimension, 'rate_limit_exceeded', null, refusalHeaders(refusal));
  },
};
