import { readingOf, resetDurationMs } from '../contract/rate-limits';
import { NO_READINGS, type HeaderView, type RateLimitReading } from '../contract/rate-limits';

/**
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` of OpenAI and the compatible vendors. Resets are Go durations until
 * the bucket is full. `requestWindow` is `day` for Groq.
 */
export function readOpenAiRateLimits(headers: HeaderView, requestWindow?: 'day'): readonly RateLimitReading[] {
  const requestsLeft = headers.get('x-ratelimit-remaining-requests');
  const tokensLeft = headers.get('x-ratelimit-remaining-tokens');
  if (requestsLeft === null && tokensLeft === null) return NO_READINGS;
  const readings: RateLimitReading[] = [];
  if (requestsLeft !== null) {
    const reset = resetDurationMs(headers.get('x-ratelimit-reset-requests'));
    const limit = headers.get('x-ratelimit-limit-requests');
    const reading = readingOf('requests', limit, requestsLeft, reset, requestWindow);
    if (reading) readings.push(reading);
  }
  if (tokensLeft !== null) {
    const reset = resetDurationMs(headers.get('x-ratelimit-reset-tokens'));
    const reading = readingOf('tokens', headers.get('x-ratelimit-limit-tokens'), tokensLeft, reset);
    if (reading) readings.push(reading);
  }
  return readings.length > 0 ? readings : NO_READINGS;
}
