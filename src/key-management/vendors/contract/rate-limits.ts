import { parseDurationMs } from '../../common/duration';

/** The least of `Headers` that reading rate limits needs. */
export interface HeaderView {
  get(name: string): string | null;
}

/** What an answer says is left of one limit. */
export interface RateLimitReading {
  readonly dimension: 'requests' | 'tokens' | 'input_tokens' | 'output_tokens';
  readonly limit?: number;
  readonly remaining?: number;
  /** Milliseconds from now. Token bucket: until the bucket is full again, not until the next slot. */
  readonly resetMs?: number;
  /** The window of the limit where it is no minute (Groq counts requests per day). */
  readonly window?: 'day';
}

/** Reads rate-limit headers; runs on every answer, so it gives one shared empty list where there are none. `now` in milliseconds. */
export type RateLimitReader = (headers: HeaderView, now: number) => readonly RateLimitReading[];

export const NO_READINGS: readonly RateLimitReading[] = Object.freeze([]);

const LONGEST_RESET_S = 366 * 86_400;
/** What `Number` reads besides (hexadecimal, exponents, blanks) is no vendor's count. */
const DECIMAL = /^\d{1,15}(?:\.\d{1,12})?$/;

/**
 * One reading out of raw header values; undefined where they say nothing. Azure sends -1 and 0 for "not known": limits must
 * be positive, and a remaining 0 counts only together with a reset that lies ahead.
 */
export function readingOf(
  dimension: RateLimitReading['dimension'],
  limitText: string | null,
  remainingText: string | null,
  resetMs: number | undefined,
  window?: 'day',
): RateLimitReading | undefined {
  const limit = countOf(limitText, 1);
  const left = countOf(remainingText, 0);
  const remaining = left === 0 && !(resetMs !== undefined && resetMs > 0) ? undefined : left;
  if (limit === undefined && remaining === undefined) return undefined;
  return window ? { dimension, limit, remaining, resetMs, window } : { dimension, limit, remaining, resetMs };
}

/** A reset as a Go duration (`6m0s`), or in plain seconds as some compatible vendors send it. */
export function resetDurationMs(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!DECIMAL.test(text)) return parseDurationMs(text);
  const seconds = Number(text);
  return seconds <= LONGEST_RESET_S ? Math.ceil(seconds * 1_000) : undefined;
}

function countOf(text: string | null, least: number): number | undefined {
  if (text === null || !DECIMAL.test(text)) return undefined;
  const count = Number(text);
  return count >= least ? count : undefined;
}
