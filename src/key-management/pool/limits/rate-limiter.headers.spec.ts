import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import { RateLimiter } from './rate-limiter';

const NOW = 1_000_000;

describe('by what headers state', () => {
  const limited = (...readings: RateLimitReading[]): RateLimiter => {
    const limiter = new RateLimiter();
    limiter.observe(readings, 'fixed_window', NOW, NOW);
    return limiter;
  };
  const requests: RateLimitReading = { dimension: 'requests', limit: 10, remaining: 4, resetMs: 20_000 };
  const tokens: RateLimitReading = { dimension: 'tokens', limit: 1_000, remaining: 600, resetMs: 30_000 };
  const size = (input: number) => ({ input, output: 0 });

  it('it is known what is left, and what is not known is nothing', () => {
    const none = new RateLimiter();
    expect([none.hasHeaders, none.isLimited, none.countsTokens, none.stated, none.meters]).toEqual([
      false,
      false,
      false,
      [],
      [],
    ]);
    expect([
      none.bound(NOW),
      none.wanted(NOW, NOW),
      none.excess(size(9)),
      none.surplusFor({}, [requests], NOW),
    ]).toEqual([0, 0, undefined, undefined]);
    const limiter = limited(requests, tokens);
    expect([limiter.hasHeaders, limiter.isLimited, limiter.countsTokens]).toEqual([true, true, true]);
    expect(limiter.stated).toEqual([
      { dimension: 'requests', limit: 10 },
      { dimension: 'tokens', limit: 1_000 },
    ]);
    expect(limiter.rates).toBe(limiter.meters);
    expect([limiter.bound(NOW), limited(requests).countsTokens]).toEqual([0.6, false]);
    expect(limiter.excess(size(1_001))).toEqual({ dimension: 'tokens', limit: 1_000 });
    limiter.started(size(1_000), NOW);
    expect(limiter.wanted(NOW, NOW)).toBe(60);
    expect(limiter.surplusFor({}, [requests], NOW)).toEqual({ siblingCalls: 0, surplus: 0 });
  });

  it('tokens that refusals taught of count as well', () => {
    const limiter = new RateLimiter();
    limiter.told({ dimension: 'tokens', perMs: 1, calls: 5 }, NOW);
    expect(limiter.countsTokens).toBe(true);
    const other = new RateLimiter();
    other.told({ dimension: 'requests', perMs: 1, calls: 5 }, NOW);
    expect(other.countsTokens).toBe(false);
  });

  it('a call waits for what it needs, and the least for the least', () => {
    const limiter = limited(tokens);
    expect([limiter.blockedFor(size(600), NOW), limiter.blockedFor(size(601), NOW)]).toEqual([0, NOW + 30_000]);
    limiter.asked(size(700));
    expect(limiter.blockedUntil(NOW)).toBe(0);
    limiter.meters[0]!.learn(700);
    expect([limiter.blockedUntil(NOW), limiter.blockedFor(undefined, NOW)]).toEqual([NOW + 30_000, NOW + 30_000]);
    limiter.asked(size(500));
    expect([limiter.blockedUntil(NOW), limiter.blockedFor(undefined, NOW)]).toEqual([0, NOW + 30_000]);
  });

  it('there is room for two such calls, or for one', () => {
    const room = (left: number, input = 300): boolean =>
      limited({ ...requests, remaining: left }, tokens, { dimension: 'output_tokens' }).hasRoomForTwo(size(input), NOW);
    expect([room(2), room(1), room(2, 301)]).toEqual([true, false, false]);
    expect(new RateLimiter().hasRoomForTwo(undefined, NOW)).toBe(true);
  });

  it('calls in flight are in the way where there are some, or where the account has no part', () => {
    const limiter = limited({ ...requests, remaining: 0 });
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(false);
    limiter.divide(0, 0, NOW);
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(true);
    const busy = limited({ ...requests, remaining: 1 });
    const call = busy.started(undefined, NOW);
    expect(busy.isBlockedByInFlightOnly(NOW)).toBe(true);
    busy.ended(call, true, NOW);
    expect([busy.inFlight, busy.isBlockedByInFlightOnly(NOW)]).toEqual([0, false]);
  });

  it('a call takes what it used of them', () => {
    const limiter = limited(tokens);
    const call = limiter.started(size(500), NOW);
    limiter.used(call, size(100), NOW);
    expect(limiter.meters[0]!.leftAt(NOW)).toBe(500);
    limiter.ended(call, true, NOW);
    expect(call.pace).toBeUndefined();
  });

  it('a part of them is this instance’s, also where they are stated later', () => {
    const limiter = new RateLimiter();
    limiter.divide(0.5, 0, NOW);
    limiter.observe([{ ...requests, remaining: 10 }], 'fixed_window', NOW, NOW);
    expect([limiter.part, limiter.meters[0]!.part, limiter.meters[0]!.leftAt(NOW)]).toEqual([0.5, 0.5, 5]);
    limiter.divide(1, 1, NOW);
    expect([limiter.part, limiter.meters[0]!.leftAt(NOW)]).toEqual([1, 10]);
  });

  it('its answer counts a call', () => {
    const limiter = limited(requests);
    const call = limiter.started(undefined, NOW);
    limiter.observe([{ ...requests, remaining: 3 }], 'fixed_window', NOW, NOW, undefined, call);
    expect([call.isCounted, limiter.meters[0]!.leftAt(NOW)]).toEqual([true, 3]);
  });

  it('the output is booked as the vendor books it', () => {
    const limiter = new RateLimiter();
    limiter.observe([tokens], 'fixed_window', NOW, NOW, 'input_and_output');
    limiter.started({ input: 10, output: 20 }, NOW);
    expect(limiter.meters[0]).toMatchObject({ reserved: 20 });
    const other = limited(tokens);
    other.started({ input: 10, output: 20 }, NOW);
    expect([other.meters[0]!.reserved, other.meters[0]!.leftAt(NOW)]).toEqual([0, 570]);
  });

  describe('and another limiter of the same account knows', () => {
    it('calls are taken over', () => {
      const [limiter, other] = [limited({ ...requests, remaining: 9 }), limited({ ...requests, remaining: 9 })];
      other.started(undefined, NOW + 1);
      limiter.absorb(other, NOW + 1);
      expect(limiter.meters[0]!.leftAt(NOW + 1)).toBe(8);
    });

    it('the limits are taken over where none are known, as the part that is had', () => {
      const limiter = new RateLimiter();
      limiter.divide(0.5, 0, NOW);
      limiter.absorb(limited({ ...requests, remaining: 10 }), NOW);
      expect([limiter.hasHeaders, limiter.meters[0]!.part, limiter.meters[0]!.leftAt(NOW)]).toEqual([true, 0.5, 5]);
    });

    it('nothing is taken over where that knows none', () => {
      const limiter = limited(requests);
      limiter.absorb(new RateLimiter(), NOW);
      expect(limiter.meters[0]!.leftAt(NOW)).toBe(4);
      const none = new RateLimiter();
      none.absorb(new RateLimiter(), NOW);
      expect(none.hasHeaders).toBe(false);
    });
  });
});

describe('headers that let calls be refused', () => {
  /** A call is in flight, and the next would be the last that headers let go; so many were refused. */
  const refusedTimes = (times: number): RateLimiter => {
    const limiter = new RateLimiter();
    limiter.observe([{ dimension: 'requests', limit: 10, remaining: 1, resetMs: 20_000 }], 'fixed_window', NOW, NOW);
    for (let time = 0; time < times; time += 1)
      limiter.refused({ call: undefined, sentAt: NOW, tokens: undefined, waitMs: 500, dimension: undefined }, NOW);
    return limiter;
  };
  const until = (limiter: RateLimiter, now = NOW) => [limiter.blockedUntil(now), limiter.blockedFor(undefined, now)];

  it('are not believed alone from the second refusal on', () => {
    expect([1, 2].map((times) => until(refusedTimes(times)))).toEqual([
      [0, 0],
      [NOW + 500, NOW + 500],
    ]);
    expect(until(refusedTimes(2), NOW + 500)).toEqual([0, 0]);
  });

  it('are believed again after ten good answers, and not for others', () => {
    const limiter = refusedTimes(2);
    for (let call = 0; call < 20; call += 1) limiter.ended(undefined, false, NOW);
    for (let call = 0; call < 9; call += 1) limiter.ended(undefined, true, NOW);
    expect(until(limiter)).toEqual([NOW + 500, NOW + 500]);
    limiter.ended(undefined, true, NOW);
    expect(until(limiter)).toEqual([0, 0]);
  });

  it('do not say that only calls in flight are in the way while what refusals taught is, too', () => {
    const [believed, doubted] = [refusedTimes(1), refusedTimes(2)];
    for (const limiter of [believed, doubted]) limiter.started(undefined, NOW);
    expect([believed, doubted].map((limiter) => limiter.isBlockedByInFlightOnly(NOW))).toEqual([true, false]);
    expect(doubted.isBlockedByInFlightOnly(NOW + 15_000)).toBe(true);
  });

  it('books a call anew that another was booked as, once that one ended well', () => {
    const limiter = new RateLimiter();
    limiter.observe([{ dimension: 'requests', limit: 60, remaining: 60, resetMs: 60_000 }], 'fixed_window', NOW, NOW);
    const first = limiter.started(undefined, NOW, {});
    limiter.ended(first, false, NOW);
    const second = limiter.started({ input: 5, output: 0 }, NOW);
    limiter.observe(
      [{ dimension: 'requests', limit: 60, remaining: 58, resetMs: 60_000 }],
      'fixed_window',
      NOW,
      NOW,
      undefined,
      second,
    );
    limiter.ended(second, true, NOW);
    const third = limiter.started(undefined, NOW + 1);
    expect([second === first, third === second]).toEqual([false, true]);
    expect(third).toMatchObject({
      at: NOW + 1,
      key: undefined,
      tokens: undefined,
      isAnswered: false,
      isCounted: false,
    });
    expect([third.requestsSoFar, third.tokensSoFar]).toEqual([3, 5]);
    const fourth = limiter.started(undefined, NOW + 1);
    expect(fourth).not.toBe(third);
    expect(limiter.meters[0]!.leftAt(NOW + 1)).toBe(56);
  });
});
