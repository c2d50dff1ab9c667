import type { TokenBooking } from '../../vendors/contract/profile';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import type { LimitKind } from './limit-kind';
import { Meter, type Dimension } from './meter';

const NOW = 1_000_000;
const NONE = { sent: 0, unsure: 0 };

interface Counted {
  readonly calls?: { readonly sent: number; readonly unsure: number };
  readonly asOf?: number;
  readonly now?: number;
}

/** A meter, and the answers that it reads. */
class Answers {
  readonly meter: Meter;

  constructor(kind: LimitKind, dimension: Dimension = 'requests', booking: TokenBooking = 'input_and_max_output') {
    this.meter = new Meter(dimension, kind, booking);
  }

  read(reading: Omit<RateLimitReading, 'dimension'>, { calls = NONE, asOf = NOW, now = asOf }: Counted = {}): this {
    this.meter.observe({ dimension: this.meter.dimension, ...reading }, calls, asOf, now);
    return this;
  }
}
const bucket = (dimension?: Dimension, booking?: TokenBooking): Answers =>
  new Answers('token_bucket', dimension, booking);
const window = (): Answers => new Answers('fixed_window');

describe('what a vendor books of a call', () => {
  const TOKENS = { input: 10, output: 4 };
  it.each<[TokenBooking, Dimension, atOnce: number, later: number]>([
    ['input_and_max_output', 'requests', 1, 0],
    ['input_and_max_output', 'tokens', 14, 0],
    ['input_and_max_output', 'input_tokens', 10, 0],
    ['input_and_max_output', 'output_tokens', 4, 0],
    ['input_and_output', 'requests', 1, 0],
    ['input_and_output', 'tokens', 10, 4],
    ['input_and_output', 'input_tokens', 10, 0],
    ['input_and_output', 'output_tokens', 0, 4],
    ['input', 'requests', 1, 0],
    ['input', 'tokens', 10, 0],
    ['input', 'input_tokens', 10, 0],
    ['input', 'output_tokens', 0, 0],
  ])('%s: of a limit of %s %d at once, and %d later', (booking, dimension, atOnce, later) => {
    const { meter } = bucket(dimension, booking);
    expect([meter.bookedAtOnce(TOKENS), meter.bookedLater(TOKENS)]).toEqual([atOnce, later]);
    expect(meter.needed(TOKENS)).toBe(atOnce + later);
  });

  it('of which nobody said anything is what calls took lately', () => {
    const { meter } = bucket('tokens', 'input_and_output');
    expect(meter.needed(undefined)).toBe(1);
    meter.learn(100);
    expect([meter.bookedAtOnce(undefined), meter.bookedLater(undefined)]).toEqual([100, 0]);
    meter.learn(200);
    expect(meter.usual).toBe(120);
    expect(bucket('requests').meter.bookedAtOnce(undefined)).toBe(1);
  });
});

describe('the least call', () => {
  it('is one request', () => {
    const { meter } = bucket();
    meter.asked(9);
    meter.learn(7);
    expect(meter.least).toBe(1);
  });

  it('is what calls take, or the least that they ask for, which is forgotten slowly', () => {
    const { meter } = bucket('tokens');
    meter.learn(100);
    expect(meter.least).toBe(100);
    const leasts = [140, 40, 60, 41, 30].map((amount) => {
      meter.asked(amount);
      return meter.least;
    });
    expect(leasts).toEqual([100, 40, 41, 41, 30]);
  });
});

describe('what is known of a limit', () => {
  it('is nothing until an answer says what is left', () => {
    const { meter } = bucket().read({ limit: 60, resetMs: 5_000, window: 'day' });
    expect([meter.isKnown, meter.isDaily, meter.limit, meter.capacity]).toEqual([false, false, Infinity, Infinity]);
    expect([meter.used(NOW), meter.blockedUntil(1e9, NOW)]).toEqual([0, 0]);
    meter.take(5, NOW);
    expect(meter.leftAt(NOW)).toBe(Infinity);
  });

  it('is its size, what it counts by, and what goes in a minute', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 30 });
    expect([meter.isKnown, meter.isDaily, meter.limit, meter.capacity]).toEqual([true, false, 60, 60]);
    expect(meter.perMinute).toBeCloseTo(60, 9);
    expect(meter.part).toBe(1);
    expect(bucket().read({ limit: 3_000, remaining: 9, resetMs: 20 }).meter.perMinute).toBeCloseTo(3_000, 6);
    const daily = window().read({ limit: 1_440, remaining: 30, window: 'day' }).meter;
    expect([daily.isDaily, daily.perMinute]).toEqual([true, 1]);
    expect(window().read({ limit: 30, remaining: 3 }).meter.perMinute).toBe(30);
  });

  it('stays where a later answer does not state it', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 30 }).read({ remaining: 20 });
    expect([meter.limit, meter.capacity]).toEqual([60, 30]);
  });

  it('is when a window ends, which a bucket does not', () => {
    expect(window().meter.endsAt).toBeUndefined();
    expect(window().read({ limit: 60, remaining: 5, resetMs: 7_000 }).meter.endsAt).toBe(NOW + 7_000);
    expect(bucket().read({ limit: 60, remaining: 5, resetMs: 7_000 }).meter.endsAt).toBeUndefined();
  });
});

describe('how much of a limit is used', () => {
  it('falls as it refills', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 15 });
    expect([0, 15_000, 45_000, 99_000].map((ms) => meter.used(NOW + ms))).toEqual([0.75, 0.5, 0, 0]);
  });

  it('is no less than nothing, and nothing of no part', () => {
    const { meter } = bucket().read({ limit: 10, remaining: 20 });
    expect(meter.used(NOW)).toBe(0);
    meter.divide(0, 0, NOW);
    expect(meter.used(NOW)).toBe(0);
  });
});

describe('what is left after an answer', () => {
  const left = ({ meter }: Answers, now = NOW): number => meter.leftAt(now);

  it('is without the calls that it cannot have counted', () => {
    expect(left(bucket().read({ limit: 60, remaining: 10 }, { calls: { sent: 2, unsure: 3 } }))).toBe(5);
    expect(left(window().read({ limit: 60, remaining: 10, resetMs: 9_000 }, { calls: { sent: 2, unsure: 3 } }))).toBe(
      5,
    );
  });

  it('is what was expected, where the answer may have missed some of the calls of which nobody can say', () => {
    const after = (remaining: number, sent: number, unsure: number): number =>
      left(bucket().read({ limit: 60, remaining: 10 }).read({ limit: 60, remaining }, { calls: { sent, unsure } }));
    expect([after(12, 0, 5), after(12, 0, 1), after(8, 0, 5), after(14, 3, 5)]).toEqual([10, 11, 8, 10]);
  });

  it('is compared with what was expected when the vendor counted', () => {
    const later = { calls: { sent: 0, unsure: 5 }, asOf: NOW + 1_000, now: NOW + 2_000 };
    const read = bucket().read({ limit: 60, remaining: 10 }).read({ limit: 60, remaining: 14 }, later);
    expect(left(read, NOW + 2_000)).toBeCloseTo(12, 9);
    const ofWindow = window()
      .read({ limit: 60, remaining: 10, resetMs: 50_000 })
      .read({ limit: 60, remaining: 14, resetMs: 49_000 }, later);
    expect(left(ofWindow, NOW + 2_000)).toBe(10);
  });

  it('refills from when the vendor counted, and a window does not', () => {
    const late = { asOf: NOW, now: NOW + 3_000 };
    expect(left(bucket().read({ limit: 60, remaining: 10 }, late), NOW + 3_000)).toBeCloseTo(13, 9);
    const { meter } = window().read({ limit: 60, remaining: 10, resetMs: 9_000 }, late);
    expect([meter.leftAt(NOW + 11_999), meter.leftAt(NOW + 12_000)]).toEqual([10, 60]);
  });

  it('is full by the reset, later by what the calls take that it has not counted', () => {
    const read = bucket().read({ limit: 1, remaining: 0, resetMs: 490 }, { calls: { sent: 1, unsure: 0 } });
    expect(left(read, NOW + 490)).toBeLessThan(0);
    expect(left(read, NOW + 60_489)).toBeLessThan(0.1);
    expect(left(read, NOW + 60_490)).toBe(1);
  });

  it('is of a bucket no larger than what is missing until its reset says', () => {
    expect(bucket().read({ limit: 3_000, remaining: 9, resetMs: 20 }).meter.capacity).toBeCloseTo(10, 9);
    expect(bucket().read({ limit: 60, remaining: 60, resetMs: 60_000 }).meter.capacity).toBe(60);
    expect(bucket().read({ limit: 60, remaining: 0, resetMs: 1 }).meter.capacity).toBe(1);
    expect(bucket().read({ limit: 0, remaining: 0 }).meter.capacity).toBe(1);
    expect(window().read({ limit: 3_000, remaining: 9, resetMs: 20 }).meter.capacity).toBe(3_000);
  });
});

describe('a call that takes of a bucket', () => {
  it('delays when it is full', () => {
    const { meter } = bucket().read({ limit: 1, remaining: 0, resetMs: 490 });
    meter.take(1, NOW + 490);
    expect(meter.leftAt(NOW + 490)).toBe(0);
    expect([meter.leftAt(NOW + 60_489) < 1, meter.leftAt(NOW + 60_490)]).toEqual([true, 1]);
    const early = bucket().read({ limit: 1, remaining: 1, resetMs: 490 }).meter;
    early.take(1, NOW);
    expect(early.leftAt(NOW + 490)).toBeCloseTo(0.008, 3);
    expect(early.leftAt(NOW + 60_490)).toBe(1);
  });

  it('leaves it unknown when it is full where no answer said so', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 30 });
    meter.take(10, NOW);
    expect([meter.leftAt(NOW), meter.leftAt(NOW + 10_000)]).toEqual([20, 30]);
  });

  it('takes of what has refilled until then', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 30 });
    meter.take(10, NOW + 5_000);
    expect(meter.leftAt(NOW + 5_000)).toBe(25);
    meter.take(-10, NOW + 5_000);
    expect(meter.leftAt(NOW + 6_000)).toBe(36);
  });

  it('does not refill twice what a clock that was set back goes over again', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 30 });
    meter.take(10, NOW - 5_000);
    expect([meter.leftAt(NOW), meter.leftAt(NOW + 1_000)]).toEqual([20, 21]);
  });
});

describe('a call that takes of a window', () => {
  it('begins the next one where the window has ended, of which nobody knows yet', () => {
    const { meter } = window().read({ limit: 10, remaining: 2, resetMs: 500 });
    meter.take(1, NOW + 499);
    expect([meter.leftAt(NOW + 499), meter.endsAt]).toEqual([1, NOW + 500]);
    meter.take(10, NOW + 500);
    expect([meter.leftAt(NOW + 500), meter.endsAt]).toEqual([0, NOW + 60_500]);
    expect(meter.blockedUntil(1, NOW + 500)).toBe(NOW + 1_500);
    meter.take(1, NOW + 180_500);
    expect([meter.leftAt(NOW + 180_500), meter.endsAt]).toEqual([9, NOW + 240_500]);
    meter.observe({ dimension: 'requests', limit: 10, remaining: 0, resetMs: 700 }, NONE, NOW + 180_600, NOW + 180_600);
    expect(meter.blockedUntil(1, NOW + 180_600)).toBe(NOW + 181_300);
  });
});

describe('until when a call does not fit', () => {
  it('is until what is missing has refilled, or all has', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 3 });
    expect([3, 4, 60].map((amount) => meter.blockedUntil(amount, NOW))).toEqual([0, NOW + 1_000, NOW + 57_000]);
    expect(bucket().read({ limit: 1, remaining: 0, resetMs: 490 }).meter.blockedUntil(1, NOW)).toBe(NOW + 490);
  });

  it('is until all is there for one that takes more than that', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 3 });
    expect([meter.blockedUntil(99, NOW), meter.blockedUntil(99, NOW + 57_000)]).toEqual([NOW + 57_000, 0]);
  });

  it('is longer beside reservations, which nothing but what calls give back may fit', () => {
    const { meter } = bucket().read({ limit: 10, remaining: 5, resetMs: 30_000 });
    meter.reserved = 2;
    expect([meter.blockedUntil(3, NOW), meter.blockedUntil(4, NOW)]).toEqual([0, NOW + 6_000]);
    meter.reserved = 5;
    expect(meter.blockedUntil(8, NOW)).toBeCloseTo(NOW + 48_000, 6);
  });

  it('is until the window ends', () => {
    const { meter } = window().read({ limit: 10, remaining: 3, resetMs: 5_000 });
    expect([meter.blockedUntil(3, NOW), meter.blockedUntil(4, NOW)]).toEqual([0, NOW + 5_000]);
    expect(meter.blockedUntil(99, NOW + 5_000)).toBe(0);
  });
});

describe('a part of a limit', () => {
  it('is none of it before another is given', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 60 });
    meter.divide(0, 0, NOW);
    expect([meter.part, meter.blockedUntil(1, NOW)]).toEqual([0, NOW + 1_000]);
  });

  it('has its part of what is left, of what refills and of what it holds', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 0 });
    meter.divide(0.5, 0, NOW + 20_000);
    expect([20_000, 30_000, 99_000].map((ms) => meter.leftAt(NOW + ms))).toEqual([10, 15, 30]);
    expect(meter.used(NOW + 30_000)).toBe(0.5);
    expect(meter.blockedUntil(20, NOW + 20_000)).toBe(NOW + 40_000);
    meter.divide(0.25, 1, NOW + 30_000);
    expect(meter.leftAt(NOW + 30_000)).toBe(7.5);
  });

  it('gains as much as is full of what it gains', () => {
    const { meter } = bucket().read({ limit: 60, remaining: 60 });
    meter.divide(0.5, 0, NOW);
    meter.take(30, NOW);
    meter.divide(0.75, 0.2, NOW);
    expect(meter.leftAt(NOW)).toBeCloseTo(3, 9);
  });

  it('is not full by a reset that was for all of it', () => {
    const { meter } = bucket().read({ limit: 1, remaining: 0, resetMs: 490 });
    meter.divide(0.5, 0, NOW);
    expect(meter.leftAt(NOW + 490)).toBeLessThan(0.01);
  });

  it('has no more than its own calls have left of it, and no more than is left of all', () => {
    const read = bucket();
    read.meter.divide(0.5, 0, NOW);
    expect(read.read({ limit: 60, remaining: 50, resetMs: 10_000 }).meter.leftAt(NOW)).toBe(25);
    read.meter.take(5, NOW);
    expect([0, 15_000].map((ms) => read.meter.leftAt(NOW + ms))).toEqual([20, 27.5]);
    expect(read.read({ limit: 60, remaining: 50 }).meter.leftAt(NOW)).toBe(20);
    expect(read.read({ limit: 60, remaining: 15 }).meter.leftAt(NOW)).toBe(15);
  });

  it('that was never less than all goes by the answers', () => {
    const read = bucket();
    read.meter.divide(1, 0, NOW);
    read.read({ limit: 60, remaining: 10 });
    expect(read.read({ limit: 60, remaining: 30 }).meter.leftAt(NOW)).toBe(30);
  });

  it('of a window that has ended gains nothing that others may just have used of the new one', () => {
    const read = window();
    read.meter.divide(0.5, 0, NOW);
    const { meter } = read.read({ limit: 10, remaining: 10, resetMs: 500 });
    meter.divide(1, 0, NOW + 1_000);
    expect(meter.leftAt(NOW + 1_000)).toBe(5);
    meter.divide(0.5, 0, NOW + 1_000);
    expect(meter.leftAt(NOW + 1_000)).toBe(2.5);
  });
});

describe('a limit that is another one than before', () => {
  it('refills by itself, whatever the one before did', () => {
    const answers = bucket()
      .read({ limit: 120, remaining: 4, resetMs: 500 })
      .read({ limit: 120, remaining: 1, resetMs: 2_000 });
    expect(answers.meter.perMinute).toBe(120);
    answers.read({ limit: 60, remaining: 1, resetMs: 1_500 });
    expect(answers.meter.perMinute).toBe(60);
    answers.read({ limit: 60, remaining: 0, resetMs: 2_500 });
    expect(answers.meter.blockedUntil(1, NOW)).toBe(NOW + 1_000);
  });
});

describe('a limit that another instance was told by answers', () => {
  it('holds until an answer states it here, and is told to nobody else', () => {
    const answers = bucket();
    const { meter } = answers;
    meter.divide(0, 0, NOW);
    meter.told(5, 0.002, NOW);
    expect([meter.isKnown, meter.capacity, meter.perMinute, meter.limit, meter.tells]).toEqual([
      true,
      5,
      120,
      Infinity,
      false,
    ]);
    meter.divide(0.4, 1, NOW);
    expect([meter.leftAt(NOW), meter.blockedUntil(2, NOW), meter.blockedUntil(1, NOW)]).toEqual([2, 0, 0]);
    answers.read({ limit: 60, remaining: 1, resetMs: 1_500 });
    expect([meter.capacity, meter.perMinute, meter.tells]).toEqual([3, 60, true]);
    meter.told(5, 0.002, NOW);
    expect([meter.capacity, meter.perMinute]).toEqual([3, 60]);
  });

  it('is full only for who has all of it, and keeps what is left when it is told again', () => {
    const [whole, part] = [bucket().meter, bucket().meter];
    part.divide(0.5, 1, NOW);
    for (const meter of [whole, part]) meter.told(5, 0.001, NOW);
    expect([whole.leftAt(NOW), part.leftAt(NOW)]).toEqual([5, 0]);
    whole.take(3, NOW);
    whole.told(5, 0.001, NOW);
    expect(whole.leftAt(NOW)).toBe(2);
  });

  it('holds whole calls, though answers leave out the part of one, so that the part of one call holds one', () => {
    const shared = bucket().read({ limit: 120, remaining: 3, resetMs: 600 });
    expect(shared.meter.capacity).toBeCloseTo(4.2);
    shared.meter.divide(0.2, 1, NOW);
    expect(shared.meter.capacity).toBe(5);
    shared.read({ limit: 120, remaining: 2, resetMs: 1_100 });
    const { meter: told } = bucket();
    told.told(4.2, 0.002, NOW);
    const { meter: tokens } = bucket('tokens').read({ limit: 60_000, remaining: 99, resetMs: 200 });
    tokens.divide(0.2, 1, NOW);
    expect([shared.meter.capacity, told.capacity, tokens.capacity]).toEqual([5, 5, 299]);
  });

  it('is no window, and none of the day', () => {
    expect(window().read({ limit: 60, remaining: 9, resetMs: 5_000 }).meter.tells).toBe(false);
    expect(bucket().read({ limit: 60, remaining: 9, resetMs: 5_000, window: 'day' }).meter.tells).toBe(false);
    expect(bucket().meter.tells).toBe(false);
  });

  it('is new here with the first answer, and with one that states another limit', () => {
    const { meter } = bucket();
    const isNew = (limit: number): boolean =>
      meter.observe({ dimension: 'requests', limit, remaining: 1, resetMs: 500 }, NONE, NOW, NOW);
    expect(meter.observe({ dimension: 'requests', limit: 60 }, NONE, NOW, NOW)).toBe(false);
    expect([60, 60, 90, 90].map(isNew)).toEqual([true, false, true, false]);
  });
});
