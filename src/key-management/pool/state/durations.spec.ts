import { settlementFor } from '../../../../test/support/settlement-for';
import { nextMidnightPacific, recheckMs, cooldownMs } from './transition';
import type { SettledOutcome } from './settlement';

const S = 1_000;
const M = 60 * S;
const H = 60 * M;

const cooldowns = (settled: SettledOutcome, failureStreak: number[], modelKnown = true): number[] =>
  failureStreak.map((count) => cooldownMs(settlementFor(settled), count, modelKnown));

describe('recheckMs', () => {
  it('of an invalid key: 30 s, 5 min, then doubling to 24 h', () => {
    const times = [0, 1, 2, 3, 4, 10, 11, 12, 1e9].map((failureStreak) => recheckMs('invalid_key', failureStreak));
    expect(times).toEqual([30 * S, 30 * S, 5 * M, 10 * M, 20 * M, 1_280 * M, 24 * H, 24 * H, 24 * H]);
  });

  it('of exhausted quota: 5 min, doubling to 6 h', () => {
    const times = [1, 2, 3, 7, 8, 1e9].map((failureStreak) => recheckMs('quota_exceeded', failureStreak));
    expect(times).toEqual([5 * M, 10 * M, 20 * M, 320 * M, 6 * H, 6 * H]);
  });
});

describe('cooldownMs', () => {
  it('A15: keeps to a stated wait in full, up to a day', () => {
    expect(cooldowns({ outcome: 'rate_limited', retryAfterMs: 644 }, [1, 5])).toEqual([644, 644]);
    expect(cooldowns({ outcome: 'rate_limited', retryAfterMs: 3 * H }, [1])).toEqual([3 * H]);
    expect(cooldowns({ outcome: 'rate_limited', retryAfterMs: 114 * H }, [1])).toEqual([24 * H]);
  });

  it('takes a stated wait of nothing for none', () => {
    expect(cooldowns({ outcome: 'rate_limited', retryAfterMs: 0 }, [1, 2])).toEqual([2 * S, 4 * S]);
  });

  it('grows from 2 s to a minute after bare rate limits', () => {
    expect(cooldowns('rate_limited', [1, 2, 3, 6, 7, 100])).toEqual([2 * S, 4 * S, 8 * S, M, M, M]);
  });

  it('grows from an hour to a day where permission or a model is refused', () => {
    expect(cooldowns('permission_denied', [1, 2, 5, 6, 100])).toEqual([H, 2 * H, 16 * H, 24 * H, 24 * H]);
    expect(cooldowns('model_unavailable', [1, 2, 6])).toEqual([H, 2 * H, 24 * H]);
  });

  it('is short where the refused model is not known, for the fault may be the caller’s', () => {
    expect(cooldowns('model_unavailable', [1, 9], false)).toEqual([10 * S, 10 * S]);
  });

  it('doubles what a rule asks for, up to what it asks for', () => {
    const billing = { outcome: 'rate_limited', cooldownMs: H, cooldownMaxMs: 24 * H } as const;
    expect(cooldowns(billing, [1, 2, 3, 5, 6])).toEqual([H, 2 * H, 4 * H, 16 * H, 24 * H]);
    expect(cooldowns({ outcome: 'rate_limited', cooldownMs: H }, [1, 2])).toEqual([H, H]);
  });
});

describe('nextMidnightPacific', () => {
  it.each([
    ['a summer afternoon', '2026-07-20T15:00:00.123-07:00', '2026-07-21T00:00:00-07:00'],
    ['a winter morning', '2026-12-31T08:00:00-08:00', '2027-01-01T00:00:00-08:00'],
    ['midnight itself', '2026-07-20T00:00:00-07:00', '2026-07-21T00:00:00-07:00'],
    ['a second before', '2026-07-20T23:59:59-07:00', '2026-07-21T00:00:00-07:00'],
    ['the long day, before the clocks go back', '2026-11-01T00:30:00-07:00', '2026-11-02T00:00:00-08:00'],
    ['the long day, in the hour that comes twice', '2026-11-01T01:30:00-08:00', '2026-11-02T00:00:00-08:00'],
    ['the long day, after', '2026-11-01T12:00:00-08:00', '2026-11-02T00:00:00-08:00'],
    ['the day before the long day', '2026-10-31T12:00:00-07:00', '2026-11-01T00:00:00-07:00'],
    ['the short day, before the clocks go forward', '2027-03-14T01:00:00-08:00', '2027-03-15T00:00:00-07:00'],
    ['the short day, after', '2027-03-14T12:00:00-07:00', '2027-03-15T00:00:00-07:00'],
    ['the day before the short day', '2027-03-13T23:00:00-08:00', '2027-03-14T00:00:00-08:00'],
  ])('%s', (_, now, midnight) => {
    expect(new Date(nextMidnightPacific(Date.parse(now)))).toEqual(new Date(midnight));
  });
});
