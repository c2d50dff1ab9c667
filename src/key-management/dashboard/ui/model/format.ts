import type { UsageEntry } from '../api/types';

const NOTHING = '–';

const WHOLE = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const CLOCK_TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

export const wholeNumber = (value: number): string => WHOLE.format(value);

/** At most five characters, for narrow columns. */
export const shortNumber = (value: number): string => (value < 10_000 ? WHOLE.format(value) : SHORT.format(value));

export function percent(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  // 99.96 must not read as "all went well".
  const shown = value < 100 ? Math.min(99.9, Math.round(value * 10) / 10) : 100;
  return `${shown === 100 || shown === 0 ? shown : shown.toFixed(1)} %`;
}

const DOLLARS = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 2 });

/** What is known of a cost: `$1.20`, `< $0.01`; with `≥` before it where some calls have no price that is known. */
export function costOf({ cost_usd: cost, requests_without_cost: without = 0 }: UsageEntry): string {
  if (cost === null) return without > 0 ? 'unknown' : NOTHING;
  const shown = cost > 0 && cost < 0.01 ? '< $0.01' : DOLLARS.format(cost);
  return without > 0 ? `≥ ${shown}` : shown;
}

/** Tokens and cost in one short line; undefined where nothing was used. */
export function usedLine(usage: UsageEntry): string | undefined {
  const tokens = usage.input_tokens + usage.output_tokens;
  if (tokens === 0 && usage.cost_usd === null) return undefined;
  return `${shortNumber(tokens)} tok · ${costOf(usage)}`;
}

export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return NOTHING;
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return span(seconds * 1_000);
}

/** `0:42`, `12:03`, `3 h 20 min`, `2 d 4 h`: as fine as anyone can use. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `just now`, `42 s ago`, `5 min ago`, `3 h ago`, then the date. */
export function ago(iso: string | null, now: number): string {
  if (iso === null) return NOTHING;
  const seconds = Math.floor((now - Date.parse(iso)) / 1_000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return DAY_TIME.format(Date.parse(iso));
}

export const clockTime = (time: string | number): string => CLOCK_TIME.format(new Date(time));
const SHORT_TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
export const shortTime = (time: number): string => SHORT_TIME.format(time);
export const dayTime = (time: string | number): string => DAY_TIME.format(new Date(time));

/** The time of day; with the day where it is another than now. */
export const momentOf = (time: string | number, now: number): string =>
  Math.abs(new Date(time).getTime() - now) < 12 * 3_600_000 ? clockTime(time) : dayTime(time);

/** The same without seconds, for times that are whole minutes. */
export const minuteOf = (time: string | number, now: number): string =>
  Math.abs(new Date(time).getTime() - now) < 12 * 3_600_000 ? shortTime(new Date(time).getTime()) : dayTime(time);

/** `1 key`, `2 keys`. */
export const counted = (count: number, noun: string): string =>
  `${wholeNumber(count)} ${noun}${count === 1 ? '' : 's'}`;

/** `rate_limited` → `rate limited`. */
export const words = (name: string): string => name.replaceAll('_', ' ');
