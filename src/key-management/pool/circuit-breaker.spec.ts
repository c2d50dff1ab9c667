import type { Outcome } from '../vendors/contract/outcome';
import { CircuitBreaker, type SettledCall } from './circuit-breaker';
import { TRIAL_MS } from './key/trial';

const S = 1_000;
const call = (outcome: Outcome, startedAt: number, more: Partial<SettledCall> = {}): SettledCall => ({
  outcome,
  keyId: 'a',
  startedAt,
  statedUntil: 0,
  wasAccepted: false,
  ...more,
});

describe('CircuitBreaker', () => {
  let breaker: CircuitBreaker;
  let changes: number;
  beforeEach(() => {
    changes = 0;
    breaker = new CircuitBreaker(0, () => (changes += 1));
  });
  const settled = (outcome: Outcome, now: number, more?: Partial<SettledCall>): boolean =>
    breaker.settled(call(outcome, now, more), now);
  const fail = (times: number, now: number): void => {
    for (let time = 0; time < times; time += 1) settled('server_error', now);
  };

  it('stays closed for failures that are a key’s, a caller’s, or not nearly all', () => {
    for (let time = 0; time < 100; time += 1) settled(time % 2 ? 'invalid_key' : 'rate_limited', time);
    for (let time = 0; time < 100; time += 1) settled(time % 4 ? 'server_error' : 'ok', time);
    expect(breaker.status(100)).toEqual({ state: 'closed', since: 0 });
    expect(changes).toBe(0);
  });

  it('opens when nearly all fail for the vendor’s reason, and closes by one trial call', () => {
    fail(20, 0);
    expect(breaker.admits(999)).toBe(false);
    expect(breaker.status(999)).toEqual({ state: 'open', since: 0, until: S });
    expect(breaker.admitsAt(0)).toBe(S);
    expect(breaker.status(S)).toEqual({ state: 'half_open', since: S });
    expect(breaker.admits(S)).toBe(true);
    breaker.passed(S);
    expect(breaker.admits(S)).toBe(false);
    expect(breaker.status(S)).toEqual({ state: 'half_open', since: S, until: S + TRIAL_MS });
    expect(settled('ok', 1_100)).toBe(true);
    expect(breaker.status(1_100)).toEqual({ state: 'closed', since: 1_100 });
    expect(changes).toBe(3);
  });

  it('waits longer after each failed trial, but never more than 5 s', () => {
    fail(20, 0);
    const pauses: number[] = [];
    let at = breaker.admitsAt(0)!;
    for (let trial = 0; trial < 5; trial += 1) {
      const now = at;
      breaker.passed(now);
      settled('timeout', now);
      pauses.push((at = breaker.admitsAt(now)!) - now);
    }
    expect(pauses).toEqual([2_000, 4_000, 5_000, 5_000, 5_000]);
  });

  it('lets another trial go when one was given up, and closes when a call from before succeeds', () => {
    fail(20, 0);
    breaker.passed(S);
    settled('cancelled', 1_500);
    expect(breaker.admits(1_500)).toBe(true);
    expect(breaker.settled(call('ok', 0), 1_500)).toBe(true);
    expect(breaker.admitsAt(0)).toBeUndefined();
  });

  it('forgets failures that are old', () => {
    for (let time = 0; time < 19; time += 1) settled('server_error', time * 10_000);
    settled('server_error', 200_000);
    expect(breaker.admits(200_000)).toBe(true);
  });

  it('A1: bounds a trial, so that one that hangs shuts nobody out', () => {
    fail(20, 0);
    breaker.passed(S);
    expect(breaker.admits(S + TRIAL_MS - 1)).toBe(false);
    expect(breaker.admitsAt(S)).toBe(S + TRIAL_MS);
    expect(breaker.admits(S + TRIAL_MS)).toBe(true);
    breaker.passed(S + TRIAL_MS);
    expect(breaker.admits(S + TRIAL_MS)).toBe(false);
  });

  it('A1: heeds no failure of a call that began before the trial', () => {
    fail(20, 0);
    breaker.passed(S);
    expect(breaker.settled(call('timeout', 500), S + 1)).toBe(false);
    expect(breaker.status(S + 1)).toMatchObject({ state: 'half_open' });
  });

  it('A1: lets a trial go when a probe was answered well, unless the vendor named the time', () => {
    expect(breaker.probed(0)).toBe(false);
    fail(20, 0);
    expect(breaker.probed(10)).toBe(true);
    expect(breaker.admits(10)).toBe(true);
    breaker.passed(10);
    expect(breaker.probed(20)).toBe(true);
    expect(breaker.admits(20)).toBe(true);
    breaker.passed(20);
    settled('overloaded', 30, { statedUntil: 60 * S });
    expect(breaker.probed(40)).toBe(false);
    expect(breaker.status(40)).toMatchObject({ state: 'open', until: 60 * S });
  });

  it('A2: closes when a call is accepted, and not when an answer accepted long ago ends', () => {
    fail(20, 0);
    expect(settled('ok', 10, { wasAccepted: true })).toBe(false);
    expect(breaker.isOpen(10)).toBe(true);
    expect(breaker.accepted(20)).toBe(true);
    expect(breaker.status(20)).toEqual({ state: 'closed', since: 20 });
    expect(breaker.accepted(30)).toBe(false);
  });

  describe('A5: where the vendor states a wait', () => {
    const asks = (keyId: string, until: number, now: number): boolean =>
      settled('overloaded', now, { keyId, statedUntil: until });

    it('stays closed while one key is asked, however often', () => {
      for (let time = 0; time < 10; time += 1) asks('a', time + 5 * S, time);
      expect(breaker.admits(10)).toBe(true);
    });

    it('opens when a second key is asked, for as long as both are', () => {
      asks('a', 9 * S, 0);
      asks('b', 5 * S, 0);
      expect(breaker.status(0)).toEqual({ state: 'open', since: 0, until: 5 * S });
    });

    it('stays closed where a call went well between the two, or the first wait is over', () => {
      asks('a', 5 * S, 0);
      settled('ok', 10);
      asks('b', 5 * S, 20);
      expect(breaker.admits(20)).toBe(true);
      asks('a', 20 * S, 6 * S);
      expect(breaker.admits(6 * S)).toBe(true);
    });

    it('opens for so long when a trial is told so', () => {
      fail(20, 0);
      breaker.passed(S);
      asks('a', 30 * S, S);
      expect(breaker.status(S)).toMatchObject({ state: 'open', until: 30 * S });
    });
  });
});
