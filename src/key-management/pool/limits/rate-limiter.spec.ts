import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import { RateLimiter } from './rate-limiter';
import type { SentCall } from './sent-call';

const NOW = 1_000_000;
/** A window of ten calls, `remaining` of which are left; it ends in twenty seconds. */
const left = (remaining: number): RateLimitReading[] => [
  { dimension: 'requests', limit: 10, remaining, resetMs: 20_000 },
];

/** A limiter, and the calls under it. */
class Calls {
  readonly limiter = new RateLimiter();
  readonly inFlight: SentCall[] = [];

  constructor(count = 0) {
    this.send(count);
  }

  send(count: number, at = NOW): void {
    for (let call = 0; call < count; call += 1) this.inFlight.push(this.limiter.started(undefined, at));
  }

  end(wasGood = true): void {
    this.limiter.ended(this.inFlight.shift(), wasGood, NOW);
  }

  /** One of the calls in flight is refused. */
  refuse(at = NOW, waitMs?: number): void {
    const call = this.inFlight.shift();
    this.limiter.ended(call, false, at);
    this.limiter.refused({ call, sentAt: at, tokens: undefined, waitMs, dimension: undefined }, at);
  }

  read(remaining: number, countedAt = NOW): void {
    this.limiter.observe(left(remaining), 'fixed_window', countedAt, NOW);
  }
}

describe('RateLimiter', () => {
  it('bounds nothing before anything was learned', () => {
    const { limiter, ...calls } = new Calls(100);
    expect([limiter.inFlight, limiter.full, limiter.blockedUntil(NOW)]).toEqual([100, false, 0]);
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(false);
    limiter.ended(calls.inFlight[0], true, NOW);
    expect([limiter.inFlight, limiter.full, limiter.blockedUntil(NOW)]).toEqual([99, false, 0]);
  });

  it('waits as the headers say, without what was sent since', () => {
    const calls = new Calls();
    calls.read(2);
    calls.send(1);
    expect(calls.limiter.blockedUntil(NOW)).toBe(0);
    calls.send(1);
    expect(calls.limiter.blockedUntil(NOW)).toBe(NOW + 20_000);
  });

  it('takes each answer’s headers for what is left', () => {
    const calls = new Calls();
    calls.read(0);
    calls.read(1, NOW + 1);
    expect(calls.limiter.blockedUntil(NOW)).toBe(0);
  });

  it('does not go back to what an earlier answer said', () => {
    const calls = new Calls();
    calls.read(0, NOW);
    calls.read(5, NOW - 1);
    expect(calls.limiter.blockedUntil(NOW)).toBe(NOW + 20_000);
  });

  it('knows when only the calls in flight are in the way', () => {
    const calls = new Calls();
    calls.read(1);
    calls.send(1);
    expect(calls.limiter.blockedUntil(NOW)).toBeGreaterThan(NOW);
    expect(calls.limiter.isBlockedByInFlightOnly(NOW)).toBe(true);
    calls.read(0, NOW + 1_000);
    expect(calls.limiter.isBlockedByInFlightOnly(NOW)).toBe(false);
  });

  it('halves the calls in flight on a refusal, the refused one counted in', () => {
    const calls = new Calls(8);
    calls.refuse();
    expect(calls.limiter.full).toBe(true);
    for (let inFlight = 7; inFlight > 4; inFlight -= 1) calls.end(false);
    expect([calls.limiter.inFlight, calls.limiter.full]).toEqual([4, true]);
    calls.end(false);
    expect(calls.limiter.full).toBe(false);
  });

  it('lets one more call in flight after a round of successes', () => {
    const calls = new Calls(8);
    calls.refuse();
    while (calls.inFlight.length > 4) calls.end(false);
    for (let call = 0; call < 5; call += 1) {
      calls.end();
      calls.send(1);
    }
    expect(calls.limiter.full).toBe(false);
    calls.send(1);
    expect(calls.limiter.full).toBe(true);
  });

  it('learns from two refusals, and what went through between them, how often to call', () => {
    const calls = new Calls(1);
    calls.refuse(NOW, 0);
    calls.send(10, NOW + 10);
    calls.send(1, NOW + 10_000);
    calls.inFlight.splice(0, 10);
    calls.refuse(NOW + 10_000, 0);
    calls.send(1, NOW + 12_000);
    calls.send(1, NOW + 12_000);
    const next = calls.limiter.blockedUntil(NOW + 12_000);
    expect(next).toBeGreaterThan(NOW + 12_000);
    expect(next).toBeLessThan(NOW + 13_500);
  });

  it('forgets what it learned from refusals when headers tell', () => {
    const calls = new Calls(8);
    calls.refuse();
    expect(calls.limiter.full).toBe(true);
    calls.read(10);
    expect(calls.limiter.full).toBe(false);
    calls.refuse(NOW + 1);
    expect([calls.limiter.full, calls.limiter.blockedUntil(NOW + 1)]).toEqual([false, 0]);
  });

  it('does not believe headers alone that let calls be refused again and again', () => {
    const calls = new Calls();
    const read = (): boolean =>
      calls.limiter.observe([{ dimension: 'requests', limit: 600, remaining: 600 }], 'token_bucket', NOW, NOW);
    read();
    for (let at = NOW; at < NOW + 20_000; at += 4_000) {
      calls.send(5, at);
      for (let call = 0; call < 4; call += 1) calls.end();
      calls.refuse(at, 500);
    }
    calls.send(4, NOW + 20_000);
    expect(calls.limiter.blockedUntil(NOW + 20_000)).toBeGreaterThan(NOW + 20_000);
  });

  describe('where instances divide the account', () => {
    const TOLD = { dimension: 'requests', perMs: 0.002, calls: 10 } as const;

    it('has a limit as soon as a refusal has taught how high it is', () => {
      const calls = new Calls(2);
      calls.refuse();
      expect([calls.limiter.isLimited, calls.limiter.learned]).toEqual([false, []]);
      const other = new Calls(2);
      other.refuse(NOW, 250);
      expect([other.limiter.isLimited, other.limiter.learned]).toEqual([
        true,
        [{ dimension: 'requests', perMs: 0.002, calls: 0 }],
      ]);
    });

    it('lets no call go without a part of what others have learned, and tells nobody of it', () => {
      const { limiter } = new Calls();
      limiter.divide(0, 0, NOW);
      expect(limiter.blockedUntil(NOW)).toBe(0);
      limiter.told(TOLD, NOW);
      expect([limiter.isLimited, limiter.learned, limiter.rates]).toEqual([true, [], [{ perMinute: 120, usual: 1 }]]);
      expect(limiter.blockedUntil(NOW)).toBe(NOW + 1_000);
      limiter.divide(1, 0, NOW);
      expect(limiter.blockedUntil(NOW + 500)).toBe(0);
    });

    it('goes by the headers where there are some', () => {
      const calls = new Calls();
      calls.read(5);
      calls.limiter.told(TOLD, NOW);
      expect([calls.limiter.blockedUntil(NOW), calls.limiter.learned]).toEqual([0, []]);
      calls.limiter.divide(1, 0, NOW);
      calls.send(5);
      expect(calls.limiter.blockedUntil(NOW)).toBe(NOW + 20_000);
    });
  });
});
