import fc from 'fast-check';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import { sentCall } from '../../../../test/support/sent-calls';
import { HeaderPace } from './header-pace';
import type { SentCall } from './sent-call';

const NOW = 1_000_000;
/** A call that was sent so long before another one has reached the vendor before it. Milliseconds. */
const SURELY_MS = 1_000;

describe('of the calls under a pace', () => {
  const started = (pace: HeaderPace, at: number, more?: Partial<SentCall>): SentCall => {
    const sent = sentCall(at, more);
    pace.started(sent, at);
    return sent;
  };
  const requests = (remaining: number): RateLimitReading => ({ dimension: 'requests', limit: 60, remaining });
  const windowOf = (remaining: number, limit = 60): RateLimitReading => ({
    dimension: 'requests',
    limit,
    remaining,
    resetMs: 60_000,
  });
  const paced = (...readings: RateLimitReading[]): HeaderPace => {
    const pace = new HeaderPace('token_bucket');
    pace.observe(readings, NOW, NOW);
    return pace;
  };
  const left = (pace: HeaderPace, now = NOW): number => pace.meters[0]!.leftAt(now);

  describe('what is wanted', () => {
    it('is what was asked for in the last four seconds, relative to what goes in a minute', () => {
      const pace = paced(requests(60));
      expect(pace.wanted(NOW, pace.usedSince)).toBe(0);
      for (const second of [0, 1, 2, 3]) started(pace, NOW + second * 1_000);
      expect(pace.wanted(NOW + 3_000, pace.usedSince)).toBeCloseTo(4 / 3, 9);
      expect(pace.wanted(NOW + 4_000, pace.usedSince)).toBeCloseTo(3 / 4, 9);
      expect(pace.wanted(NOW + 9_000, pace.usedSince)).toBe(0);
    });

    it('is over one second at the least, and over all four after a pause', () => {
      const pace = paced(requests(60));
      started(pace, NOW);
      expect(pace.wanted(NOW, pace.usedSince)).toBeCloseTo(1, 9);
      started(pace, NOW + 10_000);
      expect(pace.wanted(NOW + 10_000, pace.usedSince)).toBeCloseTo(1 / 4, 9);
      started(pace, NOW + 20_000);
      expect(pace.wanted(NOW + 20_000, pace.usedSince)).toBeCloseTo(1 / 4, 9);
    });

    it('is of the scarcest of the limits that are known', () => {
      const pace = paced(
        requests(60),
        { dimension: 'tokens', limit: 6_000, remaining: 6_000 },
        { dimension: 'input_tokens', limit: 1 },
      );
      started(pace, NOW, { tokens: { input: 300, output: 100 } });
      expect(pace.wanted(NOW, pace.usedSince)).toBeCloseTo(4, 9);
    });

    it('is measured by the latest calls where there are very many', () => {
      const pace = paced(requests(60));
      for (let n = 0; n < 300; n += 1) started(pace, NOW + n * 10);
      // A hundred calls a second, of which the last 172 are remembered.
      expect(pace.wanted(NOW + 2_990, pace.usedSince)).toBeCloseTo((172 / 1_710) * 1_000, 6);
    });
  });

  describe('what is bound', () => {
    it('is the most that is used of a limit, and no more than the part', () => {
      expect(new HeaderPace('token_bucket').bound(NOW)).toBe(0);
      const pace = paced(requests(15), { dimension: 'tokens', limit: 100, remaining: 40 });
      expect(pace.bound(NOW)).toBe(0.75);
      for (let n = 0; n < 100; n += 1) started(pace, NOW);
      expect(pace.bound(NOW)).toBe(1);
      pace.divide(0.5, 0, NOW);
      expect(pace.bound(NOW)).toBe(0.5);
    });
  });

  describe('what the use of siblings shows', () => {
    const [own, sibling] = [{}, {}];
    const shared = (): HeaderPace => {
      const pace = new HeaderPace('fixed_window');
      pace.observe([windowOf(50)], NOW, NOW);
      for (let n = 0; n < 4; n += 1) started(pace, NOW, { key: sibling });
      return pace;
    };

    it('is how much more is left than they would have left', () => {
      expect(shared().surplusFor(own, [windowOf(50)], NOW + 500)).toEqual({ siblingCalls: 4, surplus: 4 });
      expect(shared().surplusFor(own, [windowOf(46)], NOW + 500)).toEqual({ siblingCalls: 4, surplus: 0 });
    });

    it('is without the calls of the key itself, and those that may have come later', () => {
      const pace = shared();
      started(pace, NOW, { key: own });
      started(pace, NOW + 450, { key: sibling });
      expect(pace.surplusFor(own, [windowOf(49)], NOW + 500)).toEqual({ siblingCalls: 4, surplus: 4 });
      expect(pace.surplusFor(own, [windowOf(49)], NOW + 550)).toEqual({ siblingCalls: 5, surplus: 5 });
    });

    it('is not known where no requests are stated, where nothing is used, or of a part', () => {
      const tokens: RateLimitReading = { dimension: 'tokens', limit: 60, remaining: 9 };
      expect(paced(tokens).surplusFor(own, [requests(50)], NOW)).toBeUndefined();
      expect(shared().surplusFor(own, [tokens], NOW)).toBeUndefined();
      expect(shared().surplusFor(own, [windowOf(60)], NOW)).toBeUndefined();
      expect(shared().surplusFor(own, [windowOf(59)], NOW)).toBeDefined();
      const parted = shared();
      parted.divide(0.5, 0, NOW);
      expect(parted.surplusFor(own, [windowOf(50)], NOW)).toBeUndefined();
    });
  });

  describe('what only calls in flight block', () => {
    it('is what would fit but for them', () => {
      const pace = paced(requests(1));
      const first = started(pace, NOW);
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(true);
      pace.ended(first, true, NOW);
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(false);
    });

    it('counts what is reserved for them', () => {
      const pace = new HeaderPace('token_bucket', 'input_and_output');
      pace.observe([{ dimension: 'tokens', limit: 1_000, remaining: 100 }], NOW, NOW);
      pace.asked({ input: 250, output: 150 });
      pace.meters[0]!.learn(1_000);
      const sent = started(pace, NOW, { tokens: { input: 100, output: 300 } });
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(true);
      pace.used(sent, { input: 100, output: 0 }, NOW);
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(false);
    });

    it('is all where nothing is known, or no part is had', () => {
      const pace = paced({ dimension: 'requests', limit: 60 });
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(true);
      pace.observe([requests(0)], NOW, NOW);
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(false);
      pace.divide(0, 0, NOW);
      expect(pace.isBlockedByInFlightOnly(NOW)).toBe(true);
    });

    it('is what fits into a small part', () => {
      const pace = paced({ dimension: 'tokens', limit: 100, remaining: 100 });
      pace.meters[0]!.learn(80);
      pace.divide(0.5, 0, NOW);
      started(pace, NOW, { tokens: { input: 50, output: 0 } });
      expect([left(pace), pace.isBlockedByInFlightOnly(NOW)]).toEqual([0, true]);
    });
  });

  describe('a limit that a call never fits', () => {
    it('is of tokens, and known', () => {
      const size = { input: 50, output: 50 };
      expect(paced(requests(0)).excess(size)).toBeUndefined();
      expect(paced({ dimension: 'tokens', limit: 9 }).excess(size)).toBeUndefined();
      expect(paced({ dimension: 'tokens', limit: 100, remaining: 0 }).excess(size)).toBeUndefined();
      expect(paced(requests(9), { dimension: 'output_tokens', limit: 49, remaining: 0 }).excess(size)).toEqual({
        dimension: 'output_tokens',
        limit: 49,
      });
    });
  });

  it('an answer that the vendor counted before another says nothing new', () => {
    const pace = paced(requests(50));
    pace.observe([requests(10)], NOW - 1, NOW);
    expect(left(pace)).toBe(50);
    pace.observe([requests(10)], NOW, NOW);
    expect(left(pace)).toBe(10);
  });

  it('tokens count where a limit of them is stated', () => {
    expect([paced(requests(1)).countsTokens, new HeaderPace('token_bucket').countsTokens]).toEqual([false, false]);
    expect(paced(requests(1), { dimension: 'input_tokens' }).countsTokens).toBe(true);
  });

  it('the least is what calls ask for', () => {
    const pace = paced(requests(5), { dimension: 'tokens', limit: 1_000, remaining: 40 });
    pace.meters[1]!.learn(500);
    expect(pace.blockedUntil(NOW)).toBeGreaterThan(NOW);
    pace.asked({ input: 30, output: 10 });
    expect(pace.blockedUntil(NOW)).toBe(0);
    expect(pace.blockedUntil(NOW, undefined, false)).toBeGreaterThan(NOW);
    expect(pace.blockedUntil(NOW, { input: 41, output: 0 })).toBeGreaterThan(NOW);
  });

  it('a call that was counted is not taken twice when it says what it used', () => {
    const pace = paced({ dimension: 'tokens', limit: 1_000, remaining: 500 });
    const sent = started(pace, NOW, { tokens: { input: 100, output: 100 } });
    pace.observe([{ dimension: 'tokens', limit: 1_000, remaining: 300 }], NOW + 1, NOW + 1, sent);
    expect(sent.isCounted).toBe(true);
    pace.used(sent, { input: 100, output: 0 }, NOW + 1);
    expect(left(pace, NOW + 1)).toBe(300);
  });

  it('what was written by a call that the vendor has booked is taken, and else is given back', () => {
    for (const [wasBooked, remains] of [
      [true, 100],
      [false, 400],
    ] as const) {
      const pace = new HeaderPace('token_bucket', 'input_and_output');
      pace.observe([{ dimension: 'tokens', limit: 1_000, remaining: 500 }], NOW, NOW);
      const sent = started(pace, NOW, { tokens: { input: 100, output: 300 } });
      pace.ended(sent, wasBooked, NOW);
      expect([left(pace), pace.meters[0]!.reserved, sent.pace, sent.isOpen]).toEqual([remains, 0, undefined, false]);
      pace.ended(sent, wasBooked, NOW);
      expect([left(pace), pace.meters[0]!.reserved]).toEqual([remains, 0]);
    }
  });

  it('what a call wrote is taken, and no more than it had reserved', () => {
    const pace = new HeaderPace('token_bucket', 'input_and_output');
    pace.observe([{ dimension: 'tokens', limit: 1_000, remaining: 900 }], NOW, NOW);
    const sent = started(pace, NOW, { tokens: { input: 100, output: 300 } });
    pace.used(sent, { input: 100, output: 400 }, NOW);
    expect([left(pace), sent.isOpen, sent.tokens]).toEqual([500, false, { input: 100, output: 400 }]);
    pace.used(sent, { input: 150, output: 500 }, NOW);
    expect([left(pace), pace.meters[0]!.reserved]).toEqual([450, 0]);
  });

  it('a limit that is stated later holds what is reserved already, and the part', () => {
    const pace = new HeaderPace('token_bucket', 'input_and_output');
    pace.divide(0.5, 0, NOW);
    pace.observe([{ dimension: 'tokens', limit: 1_000, remaining: 1_000 }], NOW, NOW);
    started(pace, NOW, { tokens: { input: 100, output: 300 } });
    pace.observe([{ dimension: 'output_tokens', limit: 1_000, remaining: 1_000 }], NOW + 1, NOW + 1);
    expect(pace.meters[1]).toMatchObject({ reserved: 300, part: 0.5 });
  });

  it('the oldest that no answer counted are forgotten where there are very many', () => {
    const pace = new HeaderPace('fixed_window');
    pace.observe([windowOf(5_000, 5_000)], NOW, NOW);
    for (let n = 0; n < 1_000; n += 1) started(pace, NOW + 1);
    pace.observe([windowOf(5_000, 5_000)], NOW, NOW + 1);
    expect(left(pace, NOW + 1)).toBe(4_000);
    started(pace, NOW + 1);
    pace.observe([windowOf(5_000, 5_000)], NOW, NOW + 1);
    expect(left(pace, NOW + 1)).toBe(4_499);
  });

  it('what unknown calls took is not learned of a part, of requests, or where nothing is said to be left', () => {
    const tokens = (remaining?: number): RateLimitReading => ({ dimension: 'tokens', limit: 1_000, remaining });
    const usualAfter = (part: number, reading: RateLimitReading): number => {
      const pace = paced(tokens(900));
      pace.divide(part, 0, NOW);
      started(pace, NOW - SURELY_MS);
      pace.observe([reading], NOW, NOW);
      return pace.meters[0]!.usual;
    };
    expect([usualAfter(1, tokens(700)), usualAfter(0.5, tokens(700)), usualAfter(1, tokens())]).toEqual([200, 1, 1]);
    expect(usualAfter(1, tokens(950))).toBe(0);
  });

  it('what unknown calls took is learned without those that were sent since', () => {
    const pace = new HeaderPace('fixed_window');
    const window = (remaining: number): RateLimitReading => ({
      dimension: 'tokens',
      limit: 1_000,
      remaining,
      resetMs: 60_000,
    });
    pace.observe([window(900)], NOW, NOW);
    started(pace, NOW - SURELY_MS);
    started(pace, NOW + 1, { tokens: { input: 200, output: 100 } });
    pace.observe([window(800)], NOW, NOW);
    expect(pace.meters[0]!.usual).toBe(100);
  });

  describe('of which nobody knows what they take', () => {
    const step = fc.record({
      do: fc.constantFrom('send', 'send', 'send', 'end', 'look', 'read', 'divide'),
      afterMs: fc.constantFrom(0, 0, 0, 3, 400),
      which: fc.nat(9),
    });
    const readings = (left: number): RateLimitReading[] => [
      { dimension: 'requests', limit: 60, remaining: left % 60, resetMs: 20_000 },
      { dimension: 'tokens', limit: 600, remaining: left },
    ];

    it('are booked together as each for itself would be, and wait as long', () => {
      fc.assert(
        fc.property(
          fc.constantFrom('token_bucket', 'fixed_window'),
          fc.array(step, { maxLength: 80 }),
          (kind, steps) => {
            const [pace, eager] = [new HeaderPace(kind), new HeaderPace(kind)];
            const inFlight: SentCall[][] = [];
            let now = NOW;
            for (const each of [pace, eager]) each.observe(readings(40), now, now);
            for (const { do: action, afterMs, which } of steps) {
              now += afterMs;
              if (action === 'send') {
                inFlight.push([pace, eager].map((each) => started(each, now)));
                // Whoever looks has all booked at once.
                expect(eager.meters).toHaveLength(2);
              } else if (action === 'end') {
                const ended = inFlight.splice(which, 1)[0] ?? [];
                for (const call of ended) call.pace?.ended(call, true, now);
              } else if (action === 'read') {
                for (const each of [pace, eager]) each.observe(readings(which * 9), now - 5, now);
              } else if (action === 'divide') for (const each of [pace, eager]) each.divide(which / 9, 0, now);
              const until = [pace, eager].map((each) => each.blockedUntil(now));
              expect(until[0]).toBeCloseTo(until[1]!, 6);
            }
            for (const [at, meter] of pace.meters.entries())
              expect(meter.leftAt(now)).toBeCloseTo(eager.meters[at]!.leftAt(now), 6);
          },
        ),
      );
    });

    it('are taken from what a later answer says is left, each once, after they have ended', () => {
      const pace = new HeaderPace('fixed_window');
      const keys = [{}, {}];
      pace.observe([windowOf(60)], NOW, NOW);
      for (const at of [NOW + 1, NOW + 1, NOW + 2])
        for (const key of keys) {
          const call = started(pace, at, { key });
          expect(pace.ended(call, true, at)).toBe(true);
        }
      const inFlight = started(pace, NOW + 3);
      pace.observe([windowOf(60)], NOW, NOW + 3);
      expect(left(pace, NOW + 3)).toBe(53);
      expect(pace.surplusFor(keys[0]!, [windowOf(54)], NOW + SURELY_MS)).toMatchObject({ siblingCalls: 4 });
      // So long after them, an answer counts those that ended, and not the one that was sent since.
      pace.observe([windowOf(54)], NOW + 2, NOW + 3, { ...inFlight, at: NOW + 2 + SURELY_MS });
      expect(left(pace, NOW + 3)).toBe(53);
    });
  });

  describe('of another pace of the same account', () => {
    it('are taken over where no answer has counted them', () => {
      const [pace, other] = [paced(requests(10)), paced(requests(10))];
      const [counted, open] = [started(other, NOW - 1), started(other, NOW + 1)];
      const ended = started(other, NOW + 2);
      other.ended(ended, true, NOW + 2);
      pace.absorb(other, NOW + 2);
      expect(left(pace, NOW + 2)).toBeCloseTo(8.002, 9);
      expect([counted.isCounted, open.isCounted, ended.isCounted]).toEqual([true, false, false]);
      expect([counted.pace === pace, open.pace === pace, ended.pace]).toEqual([true, true, undefined]);
      started(pace, NOW);
      pace.observe([requests(9)], NOW + 1_001, NOW + 1_001);
      expect(left(pace, NOW + 1_001)).toBeCloseTo(8.001, 9);
    });

    it('keep what they have reserved', () => {
      const tokens: RateLimitReading = { dimension: 'tokens', limit: 1_000, remaining: 900 };
      const of = (): HeaderPace => {
        const pace = new HeaderPace('token_bucket', 'input_and_output');
        pace.observe([tokens], NOW, NOW);
        return pace;
      };
      const [pace, other] = [of(), of()];
      const sent = started(other, NOW + 1, { tokens: { input: 100, output: 300 } });
      pace.absorb(other, NOW + 1);
      expect(pace.meters[0]!.reserved).toBe(300);
      pace.observe([{ dimension: 'output_tokens', limit: 1_000, remaining: 900 }], NOW + 2, NOW + 2);
      expect(pace.meters[1]!.reserved).toBe(300);
      sent.pace!.ended(sent, false, NOW + 2);
      expect(pace.meters.map(({ reserved }) => reserved)).toEqual([0, 0]);
    });
  });
});
