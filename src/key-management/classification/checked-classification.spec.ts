import { checkedClassification } from './checked-classification';

const NOW = Date.UTC(2026, 9, 1);
const check = (given: unknown) => checkedClassification(given, { secrets: ['sk-0123456789abcdefghij'], now: NOW });

describe('what a checker returns', () => {
  it('E15: comes through as it is, where it is right', () => {
    const right = {
      outcome: 'rate_limited',
      keyAction: 'cool_down',
      scope: 'key',
      retry: 'other_key',
      reason: 'slow down',
      decidedBy: 'code',
      rule: 'O20',
      retryAfterMs: 1_000,
      cooldownMs: 1,
      cooldownMaxMs: 2,
      notBefore: new Date(NOW),
      escalateOnRepeat: 'midnight_pacific',
      model: 'm',
      status: 429,
      tableOnly: true,
    };
    expect(check(right)).toEqual(right);
  });

  it.each([undefined, null, 7, 'rate_limited', {}, { outcome: 'sunny' }, Promise.resolve({ outcome: 'ok' })])(
    'E15: is none without an outcome: %j',
    (given) => {
      expect(check(given)).toBeUndefined();
    },
  );

  it('E15: loses what cannot be read, and keeps the rest', () => {
    const wrong = {
      outcome: 'rate_limited',
      keyAction: 'explode',
      scope: 7,
      retry: null,
      reason: {},
      retryAfterMs: -1,
      cooldownMs: NaN,
      cooldownMaxMs: Infinity,
      notBefore: 'soon',
      model: '',
      status: 9_999,
      more: 'than asked',
    };
    expect(check(wrong)).toEqual({ outcome: 'rate_limited' });
    expect(check({ ...wrong, retryAfterMs: 5 })).toEqual({ outcome: 'rate_limited', retryAfterMs: 5 });
  });

  it('E15: takes a date in the forms in which JSON carries it', () => {
    const notBefore = new Date(NOW + 1_000);
    for (const given of [notBefore, notBefore.getTime(), notBefore.toISOString()])
      expect(check({ outcome: 'rate_limited', notBefore: given })).toEqual({ outcome: 'rate_limited', notBefore });
  });

  it('E15: shows no key, and no more of a model than a name may have', () => {
    const checked = check({ outcome: 'ok', reason: 'sk-0123456789abcdefghij', model: 'm'.repeat(10_000) });
    expect(checked).toMatchObject({ reason: '***' });
    expect(checked!.model!.length).toBeLessThanOrEqual(1_024);
  });
});
