import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import { send, sentCall } from '../../../../test/support/sent-calls';
import { HeaderPace } from './header-pace';
import type { SentCall } from './sent-call';

const BOOKINGS = ['input_and_max_output', 'input_and_output', 'input'] as const;

const NOW = 1_000_000;
/** A call that was sent so long before another one has reached the vendor before it. Milliseconds. */
const SURELY_MS = 1_000;

/** Until when no call may go beside so many in flight of which nothing is known but what calls take lately. */
function until(pace: HeaderPace, inFlight: number, now: number): number {
  for (const meter of pace.meters) meter.reserved = inFlight * meter.usual;
  const blockedUntil = pace.blockedUntil(now, undefined, false);
  for (const meter of pace.meters) meter.reserved = 0;
  return blockedUntil;
}

describe('HeaderPace', () => {
  it('lets calls go while the bucket has some left beside those in flight', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 60, remaining: 3, resetMs: 57_000 }], NOW, NOW);
    expect(until(pace, 2, NOW)).toBe(0);
    expect(until(pace, 3, NOW)).toBe(NOW + 1_000);
  });

  it('takes the reset of a bucket for the time to full, so that one candidate comes much sooner', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 600, remaining: 0, resetMs: 60_000 }], NOW, NOW);
    expect(until(pace, 0, NOW)).toBe(NOW + 100);
    expect(until(pace, 0, NOW + 100)).toBe(0);
  });

  it('waits for the start of a fixed window', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 20_000 }], NOW, NOW);
    expect(until(pace, 0, NOW + 5_000)).toBe(NOW + 20_000);
    expect(until(pace, 0, NOW + 20_000)).toBe(0);
  });

  it('does not take a reset in whole seconds of a nearly full bucket for its rate', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 1_000, remaining: 999, resetMs: 1_000 }], NOW, NOW);
    // 1,000 a minute, and not the one a second that the rounded reset would mean.
    expect(until(pace, 999, NOW)).toBeCloseTo(NOW + 60, 6);
  });

  it('learns what a call costs in tokens', () => {
    const pace = new HeaderPace('token_bucket');
    for (const remaining of [10_000, 9_000, 8_000, 7_000, 6_000, 5_000, 4_000, 3_000, 2_000, 1_000, 100]) {
      pace.observe([{ dimension: 'tokens', limit: 10_000, remaining, resetMs: (10_000 - remaining) * 6 }], NOW, NOW);
      send(pace, 1, NOW - SURELY_MS);
    }
    expect(until(pace, 0, NOW)).toBeGreaterThan(NOW);
  });

  it('obeys the scarcest dimension, and a limit per day', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe(
      [
        { dimension: 'tokens', limit: 10_000, remaining: 9_999, resetMs: 6 },
        { dimension: 'requests', limit: 1_440, remaining: 0, window: 'day' },
      ],
      NOW,
      NOW,
    );
    expect(until(pace, 0, NOW)).toBe(NOW + 60_000);
  });

  it('never lets more calls fly than a full bucket holds, though the named limit is greater', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 3_000, remaining: 9, resetMs: 20 }], NOW, NOW);
    expect(until(pace, 9, NOW + 60_000)).toBe(0);
    expect(until(pace, 10, NOW + 60_000)).toBeGreaterThan(NOW + 60_000);
  });

  it('says nothing where the headers said nothing', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 10 }], NOW, NOW);
    expect(until(pace, 100, NOW)).toBe(0);
  });

  it('takes a bucket for full when the vendor said it would be, however small it is', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 1, remaining: 0, resetMs: 490 }], 1_000, 1_000);
    expect(until(pace, 0, 1_000)).toBe(1_490);
    expect(until(pace, 0, 1_490)).toBe(0);
  });

  it('starts no more in a new window than it takes, before an answer has told of it', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 500 }], 1_000, 1_000);
    expect(until(pace, 9, 2_000)).toBe(0);
    expect(until(pace, 10, 2_000)).toBeGreaterThan(2_000);
  });

  it('never waits for ever, even for a limit of nothing', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'tokens', limit: 0, remaining: 0 }], 1_000, 1_000);
    expect(until(pace, 0, 70_000)).toBe(0);
    expect(until(pace, 3, 1_000)).toBeLessThan(Infinity);
  });
});

describe('the refill of a bucket', () => {
  type Reading = readonly [remaining: number, resetMs: number];
  /** The wait for one call more than is left, which is the time that one call takes to refill. */
  const waitAfter = (limit: number, ...readings: Reading[]): number => {
    const pace = new HeaderPace('token_bucket');
    for (const [remaining, resetMs] of readings)
      pace.observe([{ dimension: 'requests', limit, remaining, resetMs }], NOW, NOW);
    return Math.round(until(pace, readings.at(-1)![0], NOW) - NOW);
  };

  it('is measured by two readings: what more is missing takes so much longer', () => {
    expect(waitAfter(1_000, [50, 10_000], [29, 20_000])).toBe(500);
    expect(waitAfter(1_000, [50, 10_000], [48, 10_500])).toBe(500);
  });

  it('takes on what contradicts the readings before: the limit was changed', () => {
    expect(waitAfter(1_000, [50, 10_000], [29, 20_000], [9, 20_000])).toBe(250);
  });

  it('is measured against the fullest reading, and the last of those', () => {
    expect(waitAfter(1_000, [50, 10_000], [60, 5_000], [39, 10_000])).toBe(250);
    expect(waitAfter(1_000, [50, 10_000], [50, 8_000], [29, 18_000])).toBe(500);
  });

  it('is a limit a minute where two readings tell too little', () => {
    // One call less may be none; a shorter reset, and one of a few whole seconds, measure nothing.
    expect(waitAfter(1_000, [50, 10_000], [49, 10_500])).toBe(60);
    expect(waitAfter(1_000, [50, 10_000], [40, 9_500])).toBe(60);
    expect(waitAfter(1_000, [50, 10_000], [40, 14_000])).toBe(60);
    expect(waitAfter(1_000, [50, 10_000], [39, 15_000])).toBe(500);
  });

  it('is what one reading states, and at most a limit a minute', () => {
    expect(waitAfter(60, [0, 120_000])).toBe(2_000);
    expect(waitAfter(60, [0, 6_500])).toBe(1_000);
    expect(waitAfter(60, [60, 500])).toBe(1_000);
  });

  it('is not stated by a reset of fewer than five whole seconds', () => {
    expect([4_000, 4_001, 5_000].map((resetMs) => waitAfter(60, [59, resetMs]))).toEqual([1_000, 4_001, 5_000]);
  });
});

describe('the cost of a call', () => {
  const afterReadings = (dimension: 'requests' | 'tokens', limit: number, ...left: number[]): HeaderPace => {
    const pace = new HeaderPace('token_bucket');
    for (const remaining of left) pace.observe([{ dimension, limit, remaining }], NOW, NOW);
    return pace;
  };

  it('is one of the requests, however many other instances take', () => {
    const pace = afterReadings('requests', 100, 100, 50);
    expect(until(pace, 49, NOW)).toBe(0);
    expect(until(pace, 50, NOW)).toBeGreaterThan(NOW);
  });

  it('follows the tokens that calls took, by a fifth each time', () => {
    const pace = new HeaderPace('token_bucket');
    for (const remaining of [10_000, 9_000, 6_000]) {
      pace.observe([{ dimension: 'tokens', limit: 10_000, remaining }], NOW, NOW);
      send(pace, 1, NOW - SURELY_MS);
    }
    // 1,000, and a fifth of the way to 3,000; one call more is sent.
    expect(pace.meters[0]!.usual).toBeCloseTo(1_400, -1);
    expect(until(pace, 2, NOW)).toBe(0);
    expect(until(pace, 3, NOW)).toBeGreaterThan(NOW);
  });

  it('counts what was refilled meanwhile as taken, too', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'tokens', limit: 60_000, remaining: 1_000 }], NOW, NOW);
    send(pace, 2, NOW);
    pace.observe([{ dimension: 'tokens', limit: 60_000, remaining: 1_000 }], NOW + 1_000, NOW + 1_000);
    // 1,000 were refilled in the second, and two calls took them.
    expect(pace.meters[0]!.usual).toBe(500);
  });
});

describe('a fixed window', () => {
  it('looks again a second later where its new window is full of calls in flight', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 0, resetMs: 500 }], NOW, NOW);
    expect(until(pace, 10, NOW + 500)).toBe(NOW + 1_500);
  });

  it('refills nothing before it ends', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 1, resetMs: 20_000 }], NOW, NOW);
    expect(until(pace, 1, NOW + 19_999)).toBe(NOW + 20_000);
    expect(until(pace, 0, NOW + 19_999)).toBe(0);
  });

  it('begins with its limit, else with the most that was ever left', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([{ dimension: 'requests', remaining: 4, resetMs: 500 }], NOW, NOW);
    pace.observe([{ dimension: 'requests', remaining: 0, resetMs: 500 }], NOW, NOW);
    expect(until(pace, 3, NOW + 500)).toBe(0);
    expect(until(pace, 4, NOW + 500)).toBeGreaterThan(NOW + 500);
  });
});

describe('a bucket', () => {
  it('is full by its reset, and holds no more than its limit', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 10, remaining: 5, resetMs: 60_000 }], NOW, NOW);
    expect(until(pace, 9, NOW + 60_000)).toBe(0);
    expect(until(pace, 10, NOW + 60_000)).toBeGreaterThan(NOW + 60_000);
    expect(until(pace, 10, NOW + 600_000)).toBeGreaterThan(NOW + 600_000);
  });

  it('takes a day where its limit is per day', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 24, remaining: 0, window: 'day' }], NOW, NOW);
    expect(until(pace, 0, NOW)).toBe(NOW + 3_600_000);
  });

  it('keeps what it had under a clock that was set back', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'requests', limit: 60, remaining: 3 }], NOW, NOW);
    expect(until(pace, 2, NOW - 60_000)).toBe(0);
  });
});

describe('a call in flight', () => {
  const tokens = { input: 600, output: 300 };
  const sent = (at: number): SentCall => sentCall(at, { tokens });
  const reading = (remaining: number): RateLimitReading[] => [{ dimension: 'tokens', limit: 60_000, remaining }];
  const left = (pace: HeaderPace, now: number): number => pace.meters[0]!.leftAt(now) - pace.meters[0]!.reserved;

  it('takes what it is expected to take from what is left, once', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe(reading(1_000), NOW, NOW);
    const call = sent(NOW);
    pace.started(call, NOW);
    expect(left(pace, NOW)).toBe(100);
    expect(pace.blockedUntil(NOW, { input: 100, output: 0 }, false)).toBe(0);
    expect(pace.blockedUntil(NOW, { input: 200, output: 0 }, false)).toBe(NOW + 100);
    pace.used(call, { input: 500, output: 100 }, NOW);
    expect(left(pace, NOW)).toBe(400);
    pace.ended(call, true, NOW);
    expect(left(pace, NOW)).toBe(400);
  });

  it('is counted by an answer that was counted after it was sent, and not by one from before', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe(reading(10_000), NOW, NOW);
    pace.started(sent(NOW + 100), NOW + 100);
    pace.observe(reading(9_000), NOW + 50, NOW + 150);
    expect(left(pace, NOW + 50)).toBe(8_100);
    pace.observe(reading(8_500), NOW + 1_200, NOW + 1_240);
    expect(left(pace, NOW + 1_200)).toBe(8_500);
  });

  it('is not taken for counted by the answer to a later one, which may have overtaken it while it waited for a connection', () => {
    const pace = new HeaderPace('fixed_window');
    const window = (remaining: number): RateLimitReading[] => [
      { dimension: 'requests', limit: 60, remaining, resetMs: 60_000 },
    ];
    pace.observe(window(60), NOW, NOW);
    const [first, later] = [sent(NOW), sent(NOW + 400)];
    for (const call of [first, later]) pace.started(call, call.at);
    pace.observe(window(59), NOW + 420, NOW + 440, later);
    expect(left(pace, NOW + 440)).toBe(58);
  });

  it('is not taken for counted by the answers to others of its burst, which may have overtaken it', () => {
    const pace = new HeaderPace('fixed_window');
    const window = (remaining: number): RateLimitReading[] => [
      { dimension: 'requests', limit: 60, remaining, resetMs: 60_000 },
    ];
    pace.observe(window(60), NOW, NOW);
    const calls = Array.from({ length: 60 }, () => sent(NOW + 1));
    for (const call of calls) pace.started(call, NOW + 1);
    for (const [at, call] of calls.entries()) {
      pace.observe(window(59 - at), NOW + 20, NOW + 40, call);
      expect(left(pace, NOW + 40)).toBe(0);
    }
  });

  it('gives way to the answer where others took more, or its burst less', () => {
    const pace = new HeaderPace('token_bucket');
    const bucket = (remaining: number): RateLimitReading[] => [{ dimension: 'requests', limit: 60, remaining }];
    pace.observe(bucket(10), NOW, NOW);
    const calls = [sent(NOW + 1), sent(NOW + 1)];
    for (const call of calls) pace.started(call, NOW + 1);
    pace.observe(bucket(3), NOW + 20, NOW + 20, calls[0]);
    expect(left(pace, NOW + 20)).toBe(3);
    pace.observe(bucket(30), NOW + 30, NOW + 30);
    expect(left(pace, NOW + 30)).toBe(29);
  });

  it('reserves its output where the vendor books that as it is written', () => {
    const pace = new HeaderPace('token_bucket', 'input_and_output');
    pace.observe(reading(1_000), NOW, NOW);
    const call = sent(NOW);
    pace.started(call, NOW);
    expect([left(pace, NOW), pace.meters[0]!.reserved]).toEqual([100, 300]);
    // The answer begins: its input is booked.
    pace.observe(reading(400), NOW + 1, NOW + 1);
    expect(left(pace, NOW + 1)).toBe(100);
    pace.used(call, { input: 600, output: 50 }, NOW + 1);
    expect([left(pace, NOW + 1), pace.meters[0]!.reserved]).toEqual([350, 0]);
  });

  it('can never fit where it takes more than the bucket holds', () => {
    const pace = new HeaderPace('token_bucket');
    pace.observe([{ dimension: 'tokens', limit: 60_000, remaining: 4_000, resetMs: 1_001 }], NOW, NOW);
    expect(pace.excess({ input: 5_002, output: 0 })).toEqual({ dimension: 'tokens', limit: 5_001 });
    expect(pace.excess({ input: 5_001, output: 0 })).toBeUndefined();
  });

  it('is forgotten some seconds after its answer, so that each of very many accounts needs little memory', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const pace = new HeaderPace('token_bucket');
    const calls: WeakRef<SentCall>[] = [];
    for (let at = NOW; at < NOW + 20_000; at += 100) {
      const call = sent(at);
      pace.started(call, at);
      pace.observe(reading(9_000), at, at + 10, call);
      pace.ended(call, true, at + 10);
      calls.push(new WeakRef(call));
    }
    // References are held until the turn of the event loop ends.
    await new Promise(setImmediate);
    collectGarbage();
    const remembered = calls.filter((call) => call.deref() !== undefined).length;
    expect(remembered).toBeLessThan(50);
  });

  it('is no more in any sum when all have ended, in whatever order', () => {
    const step = fc.record({
      do: fc.constantFrom('send', 'used', 'end', 'read'),
      which: fc.nat(9),
      amount: fc.nat(2_000),
    });
    fc.assert(
      fc.property(fc.constantFrom(...BOOKINGS), fc.array(step, { maxLength: 60 }), (booking, steps) => {
        const pace = new HeaderPace('token_bucket', booking);
        const open: SentCall[] = [];
        let now = NOW;
        for (const { do: action, which, amount } of steps) {
          now += 10;
          const call = open[which % Math.max(1, open.length)];
          if (action === 'send') {
            open.push(sent(now));
            pace.started(open.at(-1)!, now);
          } else if (action === 'read') {
            const remaining = amount;
            const outputs = { dimension: 'output_tokens' as const, limit: 9_000, remaining };
            pace.observe([...reading(amount), outputs], now - 5, now);
          } else if (call && action === 'used') pace.used(call, { input: amount, output: amount }, now);
          else if (call) {
            pace.ended(call, which % 2 === 0, now);
            open.splice(open.indexOf(call), 1);
          }
        }
        for (const call of open) pace.ended(call, true, now);
        for (const meter of pace.meters) expect(Math.abs(meter.reserved)).toBeLessThan(1e-6);
      }),
    );
  });
});
