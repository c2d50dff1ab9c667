import type { Answer, Call, Headers } from '../../core/call';
import type { LimitVoice } from '../../core/profile';
import { rfc3339, wholeSeconds } from '../../limits/durations';
import type { Reading, Refusal } from '../../limits/limiter';
import { tightest } from '../../limits/readings';
import { anthropicError, anthropicErrors } from './errors';

const GENEROUS: Readonly<Record<string, number>> = {
  requests: 4000,
  tokens: 480_000,
  'input-tokens': 400_000,
  'output-tokens': 80_000,
};

function headers(readings: readonly Reading[], now: number): Headers {
  const result: Headers = {};
  for (const [name, limit] of Object.entries(GENEROUS)) {
    // The simulator counts input and output together, so every token header tells of the one budget.
    const reading = tightest(readings, name === 'requests' ? 'requests' : 'tokens');
    result[`anthropic-ratelimit-${name}-limit`] = String(reading?.limit ?? limit);
    result[`anthropic-ratelimit-${name}-remaining`] = String(reading?.remaining ?? limit - 1);
    result[`anthropic-ratelimit-${name}-reset`] = rfc3339(now + (reading?.fullInMs ?? 0));
  }
  return result;
}

function message(refusal: Refusal): string {
  const unit = refusal.dimension === 'tokens' ? 'input tokens' : 'requests';
  return `This request would exceed the rate limit for your organization (00000000-0000-4000-8000-000000000000) of ${refusal.limit.toLocaleString('en-US')} ${unit} per ${refusal.window}. For details, refer to: https://docs.anthropic.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later. You may also contact sales at https://www.anthropic.com/contact-sales to discuss your options for a rate limit increase.`;
}

// The reset header is in whole seconds: a valid key's headers change only then.
let cached: { second: number; headers: Headers } = { second: -1, headers: {} };

export const anthropicLimits: LimitVoice = {
  headers(readings, now) {
    if (readings.length > 0) return headers(readings, now);
    const second = Math.ceil(now / 1000);
    if (cached.second !== second) cached = { second, headers: headers(readings, now) };
    return cached.headers;
  },
  refusal(refusal: Refusal, call: Call): Answer {
    if (refusal.stated !== 'full') return (anthropicErrors.rateLimited.bare as (call: Call) => Answer)(call);
    const stated: Headers = refusal.waitMs === Infinity ? {} : { 'retry-after': wholeSeconds(refusal.waitMs) };
    return anthropicError(call.requestId, 429, 'rate_limit_error', message(refusal), {
      retry: true,
      headers: { ...headers(refusal.readings, call.now), ...stated },
    });
  },
};
