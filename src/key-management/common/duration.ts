/** Milliseconds per unit, in Go's spelling and in prose. */
const UNIT_MS = new Map<string, number>([
  ...units(1e-6, 'ns'),
  ...units(1e-3, 'us', 'µs', 'μs'),
  ...units(1, 'ms', 'msec', 'msecs', 'millisecond', 'milliseconds'),
  ...units(1_000, 's', 'sec', 'secs', 'second', 'seconds'),
  ...units(60_000, 'm', 'min', 'mins', 'minute', 'minutes'),
  ...units(3_600_000, 'h', 'hr', 'hrs', 'hour', 'hours'),
  ...units(86_400_000, 'd', 'day', 'days'),
]);
const LONGEST_UNIT = 12;
const LONGEST_NUMBER = 24;
/** Longer waits are taken for garbage. */
const LONGEST_MS = 366 * 86_400_000;

function units(ms: number, ...names: string[]): [string, number][] {
  return names.map((name) => [name, ms]);
}

/**
 * A whole text that is a duration, in milliseconds, rounded up: `6m0s`, `120ms`, `1m26.4s`, `7 seconds`, `1 hour and 5 minutes`.
 * A number without a unit is none, save `0`. Negative, absurd (over 366 days) or other texts give undefined.
 */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  return trimmed === '0' ? 0 : scan(trimmed, 0, true);
}

/** The duration that begins at `index` of a text, in milliseconds, whatever follows it. */
export const durationAt = (text: string, index: number): number | undefined => scan(text, index, false);

function scan(text: string, index: number, whole: boolean): number | undefined {
  let at = index;
  let total = 0;
  let parts = 0;
  for (;;) {
    const numberEnd = endOfNumber(text, at);
    if (numberEnd === at) break;
    const unitStart = text.charCodeAt(numberEnd) === SPACE ? numberEnd + 1 : numberEnd;
    const unitEnd = endOfUnit(text, unitStart);
    const unit = UNIT_MS.get(text.slice(unitStart, unitEnd).toLowerCase());
    if (unit === undefined) break;
    total += Number(text.slice(at, numberEnd)) * unit;
    parts++;
    at = unitEnd;
    const next = skipJoint(text, at);
    if (endOfNumber(text, next) === next) break;
    at = next;
  }
  if (parts === 0 || (whole && at !== text.length) || !(total <= LONGEST_MS)) return undefined;
  // A stated wait is a lower bound: round up, but not for what floating point added.
  return Math.ceil(total - 1e-6) + 0;
}

const SPACE = 0x20;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLetter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0xb5 || code === 0x3bc;

function endOfNumber(text: string, start: number): number {
  let at = start;
  while (at - start < LONGEST_NUMBER && isDigit(text.charCodeAt(at))) at++;
  if (at > start && text.charCodeAt(at) === 0x2e && isDigit(text.charCodeAt(at + 1))) {
    at++;
    while (at - start < LONGEST_NUMBER && isDigit(text.charCodeAt(at))) at++;
  }
  return at;
}

function endOfUnit(text: string, start: number): number {
  let at = start;
  while (at - start <= LONGEST_UNIT && isLetter(text.charCodeAt(at))) at++;
  return at;
}

/** Over what stands between two parts in prose: a comma, a space, "and". */
function skipJoint(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === 0x2c) at++;
  if (text.charCodeAt(at) === SPACE) at++;
  if (text.startsWith('and ', at)) at += 4;
  return at;
}
