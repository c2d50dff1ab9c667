import { getOrCreate } from './get-or-create';

/** How long a period of the calendar is, by name. */
export const PERIODS = ['minute', 'hour', 'day', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** No period is longer: days on which clocks are put back, and months with such a day, among them. Milliseconds. */
const LONGEST_MS: Readonly<Record<Period, number>> = {
  minute: 60_000,
  hour: 2 * HOUR_MS,
  day: 26 * HOUR_MS,
  month: 31 * DAY_MS + 2 * HOUR_MS,
};

const DATE = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
/** Where clocks are put back, an hour is shown twice: the offset from UTC tells the two apart. */
const HOUR = { ...DATE, hour: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' } as const;
/** What is shown of a moment, and the same at any moment of one period. */
const SHOWN: Readonly<Record<Period, Intl.DateTimeFormatOptions>> = {
  minute: { ...HOUR, minute: '2-digit' },
  hour: HOUR,
  day: DATE,
  month: { year: 'numeric', month: '2-digit' },
};

const FORMATS = new Map<string, Intl.DateTimeFormat>();

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
 * When the period ends that it is now in the time zone, also where clocks change within it or at its end. An hour ends where its clock is set, too:
 * what is shown twice is two hours. Milliseconds since the epoch.
 * @param timeZone As in the IANA database: `America/Los_Angeles`.
 * @throws RangeError for a zone that `Intl` does not know.
 */
export function periodEnd(per: Period, timeZone: string, now: number): number {
  const format = getOrCreate(
    FORMATS,
    `${per} ${timeZone}`,
    () => new Intl.DateTimeFormat('en-CA', { timeZone, ...SHOWN[per] }),
  );
  const present = format.format(now);
  let [last, next] = [Math.floor(now), Math.floor(now) + LONGEST_MS[per]];
  while (next - last > 1) {
    const between = Math.floor((last + next) / 2);
    if (format.format(between) === present) last = between;
    else next = between;
  }
  return next;
}
