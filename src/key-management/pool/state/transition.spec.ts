import { settlementFor } from '../../../../test/support/settlement-for';
import { type Outcome } from '../../vendors/contract/outcome';
import { HEALTHY, UNCHECKED, type KeyState, type FailureStreak } from '../key/key-state';
import type { SettledOutcome, Source } from './settlement';
import { transition, type Transition } from './transition';

const NOW = Date.UTC(2026, 9, 1);
const S = 1_000;
const M = 60 * S;
const H = 60 * M;

const limited: KeyState = { status: 'rate_limited', until: NOW + 10 * S };
const coolingDown: KeyState = { status: 'cooling_down', until: NOW + H };
const invalid: KeyState = { status: 'invalid_key', recheckAt: NOW };
const spent: KeyState = { status: 'quota_exceeded', recheckAt: NOW };

const after = (
  state: KeyState,
  settled: SettledOutcome,
  source: Source = 'call',
  failureStreak?: FailureStreak,
  startedAt = NOW,
): Transition => transition(state, settlementFor(settled), { source, now: NOW, startedAt, failureStreak });

describe('transition', () => {
  describe('a removal', () => {
    it('is re-checked on the date the vendor states', () => {
      const notBefore = new Date(NOW + 40 * H);
      expect(after(HEALTHY, { outcome: 'quota_exceeded', notBefore }).state).toEqual({
        status: 'quota_exceeded',
        recheckAt: NOW + 40 * H,
      });
    });

    it('is not re-checked at a date that is over', () => {
      const notBefore = new Date(NOW - H);
      expect(after(HEALTHY, { outcome: 'quota_exceeded', notBefore }).state).toMatchObject({ recheckAt: NOW + 5 * M });
    });

    it('is never re-checked sooner by a later settlement', () => {
      const state: KeyState = { status: 'quota_exceeded', recheckAt: NOW + 40 * H };
      expect(after(state, 'invalid_key').state).toEqual({ status: 'invalid_key', recheckAt: NOW + 40 * H });
      expect(after(state, 'quota_exceeded', 'probe').state).toMatchObject({ recheckAt: NOW + 40 * H });
      expect(after(state, 'network_error', 'probe').state).toMatchObject({ recheckAt: NOW + 40 * H });
    });

    it('is not put off by a check that was asked for before it is due, and says the same', () => {
      const state: KeyState = { status: 'quota_exceeded', recheckAt: NOW + 5 * M };
      const failureStreak: FailureStreak = { outcome: 'quota_exceeded', count: 1, lastAt: NOW - S };
      expect(after(state, 'quota_exceeded', 'probe', failureStreak)).toEqual({ state, failureStreak });
      const notBefore = new Date(NOW + 40 * H);
      expect(after(state, { outcome: 'quota_exceeded', notBefore }, 'probe', failureStreak).state).toMatchObject({
        recheckAt: NOW + 40 * H,
      });
      expect(after(state, 'invalid_key', 'probe', failureStreak).state).toMatchObject({ status: 'invalid_key' });
    });

    it('that only the table asks for is re-checked after 30 s, and later like any other', () => {
      const settled = { outcome: 'quota_exceeded', decidedBy: 'status_default' } as const;
      const first = after(HEALTHY, settled);
      expect(first.state).toMatchObject({ recheckAt: NOW + 30 * S });
      const failureStreak = { ...first.failureStreak!, lastAt: NOW - S };
      expect(after(spent, settled, 'probe', failureStreak).state).toMatchObject({ recheckAt: NOW + 10 * M });
    });

    it('is asked again no sooner than the vendor allows', () => {
      expect(after(invalid, { outcome: 'rate_limited', retryAfterMs: 5 * M }, 'probe').state).toEqual({
        status: 'invalid_key',
        recheckAt: NOW + 5 * M,
      });
    });
  });

  describe('a failure streak', () => {
    const streak = (count: number, outcome: Outcome = 'invalid_key', lastAt = NOW - M): FailureStreak => ({
      outcome,
      count,
      lastAt,
    });

    it('grows with each settlement of the same kind', () => {
      const { state, failureStreak } = after(invalid, 'invalid_key', 'probe', streak(1));
      expect(failureStreak).toEqual({ outcome: 'invalid_key', count: 2, lastAt: NOW });
      expect(state).toEqual({ status: 'invalid_key', recheckAt: NOW + 5 * M });
    });

    it('begins anew with another kind', () => {
      expect(after(HEALTHY, 'rate_limited', 'call', streak(7)).failureStreak).toEqual(streak(1, 'rate_limited', NOW));
    });

    it.each<[string, Outcome]>([
      ['invalid_key', 'invalid_key'],
      ['quota_exceeded', 'quota_exceeded'],
      ['rate_limited', 'rate_limited'],
      ['permission_denied', 'permission_denied'],
    ])('counts ten failures at once as one: %s', (_, outcome) => {
      let now: Transition = { state: HEALTHY };
      for (let n = 0; n < 10; n += 1) {
        now = transition(now.state, settlementFor(outcome), {
          source: 'call',
          now: NOW + n,
          startedAt: NOW,
          failureStreak: now.failureStreak,
        });
      }
      expect(now.failureStreak).toEqual({ outcome, count: 1, lastAt: NOW });
    });

    it('does not push a removed key’s re-check on with late answers of the burst, whatever they say', () => {
      const removed: KeyState = { status: 'quota_exceeded', recheckAt: NOW + M };
      const failureStreak = streak(3, 'quota_exceeded', NOW - S);
      for (const outcome of ['quota_exceeded', 'invalid_key'] as const) {
        expect(after(removed, outcome, 'call', failureStreak, NOW - 2 * S)).toEqual({ state: removed, failureStreak });
      }
      const notBefore = new Date(NOW + H);
      const dated = after(removed, { outcome: 'quota_exceeded', notBefore }, 'call', failureStreak, NOW - 2 * S);
      expect(dated.state).toEqual({ status: 'quota_exceeded', recheckAt: NOW + H });
    });

    it('ends with a success of a call that began after it, and not with an earlier one', () => {
      const failureStreak = streak(3, 'rate_limited');
      expect(after(HEALTHY, 'ok', 'call', failureStreak, NOW - S).failureStreak).toBeUndefined();
      expect(after(HEALTHY, 'ok', 'call', failureStreak, failureStreak.lastAt).failureStreak).toBe(failureStreak);
      expect(after(HEALTHY, 'ok', 'call', failureStreak, failureStreak.lastAt - 1).failureStreak).toBe(failureStreak);
    });

    it('is not ended by failures that are nobody’s fault', () => {
      const failureStreak = streak(3, 'rate_limited');
      expect(after(HEALTHY, 'server_error', 'call', failureStreak).failureStreak).toBe(failureStreak);
    });

    it('of a removed key ends with a good probe; a light one ends none of a key in the pool', () => {
      expect(after(spent, 'ok', 'probe', streak(3)).failureStreak).toBeUndefined();
      expect(after(HEALTHY, 'ok', 'probe', streak(3)).failureStreak).toEqual(streak(3));
    });

    it('goes on while a key that no probe can prove fails in traffic again', () => {
      const failureStreak = streak(1);
      const back = after(invalid, { outcome: 'ok', unproven: true }, 'probe', failureStreak);
      expect(back).toEqual({ state: HEALTHY, failureStreak });
      expect(after(back.state, 'invalid_key', 'call', back.failureStreak).state).toMatchObject({
        recheckAt: NOW + 5 * M,
      });
    });
  });

  describe('a cooldown', () => {
    it('is made longer by a longer one, and takes its name', () => {
      expect(after(limited, { outcome: 'permission_denied', scope: 'key' }).state).toEqual({
        status: 'cooling_down',
        until: NOW + H,
      });
    });

    it('is never made shorter', () => {
      expect(after(coolingDown, 'rate_limited').state).toBe(coolingDown);
      // What the vendor stated meanwhile is kept in mind, for when the longer one is ended.
      expect(after(coolingDown, { outcome: 'rate_limited', retryAfterMs: M }).state).toEqual({
        ...coolingDown,
        statedUntil: NOW + M,
      });
    });

    it('doubles while billing stays exhausted, and starts over after a success', () => {
      const billing = { outcome: 'rate_limited', scope: 'key', cooldownMs: H, cooldownMaxMs: 24 * H } as const;
      let { state, failureStreak } = after(HEALTHY, billing);
      const hours: number[] = [];
      for (let n = 0; n < 7; n += 1) {
        hours.push(('until' in state ? state.until - NOW : 0) / H);
        ({ state, failureStreak } = after(HEALTHY, billing, 'call', { ...failureStreak!, lastAt: NOW - 1 }));
      }
      expect(hours).toEqual([1, 2, 4, 8, 16, 24, 24]);
      const proven = after(HEALTHY, 'ok', 'call', { ...failureStreak!, lastAt: NOW - 1 });
      expect(after(proven.state, billing, 'call', proven.failureStreak).state).toMatchObject({ until: NOW + H });
    });

    it('of a daily limit keeps to the stated wait once, and on a repeat lasts until midnight Pacific', () => {
      const daily = { outcome: 'rate_limited', retryAfterMs: 36 * S, escalateOnRepeat: 'midnight_pacific' } as const;
      const first = after(HEALTHY, daily);
      expect(first.state).toEqual({ status: 'rate_limited', until: NOW + 36 * S, statedUntil: NOW + 36 * S });
      const again = after(HEALTHY, daily, 'call', { ...first.failureStreak!, lastAt: NOW - M });
      const midnight = Date.parse('2026-10-01T00:00:00-07:00');
      expect(again.state).toEqual({ status: 'rate_limited', until: midnight, statedUntil: NOW + 36 * S });
    });
  });

  it('lets a restricted key in whose model list is refused: its generation may work', () => {
    const restricted = { outcome: 'permission_denied', keyAction: 'keep' } as const;
    expect(after(UNCHECKED, restricted, 'probe').state).toBe(HEALTHY);
    expect(after(HEALTHY, restricted, 'probe').state).toBe(HEALTHY);
  });
});
