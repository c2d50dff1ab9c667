import { settlementFor } from '../../../../test/support/settlement-for';
import { HEALTHY, UNPROVEN, type CooldownState, type FailureStreak, type KeyState } from '../key/key-state';
import { cooldownLeft, laterCooldown, partCooldown, scopeOf, transition } from './transition';
import type { SettledOutcome, Source } from './settlement';

const NOW = Date.UTC(2026, 9, 1);
const S = 1_000;
const M = 60 * S;
const H = 60 * M;

const after = (
  state: KeyState,
  settled: SettledOutcome,
  source: Source,
  failureStreak?: FailureStreak,
  startedAt = NOW,
) => transition(state, settlementFor(settled), { source, now: NOW, startedAt, failureStreak });

describe('a probe of a key that cools down', () => {
  const deep = { outcome: 'ok', proven: 'deep' } as const;

  it('ends a cooldown that is no rate limit, where the vendor answered a whole generation', () => {
    const state: KeyState = { status: 'cooling_down', until: NOW + H };
    expect(after(state, deep, 'probe').state).toEqual(HEALTHY);
    expect(after(state, 'ok', 'probe').state).toBe(state);
  });

  it('leaves the rate limit that the vendor stated meanwhile', () => {
    const state: KeyState = { status: 'cooling_down', until: NOW + H, statedUntil: NOW + M };
    expect(after(state, deep, 'probe').state).toEqual({
      status: 'rate_limited',
      until: NOW + M,
      statedUntil: NOW + M,
    });
  });

  it('ends no rate limit', () => {
    const state: KeyState = { status: 'rate_limited', until: NOW + M };
    expect(after(state, deep, 'probe').state).toBe(state);
  });
});

describe('a probe of a removed key', () => {
  const removed: KeyState = { status: 'invalid_key', recheckAt: NOW };
  const failureStreak: FailureStreak = { outcome: 'invalid_key', count: 3, lastAt: NOW - M };

  it('brings the key back, and keeps the streak of one that was only refused a model', () => {
    expect(after(removed, 'model_unavailable', 'probe', failureStreak)).toEqual({ state: HEALTHY, failureStreak });
    expect(after(removed, 'ok', 'probe', failureStreak)).toEqual({ state: HEALTHY, failureStreak: undefined });
  });
});

describe('a success', () => {
  it('proves a key that was unproven, and no key that has another state', () => {
    expect(after(UNPROVEN, 'ok', 'call').state).toEqual(HEALTHY);
    const coolingDown = { status: 'cooling_down', until: NOW + H, unproven: true } as KeyState;
    expect(after(coolingDown, 'ok', 'call').state).toBe(coolingDown);
  });
});

describe('a removal that is due already', () => {
  it('counts the refusal of a call that began after the last one', () => {
    const removed: KeyState = { status: 'invalid_key', recheckAt: NOW - S };
    const failureStreak: FailureStreak = { outcome: 'invalid_key', count: 1, lastAt: NOW - M };
    expect(after(removed, 'invalid_key', 'call', failureStreak).failureStreak).toMatchObject({ count: 2 });
  });

  it('takes a call that began as the last refusal came for one of its burst', () => {
    const removed: KeyState = { status: 'invalid_key', recheckAt: NOW + M };
    const failureStreak: FailureStreak = { outcome: 'invalid_key', count: 1, lastAt: NOW - S };
    expect(after(removed, 'quota_exceeded', 'call', failureStreak, NOW - S)).toEqual({ state: removed, failureStreak });
  });

  it('counts the refusal of a call though the re-check is not due', () => {
    const removed: KeyState = { status: 'invalid_key', recheckAt: NOW + M };
    const failureStreak: FailureStreak = { outcome: 'invalid_key', count: 1, lastAt: NOW - M };
    expect(after(removed, 'invalid_key', 'call', failureStreak)).toEqual({
      state: { status: 'invalid_key', recheckAt: NOW + 5 * M },
      failureStreak: { outcome: 'invalid_key', count: 2, lastAt: NOW },
    });
  });
});

describe('a growing cooldown', () => {
  it('begins with two seconds for what has no rule of its own', () => {
    const odd = { outcome: 'unknown', keyAction: 'cool_down', scope: 'key' } as const;
    const failureStreak: FailureStreak = { outcome: 'unknown', count: 9, lastAt: NOW - M };
    expect(after(HEALTHY, odd, 'call').state).toEqual({ status: 'cooling_down', until: NOW + 2 * S });
    expect(after(HEALTHY, odd, 'call', failureStreak).state).toEqual({ status: 'cooling_down', until: NOW + M });
  });
});

describe('what is stated of a rate limit', () => {
  const stated = (settled: SettledOutcome) => (after(HEALTHY, settled, 'call').state as CooldownState).statedUntil;

  it('is the end of the wait, or the date, whichever is later', () => {
    const notBefore = new Date(NOW + M);
    expect(stated({ outcome: 'rate_limited', retryAfterMs: 5 * S })).toBe(NOW + 5 * S);
    expect(stated({ outcome: 'rate_limited', notBefore })).toBe(NOW + M);
    expect(stated({ outcome: 'rate_limited', retryAfterMs: 5 * S, notBefore })).toBe(NOW + M);
  });

  it('is nothing where no wait is stated, or where the refusal is no rate limit', () => {
    expect(stated('rate_limited')).toBeUndefined();
    const settled = { outcome: 'overloaded', keyAction: 'cool_down', scope: 'key', retryAfterMs: 5 * S } as const;
    expect(stated(settled)).toBeUndefined();
  });
});

describe('two cooldowns of one part of a key', () => {
  const outcome = 'rate_limited' as const;
  const short = { outcome, until: NOW + S, statedUntil: 0 };
  const long = { outcome, until: NOW + M, statedUntil: 0 };

  it('are the one that ends later', () => {
    expect(laterCooldown(undefined, short)).toBe(short);
    expect(laterCooldown(short, long)).toBe(long);
    expect(laterCooldown(long, short)).toBe(long);
    const same = { ...long };
    expect(laterCooldown(long, same)).toBe(long);
  });

  it('keep the later end of what was stated in either', () => {
    const stated = { outcome, until: NOW + 2 * S, statedUntil: NOW + 2 * S };
    expect(laterCooldown(long, stated)).toEqual({ outcome, until: NOW + M, statedUntil: NOW + 2 * S });
    expect(laterCooldown(stated, long)).toEqual({ outcome, until: NOW + M, statedUntil: NOW + 2 * S });
    expect(laterCooldown(stated, short)).toBe(stated);
  });
});

describe('cooldownLeft', () => {
  const stated = (until: number, statedUntil?: number, status: CooldownState['status'] = 'rate_limited') =>
    ({ status, until: NOW + until, ...(statedUntil !== undefined && { statedUntil: NOW + statedUntil }) }) as const;

  it('is nothing of a cooldown that may be ended whole', () => {
    expect(cooldownLeft(stated(M, M), false, NOW)).toBe(HEALTHY);
    expect(cooldownLeft(stated(M), true, NOW)).toBe(HEALTHY);
    expect(cooldownLeft(stated(M, 0), true, NOW)).toBe(HEALTHY);
    expect(cooldownLeft(stated(M, -S), true, NOW)).toBe(HEALTHY);
  });

  it('is the rate limit that the vendor stated, as long as that lasts', () => {
    const whole = stated(M, M);
    expect(cooldownLeft(whole, true, NOW)).toBe(whole);
    expect(cooldownLeft(stated(H, M), true, NOW)).toEqual(stated(M, M));
    expect(cooldownLeft(stated(M, M, 'cooling_down'), true, NOW)).toEqual(stated(M, M));
  });
});

describe('scopeOf', () => {
  const of = (settled: SettledOutcome, model?: string, endpoint?: string) =>
    scopeOf(settlementFor(settled), { model, endpoint });
  const refusedModel = { outcome: 'model_unavailable', model: 'named' } as const;
  const refusedEndpoint = { outcome: 'permission_denied', model: 'named' } as const;

  it('of a refused model is the model of the call, else the one that the vendor names', () => {
    expect(of(refusedModel, 'called', '/e')).toEqual({ model: 'called' });
    expect(of(refusedModel, undefined, '/e')).toEqual({ model: 'named' });
  });

  it('of a refused model that is not known is the endpoint, else unplaced', () => {
    expect(of('model_unavailable', undefined, '/e')).toEqual({ endpoint: '/e' });
    expect(of('model_unavailable')).toBe('unplaced');
  });

  it('of a rate limit without a model is the whole key', () => {
    expect(of('rate_limited', undefined, '/e')).toBeUndefined();
    expect(of('rate_limited', 'called', '/e')).toEqual({ model: 'called' });
  });

  it('of a refused permission is the endpoint, unless the vendor names a model', () => {
    expect(of('permission_denied', 'called', '/e')).toEqual({ endpoint: '/e' });
    expect(of(refusedEndpoint, undefined, '/e')).toEqual({ model: 'named' });
    expect(of(refusedEndpoint, 'called')).toEqual({ model: 'called' });
    expect(of('permission_denied', 'called')).toEqual({ model: 'called' });
    expect(of('permission_denied')).toBe('unplaced');
  });

  it('of all else is the whole key', () => {
    expect(of({ outcome: 'rate_limited', scope: 'key' }, 'called', '/e')).toBeUndefined();
    expect(of('server_error', 'called', '/e')).toBeUndefined();
  });
});

describe('a probe of a key that cools down because the vendor’s word that it is invalid is doubted', () => {
  const doubted: KeyState = { status: 'cooling_down', until: NOW + M, statedUntil: NOW + S };
  const failureStreak: FailureStreak = { outcome: 'invalid_key', count: 1, lastAt: NOW - M };
  const probed = (state: KeyState, settled: SettledOutcome, cause?: 'invalid_key' | 'quota_exceeded') =>
    transition(state, settlementFor(settled), { source: 'probe', now: NOW, startedAt: NOW, failureStreak, cause });

  it('ends the doubt, and leaves what the vendor stated, and the streak', () => {
    expect(probed(doubted, 'ok', 'invalid_key')).toEqual({
      state: { status: 'rate_limited', until: NOW + S, statedUntil: NOW + S },
      failureStreak,
    });
  });

  it('ends nothing that another cause began, no rate limit, and nothing where it did not ask the vendor', () => {
    const limited: KeyState = { ...doubted, status: 'rate_limited' };
    expect(probed(doubted, 'ok', 'quota_exceeded').state).toBe(doubted);
    expect(probed(doubted, 'ok').state).toBe(doubted);
    expect(probed(limited, 'ok', 'invalid_key').state).toBe(limited);
    expect(probed(doubted, { outcome: 'ok', unproven: true }, 'invalid_key').state).toBe(doubted);
  });
});

it('a probe that is refused for the whole key, and not for its rate, cools a removed key down', () => {
  const removed: KeyState = { status: 'invalid_key', recheckAt: NOW };
  const denied = { outcome: 'permission_denied', keyAction: 'cool_down', scope: 'key' } as const;
  expect(after(removed, denied, 'probe').state).toEqual({ status: 'cooling_down', until: NOW + H });
});

it('a late answer that states the re-check which is due anyway changes nothing', () => {
  const recheckAt = NOW + S;
  const state: KeyState = { status: 'invalid_key', recheckAt };
  const failureStreak: FailureStreak = { outcome: 'invalid_key', count: 1, lastAt: NOW };
  const stated = (at: number) => ({ outcome: 'invalid_key', notBefore: new Date(at) }) as const;
  expect(after(state, stated(recheckAt), 'call', failureStreak)).toEqual({ state, failureStreak });
  expect(after(state, stated(recheckAt + 24 * H), 'call', failureStreak).state).toMatchObject({
    recheckAt: recheckAt + 24 * H,
  });
});

describe('the cooldown of a part of a key', () => {
  const circumstances = { source: 'call', now: NOW, startedAt: NOW, failureStreak: undefined } as const;
  const part = (settled: SettledOutcome, scope: Parameters<typeof partCooldown>[1]) =>
    partCooldown(settlementFor(settled), scope, circumstances);

  it('is as long as the outcome asks for, and makes the streak longer', () => {
    expect(part('permission_denied', { endpoint: '/v1/files' })).toEqual({
      cooldown: { until: NOW + H, outcome: 'permission_denied', statedUntil: 0 },
      failureStreak: { outcome: 'permission_denied', count: 1, lastAt: NOW },
    });
    expect(part('model_unavailable', { model: 'm' }).cooldown.until).toBe(NOW + H);
  });

  it('is short where an endpoint stands in for a model that nobody named', () => {
    expect(part('model_unavailable', { endpoint: '/v1/files' }).cooldown.until).toBe(NOW + 10 * S);
  });

  it('notes until when the vendor stated it', () => {
    const { cooldown } = part({ outcome: 'rate_limited', retryAfterMs: 5 * S }, { model: 'm' });
    expect(cooldown).toEqual({ until: NOW + 5 * S, outcome: 'rate_limited', statedUntil: NOW + 5 * S });
  });
});
