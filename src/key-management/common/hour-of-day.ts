import { getOrCreate } from './get-or-create';

const HOUR_MS = 60 * 60_000;
/** Hours that are remembered of a zone: those of some weeks. */
const MOST_REMEMBERED = 1_000;

/** By zone, and by the number of the hour since the epoch. */
const HOURS = new Map<string, Map<number, number>>();
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/**
 * The hour of the day, from 0 to 23, that clocks in the time zone show at the beginning of the hour (UTC) that the moment is in.
 * @param timeZone As in the IANA database: `America/Los_Angeles`.
 * @param at Milliseconds since the epoch.
 * @throws RangeError for a zone that `Intl` does not know.
 */
export function hourOfDay(timeZone: string, at: number): number {
  const hours = getOrCreate(HOURS, timeZone, () => new Map<number, number>());
  if (hours.size > MOST_REMEMBERED) hours.clear();
  return getOrCreate(hours, Math.floor(at / HOUR_MS), () => shownHour(timeZone, Math.floor(at / HOUR_MS) * HOUR_MS));
}

function shownHour(timeZone: string, at: number): number {
  const format = getOrCreate(
    FORMATS,
    timeZone,
    () => new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }),
  );
  return Number(format.format(at));
}
