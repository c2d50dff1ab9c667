import { HOUR_MS, type SpendingHistory, type SpentBucket } from './spending-history';

const DAY_MS = 24 * HOUR_MS;
/** Before it was watched for this long, and in so many parts, there is only a range. */
const KNOWN_AFTER_MS = HOUR_MS;
const KNOWN_PARTS = 12;
/** By how much the pace may be wrong, by its own scatter, to name one time. */
const KNOWN_WITHIN = 0.5;
/** The pace of late counts more: what is older by this counts half. */
const HALF_LIFE_MS = 3 * HOUR_MS;
/** The same once the rhythm of the day is known, by which the pace is measured then. */
const LEVEL_HALF_LIFE_MS = 12 * HOUR_MS;
/** And for the rhythm itself. */
const RHYTHM_HALF_LIFE_MS = 3 * DAY_MS;
/** The rhythm of the day is seen after one, and known after three. */
const RHYTHM_SEEN_MS = DAY_MS;
const RHYTHM_KNOWN_MS = 3 * DAY_MS;
/** By so much may a day go up or down that was seen once. */
const SEEN_ONCE = 0.3;
/** So many times slower or faster than now may it go at another time of a day of which little was seen. */
const UNSEEN_SWING = 5;
/** What goes on for longer than this does not run out in sight. */
const IN_SIGHT_MS = 366 * DAY_MS;

/** When something runs out at its present pace. Milliseconds since the epoch. */
export interface RunOut {
  /** Undefined while too little is known to name one time. */
  readonly at?: number;
  /** It is hardly sooner than this. */
  readonly earliest: number;
  /** And hardly later than this; undefined where it may also not run out. */
  readonly latest?: number;
}

/** What of it is shown. Milliseconds since the epoch. */
export interface RunOutTimes {
  /** When it runs out, where that is known. */
  readonly runsOutAt?: number;
  /** Between which times that may be, or be sooner, as long as it is not sure. Without `latest` it may also not run out. */
  readonly runsOutBetween?: { readonly earliest: number; readonly latest?: number };
}

/** What may be spent of something, and when that begins anew. */
export interface Spendable {
  readonly left: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** When a new period begins, with all of it there again. Default: never. */
  readonly endsAt?: number | undefined;
  /** The hour of the day, from 0 to 23, where its rhythm is that of a time zone. Default: in UTC. */
  readonly hourOf?: HourOf | undefined;
}

/** @param at Milliseconds since the epoch. */
type HourOf = (at: number) => number;

/** How fast it is spent at an hour of the day. */
interface Pace {
  /** By the hour of the day. Per millisecond. */
  readonly perMs: readonly number[];
  /** By which part of itself it may be wrong. */
  readonly error: number;
  /** Of how many parts of the past it was made. */
  readonly parts: number;
}

/**
 * When what is left will be spent. After an hour of steady spending within 10 %, after three days of a daily rhythm within 15 % of the time until then.
 * @returns undefined where it does not run out: nothing was spent in a day, the period ends before, or it goes on for a year
 */
export function runOut(
  history: SpendingHistory,
  { left, now, endsAt = Infinity, hourOf = hourInUtc }: Spendable,
): RunOut | undefined {
  if (!Number.isFinite(left)) return undefined;
  if (left <= 0) return { at: now, earliest: now, latest: now };
  const watchedMs = history.watchedMs(now);
  const pace = watchedMs < RHYTHM_SEEN_MS ? steadyPace(history, now) : rhythmicPace(history, now, hourOf);
  if (pace === undefined) return undefined;
  const spentAt = (faster: number): number | undefined => endOf({ perMs: pace.perMs, hourOf, left, now, faster });
  const expected = spentAt(1);
  if (expected === undefined) return undefined;
  const factor = (at: number): number => (1 + pace.error) * (1 + swing(watchedMs, at - now));
  const ends = Math.min(endsAt, now + IN_SIGHT_MS);
  const within = (at: number | undefined): number | undefined => (at !== undefined && at < ends ? at : undefined);
  const earliest = within(spentAt(factor(expected)));
  if (earliest === undefined) return undefined;
  const isKnown = watchedMs >= KNOWN_AFTER_MS && pace.parts >= KNOWN_PARTS && pace.error <= KNOWN_WITHIN;
  const at = isKnown ? within(expected) : undefined;
  if (isKnown && at === undefined) return undefined;
  // The later it gets, the more of other times of the day is to come.
  const later = spentAt(1 / factor(expected));
  const latest = within(later && spentAt(1 / factor(later)));
  return { earliest, ...(at !== undefined && { at }), ...(latest !== undefined && { latest }) };
}

/** When the first of several things runs out. */
export function firstRunOut(all: Iterable<RunOut | undefined>): RunOutTimes {
  let [at, earliest, latest] = [Infinity, Infinity, Infinity];
  for (const each of all) {
    if (each === undefined) continue;
    at = Math.min(at, each.at ?? Infinity);
    latest = Math.min(latest, each.at ?? each.latest ?? Infinity);
    if (each.at === undefined) earliest = Math.min(earliest, each.earliest);
  }
  return {
    ...(at < Infinity && { runsOutAt: at }),
    ...(earliest < at && { runsOutBetween: { earliest, ...(latest < Infinity && { latest }) } }),
  };
}

/** By how much spending may differ from what was seen, for the reason that other times of the day are to come. */
function swing(watchedMs: number, aheadMs: number): number {
  const ahead = Math.min(1, aheadMs / DAY_MS);
  if (watchedMs < RHYTHM_SEEN_MS)
    return (UNSEEN_SWING - 1) * ahead * (1 - watchedMs / RHYTHM_SEEN_MS) + SEEN_ONCE * ahead;
  const unknown = (RHYTHM_KNOWN_MS - watchedMs) / (RHYTHM_KNOWN_MS - RHYTHM_SEEN_MS);
  return SEEN_ONCE * ahead * Math.max(0, unknown);
}

const weightOf = ({ from }: SpentBucket, now: number, halfLifeMs: number): number =>
  2 ** (-Math.max(0, now - from) / halfLifeMs);

/** One pace for all of the day: the mean of what was seen. */
function steadyPace(history: SpendingHistory, now: number): Pace | undefined {
  const fine = history.fine(now);
  const oldest = fine[0]?.from ?? Infinity;
  const older = history.hourly(now).filter(({ from }) => from + HOUR_MS <= oldest);
  const perMs = meanOf([...older, ...fine], now, HALF_LIFE_MS);
  if (!(perMs > 0)) return undefined;
  return {
    perMs: new Array<number>(24).fill(perMs),
    error: scatter(fine, (part) => part.watchedMs * perMs),
    parts: fine.length,
  };
}

/** A pace for each hour of the day, as seen so far, and all of them by as much higher or lower as it went of late. */
function rhythmicPace(history: SpendingHistory, now: number, hourOf: HourOf): Pace | undefined {
  const hours = history.hourly(now);
  const lately = hours.filter(({ from }) => now - from <= DAY_MS);
  if (!lately.some(({ amount }) => amount > 0)) return undefined;
  const rhythm = rhythmOf(hours, now, hourOf);
  let [spent, expected] = [0, 0];
  for (const part of hours) {
    const weight = weightOf(part, now, LEVEL_HALF_LIFE_MS);
    spent += weight * part.amount;
    expected += weight * rhythm[hourOf(part.from)]! * part.watchedMs;
  }
  if (!(spent > 0) || !(expected > 0)) return undefined;
  const level = spent / expected;
  const perMs = rhythm.map((each) => each * level);
  return { perMs, error: scatter(lately, (part) => part.watchedMs * perMs[hourOf(part.from)]!), parts: hours.length };
}

/** Per millisecond, by the hour of the day. An hour that was never watched goes at the mean of the others. */
function rhythmOf(hours: readonly SpentBucket[], now: number, hourOf: HourOf): number[] {
  const mean = meanOf(hours, now, RHYTHM_HALF_LIFE_MS);
  const [spent, watched] = [new Float64Array(24), new Float64Array(24)];
  for (const part of hours) {
    const weight = weightOf(part, now, RHYTHM_HALF_LIFE_MS);
    const hour = hourOf(part.from);
    spent[hour]! += weight * part.amount;
    watched[hour]! += weight * part.watchedMs;
  }
  return Array.from(spent, (each, hour) => (watched[hour]! > 0 ? each / watched[hour]! : mean));
}

const hourInUtc: HourOf = (at) => Math.floor(at / HOUR_MS) % 24;

/** Per millisecond; what is of late counts more. NaN where nothing was watched. */
function meanOf(parts: readonly SpentBucket[], now: number, halfLifeMs: number): number {
  let [spent, watched] = [0, 0];
  for (const part of parts) {
    const weight = weightOf(part, now, halfLifeMs);
    spent += weight * part.amount;
    watched += weight * part.watchedMs;
  }
  return spent / watched;
}

/** By which part of itself a mean may be wrong: two standard errors of what differs from it, and never nothing. */
function scatter(parts: readonly SpentBucket[], expectedOf: (part: SpentBucket) => number): number {
  let [squares, sum] = [0, 0];
  for (const part of parts) {
    const expected = expectedOf(part);
    squares += (part.amount - expected) ** 2;
    sum += expected;
  }
  if (!(sum > 0)) return 1;
  return Math.max(0.05, (2 * Math.sqrt(squares)) / sum, 0.3 / Math.sqrt(parts.length));
}

/** When it is spent, if all goes that many times faster; undefined where it takes longer than is in sight. */
function endOf({
  perMs,
  hourOf,
  left,
  now,
  faster,
}: {
  readonly perMs: readonly number[];
  readonly hourOf: HourOf;
  readonly left: number;
  readonly now: number;
  readonly faster: number;
}): number | undefined {
  const perDay = perMs.reduce((sum, each) => sum + each, 0) * faster * HOUR_MS;
  const days = Math.floor(left / perDay);
  if (!(days * DAY_MS < IN_SIGHT_MS)) return undefined;
  let rest = left - days * perDay;
  let at = now + days * DAY_MS;
  // One day more than a whole one: rounding may leave a grain.
  for (let step = 0; step < 49; step += 1) {
    const pace = perMs[hourOf(at)]! * faster;
    const untilMs = (Math.floor(at / HOUR_MS) + 1) * HOUR_MS - at;
    if (pace * untilMs >= rest) return at + (pace > 0 ? rest / pace : 0);
    rest -= pace * untilMs;
    at += untilMs;
  }
  return at;
}
