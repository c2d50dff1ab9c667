import { vendorNow } from '../../common/vendor-clock';
import { readingOf } from '../contract/rate-limits';
import { NO_READINGS, type HeaderView, type RateLimitReading } from '../contract/rate-limits';

/** Spelt out, so that no name is put together on the way of a call. */
const DIMENSIONS = (['requests', 'tokens', 'input_tokens', 'output_tokens'] as const).map((dimension) => {
  const prefix = `anthropic-ratelimit-${dimension.replace('_', '-')}`;
  return { dimension, limit: `${prefix}-limit`, remaining: `${prefix}-remaining`, reset: `${prefix}-reset` };
});

/** `anthropic-ratelimit-*`: resets are RFC 3339 times of full replenishment; `now` in milliseconds turns them into waits. */
export function readAnthropicRateLimits(headers: HeaderView, now: number): readonly RateLimitReading[] {
  let readings: RateLimitReading[] | undefined;
  let theirNow: number | undefined;
  for (const names of DIMENSIONS) {
    const remaining = headers.get(names.remaining);
    if (remaining === null) continue;
    theirNow ??= vendorNow(headers.get('date'), now);
    const reset = resetMs(headers.get(names.reset), theirNow);
    const reading = readingOf(names.dimension, headers.get(names.limit), remaining, reset);
    if (reading) (readings ??= []).push(reading);
  }
  return readings ?? NO_READINGS;
}

function resetMs(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
