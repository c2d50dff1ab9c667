import { PriorRates } from './prior-rates';
import { RateLimiter, type Priors } from './rate-limiter';
import { RefusalCost } from './refusal-cost';

const NOW = 1_000_000;

describe('by what a refusal says', () => {
  const sized = (total: number) => ({ input: total - 10, output: 10 });

  /** A limiter of which calls of these sizes were sent, and the last was refused. */
  const refusedAfter = (
    sizes: readonly (number | undefined)[],
    { dimension, waitMs = 250, priors }: { dimension?: 'requests' | 'tokens'; waitMs?: number; priors?: Priors } = {},
  ): RateLimiter => {
    const limiter = new RateLimiter(priors);
    const calls = sizes.map((size) => limiter.started(size === undefined ? undefined : sized(size), NOW));
    const call = calls.at(-1)!;
    limiter.ended(call, false, NOW);
    limiter.refused({ call, sentAt: NOW, tokens: call.tokens, waitMs, dimension }, NOW);
    return limiter;
  };
  const dimensionOf = (...given: Parameters<typeof refusedAfter>) =>
    refusedAfter(...given).learned.map(({ dimension }) => dimension);

  it('the limit is of tokens where it says so, and sizes are known', () => {
    expect(dimensionOf([100], { dimension: 'tokens' })).toEqual(['tokens']);
    expect(dimensionOf([undefined], { dimension: 'tokens' })).toEqual(['requests']);
    expect(dimensionOf([100, 900], { dimension: 'requests' })).toEqual(['requests']);
  });

  it('the limit is of tokens where sizes differ by more than half and nothing says of what', () => {
    expect(dimensionOf([100, 150])).toEqual(['requests']);
    expect(dimensionOf([100, 151])).toEqual(['tokens']);
    expect(dimensionOf([151, 120, 100])).toEqual(['tokens']);
    expect(dimensionOf([undefined, undefined])).toEqual(['requests']);
  });

  it('the rate is guessed by the size of the refused call', () => {
    expect(refusedAfter([100, 900], { waitMs: 500 }).learned).toEqual([{ dimension: 'tokens', perMs: 0.9, calls: 0 }]);
    expect(refusedAfter([undefined], { waitMs: 500 }).learned).toEqual([
      { dimension: 'requests', perMs: 0.001, calls: 0 },
    ]);
  });

  it('a call of which nobody said what it takes is as large as calls were lately', () => {
    const limiter = new RateLimiter();
    const calls = [sized(100), sized(900)].map((tokens) => limiter.started(tokens, NOW));
    limiter.used(calls[0], { input: 300, output: 100 }, NOW);
    limiter.used(calls[0], { input: 0, output: 0 }, NOW);
    limiter.used(calls[1], { input: 800, output: 100 }, NOW);
    const call = limiter.started(undefined, NOW);
    expect([call.requestsSoFar, call.tokensSoFar]).toEqual([3, 1_500]);
    limiter.refused({ call, sentAt: NOW, tokens: undefined, waitMs: 250, dimension: undefined }, NOW);
    expect(limiter.learned).toEqual([{ dimension: 'tokens', perMs: 1, calls: 0 }]);
    expect(limiter.rates).toEqual([{ perMinute: 60_000, usual: 500 }]);
  });

  it('it shows a limit once', () => {
    const limiter = new RateLimiter();
    const refused = (waitMs?: number): boolean =>
      limiter.refused({ call: undefined, sentAt: NOW, tokens: undefined, waitMs, dimension: undefined }, NOW);
    expect([refused(), refused(250), refused(250)]).toEqual([false, false, false]);
    const told = new RateLimiter();
    const asked = { call: undefined, sentAt: NOW, tokens: sized(100), waitMs: 250, dimension: 'tokens' } as const;
    expect([told.refused(asked, NOW), told.refused(asked, NOW)]).toEqual([true, false]);
  });

  it('both of its limits are kept to', () => {
    const limiter = refusedAfter([100, 900], { waitMs: 0 });
    const call = limiter.started(sized(100), NOW);
    limiter.refused({ call, sentAt: NOW + 1, tokens: sized(100), waitMs: 900, dimension: 'requests' }, NOW + 1);
    expect(limiter.learned.map(({ dimension }) => dimension)).toEqual(['requests', 'tokens']);
    const [requests, tokens] = limiter.rates;
    expect([requests!.usual, tokens!.usual]).toEqual([1, 0]);
    expect(limiter.blockedFor(sized(100), NOW + 1)).toBe(NOW + 901);
    expect(limiter.blockedFor({ input: 2_000_000, output: 0 }, NOW + 1)).toBeGreaterThan(NOW + 901);
  });

  it('what was measured is told to the priors of other accounts, by what it counts', () => {
    const priors = (): Priors => ({ requests: new PriorRates(), tokens: new PriorRates(), cost: new RefusalCost() });
    const ofRequests = priors();
    const ofTokens = priors();
    for (let account = 0; account < 3; account += 1) {
      new RateLimiter(ofRequests).told({ dimension: 'requests', perMs: 0.002, calls: 10 }, NOW);
      new RateLimiter(ofTokens).told({ dimension: 'tokens', perMs: 2, calls: 10 }, NOW);
    }
    expect([ofRequests.requests.expected, ofRequests.tokens.expected]).toEqual([0.002, Infinity]);
    expect([ofTokens.requests.expected, ofTokens.tokens.expected]).toEqual([Infinity, 2]);
    const guessed = priors();
    for (let account = 0; account < 3; account += 1)
      new RateLimiter(guessed).told({ dimension: 'requests', perMs: 0.002, calls: 0 }, NOW);
    expect(guessed.requests.expected).toBe(Infinity);
  });

  it('what it measures itself is told to the priors, too', () => {
    const priors: Priors = { requests: new PriorRates(), tokens: new PriorRates(), cost: new RefusalCost() };
    for (let account = 0; account < 3; account += 1) {
      const limiter = new RateLimiter(priors);
      const refuse = (at: number): void => {
        const call = limiter.started(undefined, at);
        limiter.refused({ call, sentAt: at, tokens: undefined, waitMs: 0, dimension: undefined }, at);
      };
      refuse(NOW);
      for (let n = 0; n < 4; n += 1) limiter.started(undefined, NOW + 500);
      expect(priors.requests.expected).toBe(Infinity);
      refuse(NOW + 2_000);
    }
    expect(priors.requests.expected).toBe(0.002);
  });

  it('what other accounts allow is expected of this one', () => {
    const priors: Priors = { requests: new PriorRates(), tokens: new PriorRates(), cost: new RefusalCost() };
    for (let account = 0; account < 3; account += 1) priors.tokens.learned({}, 1.5);
    expect(refusedAfter([100, 900], { waitMs: 450, priors }).learned).toEqual([
      { dimension: 'tokens', perMs: 1.5, calls: 0 },
    ]);
  });
});

describe('without a part of what refusals taught', () => {
  it('no call goes, and half of it lets half as many go', () => {
    const limiter = new RateLimiter();
    limiter.told({ dimension: 'tokens', perMs: 1, calls: 5 }, NOW);
    const size = { input: 1_000, output: 0 };
    limiter.divide(0, 0, NOW);
    expect([limiter.blockedUntil(NOW), limiter.blockedFor(size, NOW)]).toEqual([NOW + 1_000, NOW + 1_000]);
    limiter.divide(0.5, 0, NOW);
    for (let call = 0; call < 2; call += 1) limiter.started(size, NOW + 10_000);
    expect(limiter.blockedFor(size, NOW + 10_000)).toBeCloseTo(NOW + 12_000, -2);
    expect(limiter.wanted(NOW + 10_000, -Infinity)).toBeCloseTo(1, 9);
  });

  it('a rate that is first learned of a part is of all of it', () => {
    const limiter = new RateLimiter();
    limiter.divide(0.5, 0, NOW);
    limiter.told({ dimension: 'requests', perMs: 0.002, calls: 10 }, NOW);
    for (let call = 0; call < 3; call += 1) limiter.started(undefined, NOW + 10_000);
    expect(limiter.blockedUntil(NOW + 10_000)).toBeCloseTo(NOW + 12_000, -2);
  });

  it('the least call waits for no more than the least that was asked for, or calls took', () => {
    const limiter = new RateLimiter();
    limiter.told({ dimension: 'tokens', perMs: 1, calls: 5 }, NOW);
    limiter.started({ input: 2_000, output: 0 }, NOW + 9_000);
    limiter.started({ input: 2_000, output: 0 }, NOW + 9_000);
    expect(limiter.blockedUntil(NOW + 9_000)).toBeCloseTo(NOW + 11_000, -2);
    limiter.asked({ input: 500, output: 500 });
    expect(limiter.blockedUntil(NOW + 9_000)).toBeCloseTo(NOW + 10_000, -2);
    limiter.used(undefined, { input: 300, output: 200 }, NOW);
    expect(limiter.blockedUntil(NOW + 9_000)).toBeCloseTo(NOW + 9_500, -2);
    limiter.used(undefined, { input: 100_000, output: 0 }, NOW);
    expect(limiter.blockedUntil(NOW + 9_000)).toBeCloseTo(NOW + 10_000, -2);
  });
});
