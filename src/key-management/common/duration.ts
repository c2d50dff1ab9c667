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
/** A number and its unit. The bounds keep the search linear: no unit is longer than 12 letters. */
const PART = /(\d{1,24}(?:\.\d{1,24})?) ?([A-Za-zµμ]{1,13})/y;
/** A further part, after what stands between two parts in prose: a comma, a space, "and". */
const NEXT_PART = /,? ?(?:and )?(\d{1,24}(?:\.\d{1,24})?) ?([A-Za-zµμ]{1,13})/y;
/** A longer duration is garbage. */
const MAX_MS = 366 * 86_400_000;

function units(ms: number, ...names: string[]): [string, number][] {
  return names.map((name) => [name, ms]);
}

/**
 * Reads a whole text that is a duration: `6m0s`, `120ms`, `1m26.4s`, `7 seconds`, `1 hour and 5 minutes`.
 * @returns milliseconds, rounded up; undefined for a negative or absurd duration (over 366 days), for a number without a unit, save `0`, and for
 *   any other text
 */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  return trimmed === '0' ? 0 : scan(trimmed, 0, true);
}

/** Reads the duration that begins at `index` of a text, in milliseconds, whatever follows it. */
export const durationAt = (text: string, index: number): number | undefined => scan(text, index, false);

function scan(text: string, index: number, isWhole: boolean): number | undefined {
  let end = index;
  let total = 0;
  for (let pattern = PART; ; pattern = NEXT_PART) {
    pattern.lastIndex = end;
    const found = pattern.exec(text);
    if (found === null) break;
    const unitMs = UNIT_MS.get(found[2]!.toLowerCase());
    if (unitMs === undefined) break;
    total += Number(found[1]) * unitMs;
    end += found[0].length;
  }
  if (end === index || (isWhole && end !== text.length) || !(total <= MAX_MS)) return undefined;
  // A stated wait is a lower bound: it is rounded up, but not for what floating point added.
  return Math.ceil(total - 1e-6) + 0;
}
