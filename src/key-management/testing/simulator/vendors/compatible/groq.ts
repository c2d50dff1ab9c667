import { json, type Answer, type Headers } from '../../core/call';
import type { LimitVoice, VendorProfile } from '../../core/profile';
import { goDuration, wholeSeconds } from '../../limits/durations';
import type { Reading, Refusal } from '../../limits/limiter';
import { derive } from './derive';

function envelope(status: number, message: string, type: string, code: string, headers?: Headers): Answer {
  return json(status, { error: { message, type, code } }, headers);
}

// The -requests headers tell of the day, the -tokens headers of the minute.
function headers(readings: readonly Reading[]): Headers {
  const day = readings.find((reading) => reading.dimension === 'requests' && reading.window === 'day');
  const tokens = readings.find((reading) => reading.dimension === 'tokens');
  return {
    'x-ratelimit-limit-requests': String(day?.limit ?? 14_400),
    'x-ratelimit-remaining-requests': String(day?.remaining ?? 14_370),
    'x-ratelimit-reset-requests': goDuration(day?.fullInMs ?? 179_560),
    'x-ratelimit-limit-tokens': String(tokens?.limit ?? 18_000),
    'x-ratelimit-remaining-tokens': String(tokens?.remaining ?? 17_997),
    'x-ratelimit-reset-tokens': goDuration(tokens?.fullInMs ?? 10),
  };
}

const SHORT = { second: ['per second', 'PS'], minute: ['per minute', 'PM'], day: ['per day', 'PD'] } as const;

function message(refusal: Refusal, model: string): string {
  const [window, letters] = SHORT[refusal.window];
  const unit = `${refusal.dimension} ${window} (${refusal.dimension === 'tokens' ? 'T' : 'R'}${letters})`;
  const where = `for model \`${model}\` in organization \`org_fake\` service tier \`on_demand\` on ${unit}`;
  if (refusal.waitMs === Infinity) {
    return `Request too large ${where}: Limit ${refusal.limit}, Requested ${refusal.requested}, please reduce your message size and try again.`;
  }
  const wait = refusal.stated === 'none' ? '' : ` Please try again in ${goDuration(refusal.waitMs)}.`;
  return `Rate limit reached ${where}: Limit ${refusal.limit}, Used ${refusal.used}, Requested ${refusal.requested}.${wait}`;
}

const limits: LimitVoice = {
  headers,
  refusal(refusal, call) {
    const impossible = refusal.waitMs === Infinity;
    const stated: Headers =
      refusal.stated !== 'full'
        ? {}
        : impossible
          ? headers(refusal.readings)
          : { ...headers(refusal.readings), 'retry-after': wholeSeconds(refusal.waitMs) };
    const text = message(refusal, call.model);
    return envelope(impossible ? 413 : 429, text, refusal.dimension, 'rate_limit_exceeded', stated);
  },
};

export const groqProfile: VendorProfile = derive(
  { name: 'groq', limits, models: ['llama-3.1-8b-instant', 'llama-3.3-70b-versatile'] },
  {
    invalid: {
      invalid_api_key: () => envelope(401, 'Invalid API Key', 'invalid_request_error', 'invalid_api_key'),
      organization_restricted: () =>
        envelope(
          400,
          'Organization has been restricted. Please reach out to support if you believe this was in error.',
          'invalid_request_error',
          'organization_restricted',
        ),
    },
    exhausted: {
      blocked_api_access: () =>
        envelope(
          400,
          'API access has been blocked due to spend limit reached.',
          'invalid_request_error',
          'blocked_api_access',
        ),
    },
    overloaded: {
      capacity: () => envelope(498, 'Flex tier capacity exceeded.', 'capacity_exceeded', 'capacity_exceeded'),
    },
  },
);
