import { durationAt, parseDurationMs } from '../../common/duration';
import { ALL_FORMATS } from '../../vendors/wire-formats';
import type { StatedWait } from './vendor-error';
import { vendorNow } from '../../common/vendor-clock';

/** Everything in which a vendor may say "come back in …". */
export interface WaitSources {
  /** Under lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Google `RetryInfo.retryDelay`, as `26s`. */
  retryDelays?: readonly string[];
  /** ISO dates and times in the body at which a limit starts afresh. */
  resetsAt?: readonly string[];
  message?: string;
  /** Milliseconds since the epoch, for what is stated as a date. Without it the answer's `date` header serves. */
  now?: number;
}

const LONGEST_WAIT_MS = 366 * 86_400_000;
const NUMBER = /^\d{1,15}(?:\.\d{1,12})?$/;
const DATE_START = /^(?:[a-z]{3,9},? |\d{4}-\d{2}-\d{2})/i;
const ZONE = /(?:gmt|utc|z|[+-]\d{2}:?\d{2})$/i;
const PROSE =
  /\b(?:try(?:ing)? again|retry(?:ing)?|wait|available(?: again)?)(?: (?:in|after|for|at least|about|approximately|another)){0,3} (?=\d)/gi;

/**
 * How long the vendor says to wait. Precedence: `retry-after-ms`, `x-ms-retry-after-ms`, `retry-after` (seconds or HTTP date),
 * `RetryInfo.retryDelay`, the message's prose, the reset of a spent limit. Garbage and negative values are passed
 * over; a date in the past means no wait.
 */
export function statedWaitIn(sources: WaitSources): StatedWait | undefined {
  const { headers } = sources;
  const { date } = headers;
  const now = sources.now === undefined ? finite(Date.parse(date ?? '')) : vendorNow(date, sources.now);
  return (
    waitOf(millisecondsOf(headers['retry-after-ms']), 'retry-after-ms') ??
    waitOf(millisecondsOf(headers['x-ms-retry-after-ms']), 'x-ms-retry-after-ms') ??
    waitOf(retryAfterMs(headers['retry-after'], now), 'retry-after') ??
    waitOf(longestOf((sources.retryDelays ?? []).map(parseDurationMs)), 'retry-info') ??
    waitOf(longestOf((sources.resetsAt ?? []).map((text) => untilDate(text, now))), 'retry-info') ??
    waitOf(proseMs(sources.message ?? ''), 'message') ??
    waitOf(chinaTimeMs(sources.message ?? '', now), 'message') ??
    waitOf(spentResetMs(headers, now), 'reset-header')
  );
}

/** `retry-after` in milliseconds: seconds, an HTTP date, or (some gateways) a duration as `30s`. */
export function retryAfterMs(value: string | undefined, now: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (DATE_START.test(text)) {
    // Without a zone (asctime) V8 reads local time; HTTP dates are GMT.
    const at = finite(Date.parse(ZONE.test(text) ? text : `${text} GMT`));
    return at === undefined || now === undefined ? undefined : Math.max(0, at - now);
  }
  const first = text.split(',', 1)[0]!.trim();
  return NUMBER.test(first) ? Math.max(0, Math.ceil(Number(first) * 1_000 - 1e-6)) : parseDurationMs(first);
}

function millisecondsOf(value: string | undefined): number | undefined {
  const first = value?.split(',', 1)[0]!.trim();
  return first !== undefined && NUMBER.test(first) ? Math.ceil(Number(first)) : undefined;
}

function proseMs(message: string): number | undefined {
  for (const found of message.matchAll(PROSE)) {
    const ms = durationAt(message, found.index + found[0].length);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** Zhipu's "您的限额将在 2026-10-15 21:00:00 重置", in China's time, which has no summer time. */
const CHINA_RESET = /将在 ?(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}) ?重置/;

function chinaTimeMs(message: string, now: number | undefined): number | undefined {
  const found = CHINA_RESET.exec(message);
  return found ? untilDate(`${found[1]!}T${found[2]!}+08:00`, now) : undefined;
}

/** Milliseconds until an ISO date. A time without a zone is UTC. */
function untilDate(text: string, now: number | undefined): number | undefined {
  if (now === undefined || !/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined;
  const at = finite(Date.parse(ZONE.test(text) ? text : `${text}Z`));
  return at === undefined ? undefined : Math.max(0, at - now);
}

/** When limits start afresh that are spent: those of a day (seconds), and OpenRouter's (seconds or milliseconds since the epoch). */
const SPENT = /^x-ratelimit-remaining(?:-(?:requests|tokens)-day)?$/;
/** Later times are in milliseconds: in seconds this is the year 5138. */
const LAST_SECOND = 1e11;

function spentLimitMs(headers: WaitSources['headers'], now: number): (number | undefined)[] {
  return Object.keys(headers)
    .filter((name) => SPENT.test(name) && headers[name]!.trim() === '0')
    .map((name) => {
      const reset = headers[name.replace('remaining', 'reset')]?.trim() ?? '';
      if (!NUMBER.test(reset)) return undefined;
      const value = Number(reset);
      if (value < 1e9) return Math.ceil(value * 1_000 - 1e-6);
      return Math.max(0, (value < LAST_SECOND ? value * 1_000 : value) - now);
    });
}

function spentResetMs(headers: WaitSources['headers'], now: number | undefined): number | undefined {
  if (now === undefined) return undefined;
  return longestOf([
    ...spentLimitMs(headers, now),
    ...ALL_FORMATS.resetHeaders.map(({ remaining, reset: name }) => {
      if (headers[remaining]?.trim() !== '0') return undefined;
      const reset = finite(Date.parse(headers[name] ?? ''));
      return reset === undefined ? undefined : Math.max(0, reset - now);
    }),
  ]);
}

function longestOf(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((ms) => ms !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

const waitOf = (ms: number | undefined, source: StatedWait['source']): StatedWait | undefined =>
  ms !== undefined && ms >= 0 && ms <= LONGEST_WAIT_MS ? { ms, source } : undefined;
