import fc from 'fast-check';
import { HardLimits } from './hard-limits';

describe('HardLimits', () => {
  it('bounds calls in flight', () => {
    const limits = new HardLimits({ concurrency: 2 });
    limits.taken(0);
    expect(limits.full).toBe(false);
    limits.taken(0);
    expect(limits.full).toBe(true);
    limits.inFlight -= 1;
    expect(limits.full).toBe(false);
  });

  it('never lets more than the stated requests go within any minute, and few less', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 200, maxLength: 400 }),
        (perMinute, gaps) => {
          const limits = new HardLimits({ requestsPerMinute: perMinute });
          const taken: number[] = [];
          let now = 1_700_000_000_000;
          for (const gap of gaps) {
            now += gap;
            if (limits.blockedUntil(now) > now) continue;
            limits.taken(now);
            taken.push(now);
          }
          for (const [index, at] of taken.entries()) {
            expect(taken.slice(index).filter((each) => each < at + 60_000).length).toBeLessThanOrEqual(perMinute);
          }
        },
      ),
    );
  });

  it('says when the next call fits', () => {
    const limits = new HardLimits({ requestsPerMinute: 2 });
    limits.taken(10_500);
    limits.taken(20_500);
    const blockedUntil = limits.blockedUntil(30_000);
    expect(blockedUntil).toBe(71_000);
    expect(limits.blockedUntil(blockedUntil)).toBe(0);
  });

  it('counts tokens when they are known', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000 });
    limits.used(1_000, 0);
    expect(limits.blockedUntil(1)).toBe(61_000);
  });

  it('takes only its share where instances divide a limit', () => {
    const parts = [0, 1, 2].map((rank) => {
      const limits = new HardLimits({ concurrency: 4 }, { count: 3, rank });
      let taken = 0;
      for (; !limits.full && taken < 100; taken += 1) limits.taken(0);
      return taken;
    });
    expect(parts).toEqual([1, 1, 2]);
    expect(new HardLimits({ requestsPerMinute: 1 }, { count: 2, rank: 0 }).blockedUntil(0)).toBe(Infinity);
  });

  it('expects calls in flight to take the tokens that calls took lately', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000 });
    limits.taken(0);
    limits.used(300, 0);
    limits.released(undefined);
    limits.inFlight = 0;
    for (const inFlight of [0, 1, 2]) {
      expect([limits.full, limits.blockedUntil(1)]).toEqual([false, 0]);
      limits.taken(1);
      expect(limits.inFlight).toBe(inFlight + 1);
    }
    expect(limits.full || limits.blockedUntil(1) > 1).toBe(true);
  });

  it('lets a single call go that may take more than the limit', () => {
    const limits = new HardLimits({ tokensPerMinute: 100 });
    limits.used(5_000, 0);
    expect(limits.blockedUntil(61_000)).toBe(0);
    expect(limits.full).toBe(false);
    limits.taken(61_000);
    expect(limits.full).toBe(true);
  });

  it('has no bound but those that are stated', () => {
    const limits = new HardLimits({});
    for (let call = 0; call < 100; call += 1) limits.taken(0);
    limits.used(1e9, 0);
    expect([limits.full, limits.blockedUntil(0)]).toEqual([false, 0]);
  });

  it('takes a limit of one for one, and of none for never', () => {
    const limits = new HardLimits({ requestsPerMinute: 1 });
    expect(limits.blockedUntil(1_000)).toBe(0);
    limits.taken(1_000);
    expect(limits.blockedUntil(1_000)).toBe(62_000);
    expect(new HardLimits({ tokensPerMinute: 0 }).blockedUntil(1_000)).toBe(Infinity);
  });

  it('waits for the later of requests and tokens', () => {
    const limits = new HardLimits({ requestsPerMinute: 1, tokensPerMinute: 100 });
    limits.taken(1_000);
    limits.used(100, 5_000);
    expect(limits.blockedUntil(6_000)).toBe(66_000);
  });

  it('fills with the calls in flight and the next one, by what calls took lately', () => {
    const fullWith = (tokensPerMinute: number): boolean => {
      const limits = new HardLimits({ tokensPerMinute });
      limits.used(300, 0);
      // A fifth of the way from 300 to 800.
      limits.used(800, 0);
      limits.taken(100_000);
      return limits.full;
    };
    expect([fullWith(800), fullWith(799)]).toEqual([false, true]);
  });

  it('keeps tokens free for the calls in flight', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000 });
    limits.used(400, 0);
    limits.taken(1_000);
    expect(limits.blockedUntil(1_000)).toBe(0);
    limits.taken(1_000);
    expect(limits.blockedUntil(1_000)).toBe(61_000);
  });

  it('divides so that the parts add up to the limit', () => {
    const taken = [0, 1, 2].map((rank) => {
      const limits = new HardLimits({ requestsPerMinute: 11 }, { count: 3, rank });
      let calls = 0;
      for (; limits.blockedUntil(1_000) === 0 && calls < 100; calls += 1) limits.taken(1_000);
      return calls;
    });
    expect(taken).toEqual([3, 4, 4]);
  });

  it('keeps free what calls in flight are expected to take, until they say what they used', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000 });
    const big = { input: 500, output: 200 };
    limits.taken(0, big);
    expect(limits.blockedFor({ input: 300, output: 0 }, 1)).toBe(0);
    expect(limits.blockedFor({ input: 301, output: 0 }, 1)).toBeGreaterThan(1);
    limits.released(big);
    limits.used(100, 1);
    expect(limits.blockedFor({ input: 900, output: 0 }, 2)).toBe(0);
    expect(limits.blockedFor({ input: 901, output: 0 }, 2)).toBe(61_000);
    expect(limits.blockedFor({ input: 1_001, output: 0 }, 2)).toBe(Infinity);
  });

  it('never exceeds a part, in whole calls and tokens, and has none below one', () => {
    const limits = new HardLimits({ requestsPerMinute: 10, concurrency: 4 });
    limits.part = 0.3;
    limits.taken(0);
    expect([limits.full, limits.blockedUntil(0)]).toEqual([true, 0]);
    limits.part = 0.2;
    expect([limits.awaitsPart, limits.blockedUntil(0)]).toEqual([true, 1_000]);
    limits.part = 0.5;
    expect([limits.awaitsPart, limits.full, limits.blockedUntil(0)]).toEqual([false, false, 0]);
    expect(limits.bound(0)).toBe(0.25);
  });

  it('the parts of all instances never hold more than the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }),
        (limit, weights) => {
          const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
          let taken = 0;
          for (const weight of weights) {
            const limits = new HardLimits({ requestsPerMinute: limit });
            limits.part = weight / sum;
            for (; limits.blockedUntil(0) === 0 && taken <= limit; taken += 1) limits.taken(0);
          }
          expect(taken).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });

  it('is full without a part of its own while calls are in flight, or where none is allowed at all', () => {
    const limits = new HardLimits({ concurrency: 4 });
    limits.part = 0.2;
    expect(limits.full).toBe(false);
    limits.taken(0);
    expect(limits.full).toBe(true);
    expect(new HardLimits({ concurrency: 0 }).full).toBe(true);
  });

  it('learns what calls take from those of which all is known', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000 });
    limits.used(300, 0);
    limits.used(50, 0, false);
    limits.taken(0);
    expect(limits.bound(0)).toBe(0.65);
  });

  it('says what was used in the last minute, and how much of the limits that is', () => {
    const limits = new HardLimits({ requestsPerMinute: 10, tokensPerMinute: 1_000 });
    limits.taken(0, { input: 100, output: 50 });
    limits.taken(0);
    limits.used(200, 1_000);
    expect(limits.usedInMinute(1_000)).toEqual({ requests: 2, tokens: 200 });
    expect(limits.usedInMinute(61_000)).toEqual({ requests: 0, tokens: 200 });
    // 200 were used, 150 are reserved, and 200 expected of the other call.
    expect(limits.bound(1_000)).toBe(0.55);
  });

  it('has room for a call of the size of the limit, input and output together, and for none that is greater', () => {
    const limits = new HardLimits({ tokensPerMinute: 500 });
    expect(limits.blockedFor({ input: 300, output: 200 }, 1_000)).toBe(0);
    expect(limits.blockedFor({ input: 300, output: 201 }, 1_000)).toBe(Infinity);
  });

  it('lets a call wait that only the parts of others could hold', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000, requestsPerMinute: 2 });
    limits.part = 0.5;
    expect(limits.blockedFor({ input: 500, output: 0 }, 1_000)).toBe(0);
    expect(limits.blockedFor({ input: 501, output: 0 }, 1_000)).toBe(2_000);
    limits.taken(1_000, { input: 0, output: 0 });
    expect(limits.blockedFor({ input: 501, output: 0 }, 1_000)).toBe(62_000);
  });

  it('lets a call wait until what was used is forgotten beside what is reserved', () => {
    const limits = new HardLimits({ tokensPerMinute: 1_000 });
    limits.used(400, 0);
    limits.taken(0, { input: 300, output: 0 });
    expect(limits.blockedFor({ input: 300, output: 0 }, 1_000)).toBe(0);
    expect(limits.blockedFor({ input: 400, output: 0 }, 1_000)).toBe(61_000);
  });

  describe('has room for two calls', () => {
    const two = { input: 200, output: 100 };

    it('by their number', () => {
      const limits = new HardLimits({ concurrency: 3, requestsPerMinute: 4 });
      expect(limits.hasRoomForTwo(undefined, 1_000)).toBe(true);
      limits.taken(1_000);
      expect(limits.hasRoomForTwo(undefined, 1_000)).toBe(true);
      limits.taken(1_000);
      expect(limits.hasRoomForTwo(undefined, 1_000)).toBe(false);
      limits.inFlight = 0;
      expect(limits.hasRoomForTwo(undefined, 1_000)).toBe(true);
      limits.taken(1_000);
      expect(limits.hasRoomForTwo(undefined, 1_000)).toBe(false);
    });

    it('by their tokens, beside what is reserved and was used', () => {
      const room = (tokensPerMinute: number, used = 0, reserved = 0): boolean => {
        const limits = new HardLimits({ tokensPerMinute });
        if (used > 0) limits.used(used, 0);
        limits.taken(0, { input: reserved, output: 0 });
        return limits.hasRoomForTwo(two, 1_000);
      };
      expect([room(600), room(599)]).toEqual([true, false]);
      expect([room(700, 0, 100), room(699, 0, 100)]).toEqual([true, false]);
      expect([room(1_000, 400), room(999, 400)]).toEqual([true, false]);
    });

    it('by what calls took lately where nobody says what they take', () => {
      const room = (tokensPerMinute: number): boolean => {
        const limits = new HardLimits({ tokensPerMinute });
        limits.used(100, 0);
        return limits.hasRoomForTwo(undefined, 100_000);
      };
      expect([room(200), room(199)]).toEqual([true, false]);
    });
  });
});
