import { getOrCreate } from './get-or-create';

/** No day is longer, not even one on which clocks are put back. Milliseconds. */
const LONGEST_DAY_MS = 26 * 60 * 60_000;

const DATES = new Map<string, Intl.DateTimeFormat>();

/** Whether `Intl` knows the time zone by this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * When the day ends that it is now in the time zone, also where clocks change on that day, or at midnight. Milliseconds since the epoch.
 * @param timeZone As in the IANA database: `America/Los_Angeles`.
 * @throws RangeError for a zone that `Intl` does not know.
 */
export function dayEnd(timeZone: string, now: number): number {
  const dates = getOrCreate(DATES, timeZone, () => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }));
  const today = dates.format(now);
  let [last, next] = [Math.floor(now), Math.floor(now) + LONGEST_DAY_MS];
  while (next - last > 1) {
    const between = Math.floor((last + next) / 2);
    if (dates.format(between) === today) last = between;
    else next = between;
  }
  return next;
}
