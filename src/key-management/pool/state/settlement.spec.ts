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

describe('a lease', () => {
  const KEY = 'sk-0123456789abcdef';
  const settled = (given: SettledOutcome): ReturnType<typeof settlementOf> =>
    settlementOf(given, { apiKey: KEY, source: 'probe' }, NOW);

  it('is settled with an outcome, and with nothing else', () => {
    for (const given of [undefined, null, 'fine', {}, { outcome: 'fine' }, 7])
      expect(() => settled(given as never)).toThrow(
        new TypeError('A lease is settled with an outcome, or with an object that has one.'),
      );
  });

  it('is settled without the key in the reason', () => {
    const { reason } = settled({ outcome: 'invalid_key', reason: `The key ${KEY} is wrong` });
    expect(reason).toMatch(/^The key .+ is wrong$/);
    expect(reason).not.toContain(KEY);
  });

  it('has a model by its name, where one is said', () => {
    expect(settled({ outcome: 'model_unavailable', model: 'm' }).model).toBe('m');
    expect(settled({ outcome: 'model_unavailable' }).model).toBeUndefined();
  });

  it('has the flags that its own callers set, and takes nothing else for one', () => {
    const flags = (given: object) => {
      const { unproven, withheld, proven, doubted } = settled({ outcome: 'ok', ...given });
      return [unproven, withheld, proven, doubted];
    };
    expect(flags({})).toEqual([false, false, undefined, false]);
    expect(flags({ unproven: true, withheld: true, proven: 'deep', doubted: true })).toEqual([
      true,
      true,
      'deep',
      true,
    ]);
    expect(flags({ unproven: 1, withheld: 'yes', proven: 'light', doubted: {} })).toEqual([
      false,
      false,
      undefined,
      false,
    ]);
  });
});
