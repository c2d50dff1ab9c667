import { runOut, type RunOut } from './run-out';
import { SpendingHistory } from './spending-history';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A full hour. */
const START = Date.UTC(2026, 10, 2, 8);
/** What is spent in an hour. */
const PACE = 600;

/** So much was spent in each hour from the start on, evenly, and read every five minutes; the last may be a part of an hour. */
function spentBy(hours: readonly number[]): { history: SpendingHistory; now: number } {
  const history = new SpendingHistory();
  let [now, spent] = [START, 0];
  history.readSpent(now, spent);
  for (const amount of hours) {
    for (let part = 0; part < 12; part += 1) {
      now += 5 * MINUTE;
      history.readSpent(now, (spent += amount / 12));
    }
  }
  return { history, now };
}
const steady = (hours: number) => spentBy(Array.from({ length: hours }, () => PACE));
const minutes = (count: number) => {
  const history = new SpendingHistory();
  for (let minute = 0; minute <= count; minute += 5) history.readSpent(START + minute * MINUTE, (minute / 60) * PACE);
  return { history, now: START + count * MINUTE };
};

/** From now on, in hours. */
function inHours({ history, now }: ReturnType<typeof spentBy>, left: number, endsAt?: number) {
  const found = runOut(history, { left, now, endsAt });
  const hours = (at: number | undefined): number | undefined => at && (at - now) / HOUR;
  return found && { at: hours(found.at), earliest: hours(found.earliest), latest: hours(found.latest) };
}

describe('the range in which something runs out', () => {
  // Half an hour in six parts: a mean of six is right within 0.3 / √6 = 12.2 %. Twelve hours on, half of a day's change is to come:
  // five times as much, of which a 48th was seen, and 30 % from day to day.
  it('is wide before the day was seen, the wider the later it gets', () => {
    const factor = 1.12247 * (1 + 4 * 0.5 * (47 / 48) + 0.3 * 0.5);
    const laterFactor = 1.12247 * (1 + 4 * (47 / 48) + 0.3);
    const found = inHours(minutes(30), 12 * PACE)!;
    expect(found.at).toBeUndefined();
    expect(found.earliest).toBeCloseTo(12 / factor, 2);
    expect(found.latest).toBeCloseTo(12 * laterFactor, 2);
  });

  it('is narrow where little of the day is to come', () => {
    const factor = 1.12247 * (1 + (4 * (47 / 48) + 0.3) / 24);
    expect(inHours(minutes(30), PACE)!.earliest).toBeCloseTo(1 / factor, 3);
  });

  // 24 hours of late: 0.3 / √24 = 6.12 %. Of two days one may differ from the next by half of 30 %; of three nothing is left of that.
  it.each([
    [24, 1.3],
    [48, 1.15],
    [72, 1],
    [96, 1],
  ])('is that of the days that were seen: after %d hours', (hours, swing) => {
    const found = inHours(steady(hours), 48 * PACE)!;
    expect(found.at).toBeCloseTo(48, 3);
    expect(found.earliest).toBeCloseTo(48 / (1.061237 * swing), 2);
    expect(found.latest).toBeCloseTo(48 * 1.061237 * swing, 2);
  });

  it('ends with the period, or with what is in sight', () => {
    const world = steady(2);
    const at = runOut(world.history, { left: 5 * PACE, now: world.now })!.at!;
    expect(inHours(world, 5 * PACE, at)).toBeUndefined();
    expect(inHours(world, 5 * PACE, at + 1)!.at).toBeCloseTo(5, 3);
    expect(inHours(world, 365.5 * 24 * PACE)!.at).toBeCloseTo(365.5 * 24, 0);
    expect(inHours(world, 366 * 24 * PACE + 1)).toBeUndefined();
    expect(runOut(world.history, { left: Infinity, now: world.now })).toBeUndefined();
  });
});

describe('one time is named', () => {
  it('after a whole hour in twelve parts, and not before', () => {
    expect(inHours(minutes(55), PACE)!.at).toBeUndefined();
    expect(inHours(minutes(60), PACE)!.at).toBeCloseTo(1, 3);
  });

  it('not of an hour that was looked at in few parts', () => {
    const history = new SpendingHistory();
    for (const [at, spent] of [
      [START, 0],
      [START + 5 * MINUTE, 50],
      [START + 10 * MINUTE, 100],
    ] as const)
      history.readSpent(at, spent);
    // Nobody looked for three hours: what is spent in between is spread over them.
    history.readSpent(START + 4 * HOUR, 2_400);
    const found: RunOut = runOut(history, { left: PACE, now: START + 4 * HOUR })!;
    expect(found.earliest).toBeGreaterThan(START + 4 * HOUR);
  });
});

describe('the pace', () => {
  it('counts what is older than the parts of late by the hour, each once, and half for each three hours', () => {
    const world = spentBy([2_400, 2_400, PACE, PACE, PACE]);
    // By hand: Σ 2^(-age / 3 h) · amount over two hours of 2,400 and the parts of 50 of the three hours, the present one among them, divided by the same of their length.
    const ages = [
      ...Array.from({ length: 35 }, (_, n) => ({ age: (n + 1) / 12, amount: 50, hours: 1 / 12 })),
      { age: 4, amount: 2_400, hours: 1 },
      { age: 5, amount: 2_400, hours: 1 },
    ];
    const weigh = (of: 'amount' | 'hours') => ages.reduce((sum, each) => sum + 2 ** (-each.age / 3) * each[of], 0);
    const perHour = weigh('amount') / weigh('hours');
    const found = runOut(world.history, { left: 10 * perHour, now: world.now })!;
    expect((found.at! - world.now) / HOUR).toBeCloseTo(10, 2);
    expect(found.earliest).toBeLessThan(world.now + 10 * HOUR);
  });

  it('of an hour of the day that nobody watched is the mean of the others', () => {
    // Watched for 26 hours but for the hour from 10 to 11, for which the process was away.
    const history = new SpendingHistory();
    let now = START;
    history.readSpent(now, 0);
    let spent = 0;
    const watch = (ms: number): void => {
      for (const end = now + ms; now < end;) {
        now += 5 * MINUTE;
        history.readSpent(now, (spent += 50));
      }
    };
    watch(2 * HOUR);
    const later = new SpendingHistory();
    for (const row of ['fine', 'hours'] as const) later.take(row, history.row(row, now), now);
    now += HOUR;
    const away = later;
    away.readSpent(now, spent);
    for (const end = now + 23 * HOUR; now < end;) {
      now += 5 * MINUTE;
      away.readSpent(now, (spent += 50));
    }
    const found = runOut(away, { left: 24 * PACE, now })!;
    expect((found.at! - now) / HOUR).toBeCloseTo(24, 1);
  });

  it('is none where nothing was spent for a day, and any where something was', () => {
    const quiet = Array.from({ length: 25 }, () => 0);
    expect(inHours(spentBy([PACE, PACE, ...quiet]), 1)).toBeUndefined();
    expect(inHours(spentBy([...quiet, PACE]), 1)).toBeDefined();
    expect(inHours(spentBy(quiet.slice(0, 3)), 1)).toBeUndefined();
  });
});
