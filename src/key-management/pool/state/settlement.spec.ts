import { settlementFor } from '../../../../test/support/settlement-for';
import { settlementOf, type SettledOutcome, type Source } from './settlement';

const NOW = Date.UTC(2026, 9, 1);
const S = 1_000;
const H = 3_600 * S;

describe('a wait that the vendor states', () => {
  const of = (settled: SettledOutcome, source: Source = 'call') => settlementOf(settled, { apiKey: '', source }, NOW);
  const coolsDown = (settled: SettledOutcome): boolean => {
    const { keyAction, scope, asksToWait } = of(settled);
    return keyAction === 'cool_down' && scope === 'key' && asksToWait === true;
  };

  it('cools a key down that a vendor in trouble asks to wait', () => {
    expect(of({ outcome: 'overloaded', retryAfterMs: 5 * S })).toMatchObject({
      outcome: 'overloaded',
      keyAction: 'cool_down',
      scope: 'key',
      retryAfterMs: 5 * S,
    });
    expect(coolsDown({ outcome: 'server_error', notBefore: new Date(NOW + 1) })).toBe(true);
    expect(coolsDown({ outcome: 'overloaded', retryAfterMs: 1, notBefore: new Date(NOW - H) })).toBe(true);
  });

  it('leaves a key alone where no wait is stated', () => {
    for (const settled of [
      'overloaded',
      { outcome: 'overloaded', retryAfterMs: 0 },
      { outcome: 'overloaded', notBefore: new Date(NOW) },
    ] as const) {
      const { keyAction, scope, asksToWait } = of(settled);
      const { keyAction: itsOwn, scope: ownScope } = settlementFor(settled);
      expect([keyAction, scope, asksToWait ?? false]).toEqual([itsOwn, ownScope, false]);
    }
  });

  it('leaves alone what is not the vendor’s trouble, and what has a consequence of its own', () => {
    for (const settled of [
      { outcome: 'timeout', retryAfterMs: 5 * S },
      { outcome: 'unknown', retryAfterMs: 5 * S },
      { outcome: 'server_error', keyAction: 'remove', retryAfterMs: 5 * S },
      { outcome: 'rate_limited', scope: 'key_model', retryAfterMs: 5 * S },
    ] as const) {
      const { keyAction, scope, asksToWait } = of(settled);
      const { keyAction: itsOwn, scope: ownScope } = settlementFor(settled);
      expect([keyAction, scope, asksToWait ?? false]).toEqual([itsOwn, ownScope, false]);
    }
  });

  it('of a probe is no business of calls', () => {
    const { keyAction, asksToWait } = of({ outcome: 'overloaded', retryAfterMs: 5 * S }, 'probe');
    expect([keyAction, asksToWait]).toEqual(['keep', false]);
  });
});
