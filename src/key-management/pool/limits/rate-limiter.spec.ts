import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import { RateLimiter } from './rate-limiter';

const NOW = 1_000_000;
/** A window of ten calls, `remaining` of which are left; it ends in twenty seconds. */
const left = (remaining: number): RateLimitReading[] => [
  { dimension: 'requests', limit: 10, remaining, resetMs: 20_000 },
];
const withCalls = (count: number, at = NOW): RateLimiter => {
  const limiter = new RateLimiter();
  for (let call = 0; call < count; call += 1) limiter.started(at);
  return limiter;
};

describe('RateLimiter', () => {
  it('bounds nothing before anything was learned', () => {
    const limiter = withCalls(100);
    expect([limiter.inFlight, limiter.full, limiter.blockedUntil(NOW)]).toEqual([100, false, 0]);
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(false);
    limiter.succeeded();
    limiter.ended();
    expect([limiter.inFlight, limiter.full, limiter.blockedUntil(NOW)]).toEqual([99, false, 0]);
  });

  it('waits as the headers say, with the calls in flight taken off', () => {
    const limiter = withCalls(0);
    limiter.observe(left(2), 'fixed_window', NOW);
    limiter.started(NOW);
    expect(limiter.blockedUntil(NOW)).toBe(0);
    limiter.started(NOW);
    expect(limiter.blockedUntil(NOW)).toBe(NOW + 20_000);
  });

  it('takes each answer’s headers for what is left', () => {
    const limiter = withCalls(0);
    limiter.observe(left(0), 'fixed_window', NOW);
    limiter.observe(left(1), 'fixed_window', NOW);
    expect(limiter.blockedUntil(NOW)).toBe(0);
  });

  it('knows when only the calls in flight are in the way', () => {
    const limiter = withCalls(1);
    limiter.observe(left(1), 'fixed_window', NOW);
    expect(limiter.blockedUntil(NOW)).toBeGreaterThan(NOW);
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(true);
    limiter.observe(left(0), 'fixed_window', NOW);
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(false);
    limiter.observe(left(1), 'fixed_window', NOW);
    limiter.ended();
    expect(limiter.isBlockedByInFlightOnly(NOW)).toBe(false);
  });

  it('halves the calls in flight on a refusal, the refused one counted in', () => {
    const limiter = withCalls(8);
    limiter.ended();
    limiter.refused(NOW, NOW);
    expect(limiter.full).toBe(true);
    for (let inFlight = 7; inFlight > 4; inFlight -= 1) limiter.ended();
    expect([limiter.inFlight, limiter.full]).toEqual([4, true]);
    limiter.ended();
    expect(limiter.full).toBe(false);
  });

  it('lets one more call in flight after a round of successes', () => {
    const limiter = withCalls(7);
    limiter.refused(NOW, NOW);
    while (limiter.inFlight > 4) limiter.ended();
    for (let call = 0; call < 5; call += 1) limiter.succeeded();
    expect(limiter.full).toBe(false);
    limiter.started(NOW);
    expect(limiter.full).toBe(true);
  });

  it('learns from two refusals, and the successes between them, how often to call', () => {
    const limiter = new RateLimiter();
    limiter.refused(NOW, NOW);
    for (let call = 0; call < 10; call += 1) limiter.succeeded();
    limiter.refused(NOW + 10_000, NOW + 10_000);
    limiter.started(NOW + 10_000);
    limiter.started(NOW + 10_000);
    // Ten calls in ten seconds: one a second.
    expect(limiter.blockedUntil(NOW + 10_000)).toBe(NOW + 11_000);
  });

  it('forgets what it learned from refusals when headers tell, and learns no more from them', () => {
    const limiter = withCalls(8);
    limiter.refused(NOW, NOW);
    expect(limiter.full).toBe(true);
    limiter.observe(left(10), 'fixed_window', NOW);
    expect(limiter.full).toBe(false);
    limiter.refused(NOW + 1, NOW + 1);
    expect([limiter.full, limiter.blockedUntil(NOW + 1)]).toEqual([false, 0]);
  });
});
