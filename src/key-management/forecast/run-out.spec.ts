import { seededRandom } from '../../../test/support/seeded-random';
import { hourOfDay } from '../common/hour-of-day';
import { firstRunOut, runOut, type RunOut } from './run-out';
import { SpendingHistory } from './spending-history';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 2, 7, 23);
const SEEDS = Array.from({ length: 25 }, (_, n) => n + 1);

/** What is spent in a minute, by its time: a traffic. */
type Traffic = (at: number) => number;

const steady: Traffic = () => 10;
/** Busy by day and quiet by night, by a factor of nine between. */
const rhythm: Traffic = (at) => 10 * (1 + 0.8 * Math.sin((2 * Math.PI * at) / DAY));
/** Each minute up to 30 % up or down. */
const uneven = (traffic: Traffic, seed: number): Traffic => {
  const random = seededRandom(seed);
  return (at) => traffic(at) * (0.7 + 0.6 * random());
};
/** Each minute up to 60 % up or down, and one in ten without any. */
const noisy = (traffic: Traffic, seed: number): Traffic => {
  const random = seededRandom(seed);
  return (at) => (random() < 0.1 ? 0 : traffic(at) * (0.4 + 1.2 * random()));
};

/** A world of minutes: its spending goes on, and is read every five of them. */
class World {
  now: number;
  spent = 0;
  history = new SpendingHistory();

  constructor(
    readonly traffic: Traffic,
    readonly start = START,
    readonly hourOf?: (at: number) => number,
  ) {
    this.now = start;
    this.history.readSpent(this.now, 0);
  }

  /** A new process reads what the one before has written, some minutes before it ended without a word. */
  restart(lostMs: number, awayMs: number): this {
    const [fine, hours] = [this.history.row('fine', this.now), this.history.row('hours', this.now - (lostMs % HOUR))];
    this.pass(lostMs);
    this.now += awayMs;
    this.history = new SpendingHistory();
    for (const [name, row] of [
      ['hours', hours],
      ['fine', fine],
    ] as const)
      expect(this.history.take(name, JSON.parse(JSON.stringify(row)) as number[], this.now)).toBe(true);
    this.history.readSpent(this.now, this.spent);
    return this;
  }

  pass(ms: number): this {
    for (const end = this.now + ms; this.now < end;) {
      this.#minute();
      if ((this.now - this.start) % (5 * MINUTE) === 0) this.history.readSpent(this.now, this.spent);
    }
    return this;
  }

  forecast(left: number, endsAt?: number): RunOut | undefined {
    return runOut(this.history, { left, now: this.now, endsAt, hourOf: this.hourOf });
  }

  /** When that much more is spent, as it then really happens. */
  spendsAt(left: number): number {
    const limit = this.spent + left;
    for (let minute = 0; minute < 60 * 24 * 60 && this.spent < limit; minute += 1) this.#minute();
    return this.now;
  }

  #minute(): void {
    this.spent += this.traffic(this.now);
    this.now += MINUTE;
  }
}

/** By how much the named time misses the true one, as a part of the time until then. */
function missOf(world: World, left: number): number {
  const [now, at] = [world.now, world.forecast(left)?.at];
  const truth = world.spendsAt(left);
  return at === undefined ? Infinity : Math.abs(at - truth) / (truth - now);
}

describe('runOut', () => {
  it.each([1, 4, 20, 100])('is right within 10 %% after an hour of steady traffic, %d hours ahead', (hours) => {
    for (const seed of SEEDS) {
      const world = new World(uneven(steady, seed)).pass(HOUR);
      expect(missOf(world, 10 * 60 * hours)).toBeLessThan(0.1);
    }
  });

  it.each([2, 7, 15, 30, 80])('is right within 15 %% after three days of a daily rhythm, %d hours ahead', (hours) => {
    for (const seed of SEEDS) {
      // At another time of the day each.
      const world = new World(noisy(rhythm, seed)).pass(3 * DAY + seed * HOUR);
      expect(missOf(world, 9 * 60 * hours)).toBeLessThan(0.15);
    }
  });

  it.each([10, 30, 50])('is right within 10 %% after an hour with a restart after %d minutes of it', (minutes) => {
    for (const seed of SEEDS) {
      const world = new World(uneven(steady, seed)).pass(minutes * MINUTE).restart(0, 0);
      world.pass(HOUR - minutes * MINUTE);
      expect(missOf(world, 10 * 60 * 20)).toBeLessThan(0.1);
    }
  });

  it.each([
    ['in good order', 0, 0],
    ['without a word, away for a moment', 15 * MINUTE, MINUTE],
    ['without a word, away for two hours', 50 * MINUTE, 2 * HOUR],
  ])('is right within 15 %% after three days with a restart %s', (_, lostMs, awayMs) => {
    for (const hours of [2, 15, 80]) {
      for (const seed of SEEDS) {
        const world = new World(uneven(rhythm, seed)).pass(2 * DAY + seed * HOUR).restart(lostMs, awayMs);
        expect(missOf(world.pass(DAY), 9 * 60 * hours)).toBeLessThan(0.15);
      }
    }
  });

  it.each([
    ['forward', Date.UTC(2027, 2, 28, 1)],
    ['back', Date.UTC(2026, 9, 25, 1)],
  ])('is right within 15 %% where clocks are put %s, and the rhythm is that of their zone', (_, at) => {
    const hourOf = (time: number): number => hourOfDay('Europe/Berlin', time);
    // As busy as clocks there show.
    const local: Traffic = (time) => {
      const aheadMs = (hourOf(time) - (Math.floor(time / HOUR) % 24)) * HOUR;
      return rhythm(time + aheadMs);
    };
    for (const afterHours of [1, 12, 36]) {
      for (const hours of [2, 7, 15, 30]) {
        for (const seed of SEEDS.filter((each) => each % 4 === 1)) {
          const ms = 3 * DAY + seed * HOUR;
          const world = new World(uneven(local, seed), at + afterHours * HOUR - ms, hourOf).pass(ms);
          expect(missOf(world, 9 * 60 * hours)).toBeLessThan(0.15);
        }
      }
    }
  });

  it('names a range alone before an hour is over, which the truth is in', () => {
    for (const minutes of [10, 30, 55]) {
      for (const seed of SEEDS) {
        const world = new World(noisy(steady, seed)).pass(minutes * MINUTE);
        const range = world.forecast(9 * 60 * 6)!;
        expect(range.at).toBeUndefined();
        const truth = world.spendsAt(9 * 60 * 6);
        expect(truth).toBeGreaterThan(range.earliest);
        expect(truth).toBeLessThan(range.latest!);
      }
    }
  });

  it('has the truth in its range, whatever of a day it has seen', () => {
    let [inside, all] = [0, 0];
    for (const seed of SEEDS) {
      for (const hours of [1, 5, 12, 30, 60]) {
        const traffic = noisy((at) => rhythm(at + seed * HOUR), seed);
        const world = new World(traffic).pass(hours * HOUR);
        const left = 9 * 60 * (seed % 2 === 0 ? 8 : 30);
        const range = world.forecast(left)!;
        const truth = world.spendsAt(left);
        all += 1;
        if (truth >= range.earliest && truth <= (range.latest ?? Infinity)) inside += 1;
      }
    }
    expect(inside / all).toBeGreaterThan(0.94);
  });

  it('has a range that narrows as more is known', () => {
    const width = (ms: number): number => {
      const { earliest, latest } = new World(noisy(rhythm, 1)).pass(ms).forecast(9 * 60 * 24)!;
      return latest! - earliest;
    };
    const widths = [2 * HOUR, 26 * HOUR, 74 * HOUR].map(width);
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths.at(-1)).toBeLessThan(widths[0]! / 4);
  });

  it('names none where nothing is spent, or was in a day', () => {
    expect(new World(() => 0).pass(HOUR).forecast(10)).toBeUndefined();
    expect(new World(() => 0).pass(3 * DAY).forecast(10)).toBeUndefined();
    expect(new World((at) => (at < START + 2 * DAY ? 10 : 0)).pass(3.1 * DAY).forecast(1_000)).toBeUndefined();
  });

  it('names none before there is anything to go by', () => {
    const history = new SpendingHistory();
    expect(runOut(history, { left: 10, now: START })).toBeUndefined();
    history.readSpent(START, 5);
    expect(runOut(history, { left: 10, now: START })).toBeUndefined();
  });

  it('names none where the period ends before, and the range alone where it might not', () => {
    const world = new World(steady).pass(2 * HOUR);
    expect(world.forecast(10 * 60 * 5, world.now + 1 * HOUR)).toBeUndefined();
    expect(world.forecast(10 * 60 * 5, world.now + 8 * HOUR)).toMatchObject({
      at: expect.closeTo(world.now + 5 * HOUR, -4),
    });
    const early = new World(steady).pass(30 * MINUTE);
    const maybe = early.forecast(10 * 60 * 5, early.now + 4 * HOUR)!;
    expect(maybe.at).toBeUndefined();
    expect(maybe.latest).toBeUndefined();
    expect(maybe.earliest).toBeLessThan(early.now + 4 * HOUR);
  });

  it('is there already where nothing is left', () => {
    const world = new World(steady).pass(HOUR);
    const now = { at: world.now, earliest: world.now, latest: world.now };
    expect([world.forecast(0), world.forecast(-5)]).toEqual([now, now]);
  });

  it('names none where it lasts for more than a year', () => {
    expect(new World(steady).pass(2 * HOUR).forecast(10 * 60 * 24 * 400)).toBeUndefined();
  });

  it('takes a burst alone for no pace', () => {
    const burst = new World((at) => (at < START + 65 * MINUTE && at >= START + 60 * MINUTE ? 500 : 0)).pass(2 * HOUR);
    expect(burst.forecast(5_000)?.at).toBeUndefined();
  });

  it.each([
    ['rising', 4],
    ['falling', 1 / 4],
  ])('goes with %s traffic', (_, factor) => {
    // The new pace begins in the middle of the second day, and holds.
    const turn = START + 36 * HOUR;
    const world = new World((at) => (at < turn ? 10 : 10 * factor)).pass(38 * HOUR);
    const before = Math.abs(missOf(world, 10 * factor * 60 * 12));
    const later = new World((at) => (at < turn ? 10 : 10 * factor)).pass(36 * HOUR + 2 * DAY);
    const after = missOf(later, 10 * factor * 60 * 12);
    expect(after).toBeLessThan(before);
    expect(after).toBeLessThan(0.25);
  });

  it('is a time in order for any history', () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const history = new SpendingHistory();
      let [at, value] = [START, 0];
      for (let n = 0; n < 60; n += 1) {
        at += random() * random() * 12 * HOUR;
        value = random() < 0.1 ? random() * 5 : value + (random() < 0.5 ? 0 : random() * 1_000);
        if (random() < 0.5) history.readSpent(at, random() < 0.05 ? NaN : value);
        else history.readLeft(at, random() < 0.05 ? Infinity : value);
        const found = runOut(history, {
          left: random() * 10_000 - 10,
          now: at,
          endsAt: random() < 0.5 ? at + random() * DAY : undefined,
        });
        if (found === undefined) continue;
        const times = [at, found.earliest, found.at ?? found.earliest, found.latest ?? found.at ?? found.earliest];
        expect(times.every(Number.isFinite)).toBe(true);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }
    }
  });
});

describe('firstRunOut', () => {
  it.each<[string, (RunOut | undefined)[], ReturnType<typeof firstRunOut>]>([
    ['nothing of nothing', [undefined], {}],
    [
      'the first that is sure',
      [
        { at: 9, earliest: 8, latest: 12 },
        { at: 7, earliest: 2 },
      ],
      { runsOutAt: 7 },
    ],
    [
      'a range where none is sure',
      [{ earliest: 5, latest: 9 }, { earliest: 6, latest: 7 }, undefined],
      { runsOutBetween: { earliest: 5, latest: 7 } },
    ],
    ['a range without an end', [{ earliest: 5 }], { runsOutBetween: { earliest: 5 } }],
    [
      'both where one that is not sure may be sooner',
      [{ at: 8, earliest: 7 }, { earliest: 5 }],
      { runsOutAt: 8, runsOutBetween: { earliest: 5, latest: 8 } },
    ],
    ['the sure one where the other is later', [{ at: 4, earliest: 3 }, { earliest: 5 }], { runsOutAt: 4 }],
  ])('is %s', (_, all, first) => {
    expect(firstRunOut(all)).toEqual(first);
  });
});

describe('SpendingHistory', () => {
  const sum = (history: SpendingHistory, now: number): number =>
    [...history.hourly(now)].reduce((total, { amount }) => total + amount, 0);

  it('goes on over the end of a period', () => {
    const history = new SpendingHistory();
    [50, 90, 20, 30].forEach((spent, n) => history.readSpent(START + n * HOUR, spent));
    expect(sum(history, START + 4 * HOUR)).toBeCloseTo(40 + 20 + 10);
  });

  it('takes what was paid in for no spending, nor for time without any', () => {
    const history = new SpendingHistory();
    [50, 40, 100, 90].forEach((left, n) => history.readLeft(START + n * HOUR, left));
    expect(sum(history, START + 4 * HOUR)).toBeCloseTo(20);
    const watched = [...history.hourly(START + 4 * HOUR)].reduce((total, { watchedMs }) => total + watchedMs, 0);
    expect(watched).toBe(2 * HOUR);
  });

  it('has hardly watched less where nothing was spent for long', () => {
    const history = new SpendingHistory();
    history.readSpent(START, 0);
    for (let n = 1; n <= 60; n += 1) expect(history.readSpent(START + n * HOUR, 0)).toBe(false);
    expect(history.watchedMs(START + 60 * HOUR)).toBe(60 * HOUR);
    expect(history.row('hours', START + 60 * HOUR)).toEqual([]);
    expect(history.readSpent(START + 61 * HOUR, 5)).toBe(true);
    expect(history.watchedMs(START + 61 * HOUR)).toBe(61 * HOUR);
    expect(history.hourly(START + 61 * HOUR).filter(({ amount }) => amount > 0)).toHaveLength(2);
    history.readSpent(START + 200 * HOUR, 5);
    expect(history.hasSpent(START + 200 * HOUR)).toBe(true);
    history.readSpent(START + 300 * HOUR, 5);
    expect([history.watchedMs(START + 300 * HOUR), history.hasSpent(START + 300 * HOUR)]).toEqual([
      expect.closeTo(168 * HOUR, -7),
      false,
    ]);
  });

  it('reads what was written, and of two rows what was watched longer', () => {
    const [one, two] = [new World(noisy(rhythm, 3)), new World(noisy(rhythm, 3))];
    one.pass(5 * DAY + 25 * MINUTE);
    two.pass(5 * DAY);
    two.history.take('hours', one.history.row('hours', one.now), one.now);
    two.history.take('fine', one.history.row('fine', one.now), one.now);
    for (const name of ['fine', 'hours'] as const) {
      const [row, other] = [one.history.row(name, one.now), two.history.row(name, one.now)];
      expect(other).toHaveLength(row.length);
      row.forEach((each, n) => expect(other[n]! / (each || 1)).toBeCloseTo(each === 0 ? 0 : 1, 3));
    }
    // What is less is not taken.
    const before = two.history.row('hours', one.now);
    two.history.take(
      'hours',
      before.map((each, n) => (n === 0 ? each : each / 2)),
      one.now,
    );
    expect(two.history.row('hours', one.now)).toEqual(before);
  });

  it('has rows of bounded size', () => {
    const world = new World((at) => 1_000 * rhythm(at)).pass(20 * DAY);
    expect(JSON.stringify(world.history.row('hours', world.now)).length).toBeLessThan(2_000);
    expect(JSON.stringify(world.history.row('fine', world.now)).length).toBeLessThan(500);
  });

  it.each([
    [['a']],
    [[1, 2]],
    [[1.5, 1, 1]],
    [[1, -1, 1]],
    [[1, 1, null]],
    [[1, ...Array.from({ length: 340 }, () => 1)]],
  ])('takes no rows that make no sense, %#', (row) => {
    const history = new SpendingHistory();
    expect(history.take('hours', row, START)).toBe(false);
    expect(history.hasSpent(START)).toBe(false);
  });

  it('takes nothing of the future, nor of long ago', () => {
    const history = new SpendingHistory();
    const hour = Math.floor(START / HOUR);
    expect(history.take('hours', [hour - 400, 1, 1], START)).toBe(true);
    expect(history.take('hours', [hour, 7, 1, 8, 1, 9, 1], START)).toBe(true);
    expect(history.hourly(START).map(({ amount }) => amount)).toEqual([7]);
  });

  it('forgets what is older than a week', () => {
    const history = new SpendingHistory();
    history.readSpent(START, 0);
    history.readSpent(START + HOUR, 1_000);
    history.readSpent(START + 8 * DAY, 1_000);
    expect(sum(history, START + 8 * DAY)).toBe(0);
  });
});
