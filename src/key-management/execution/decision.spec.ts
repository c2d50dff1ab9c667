import type { Classification } from '../classification/classification';
import { OUTCOMES } from '../vendors/contract/outcome';
import { decide, type Progress } from './decision';

const fresh: Progress = { retries: 0, maxRetries: 3, sameOutcome: 1, transient: 1 };
const spent: Progress = { retries: 3, maxRetries: 3, sameOutcome: 1, transient: 1 };
const after = (failure: Classification | Classification['outcome'], progress = fresh) =>
  decide(typeof failure === 'string' ? { outcome: failure } : failure, progress);

describe('decide', () => {
  it.each(['invalid_key', 'quota_exceeded'] as const)('walks past a key that proved %s, at no cost', (outcome) => {
    const walk = { next: 'other_key', costsRetry: false, otherwise: 'wait' };
    expect(after(outcome)).toEqual(walk);
    expect(after(outcome, spent)).toEqual(walk);
    expect(after(outcome, { retries: 0, maxRetries: 0, sameOutcome: 50, transient: 0 })).toEqual(walk);
  });

  it('goes no further than to a third key where the status table alone condemns them', () => {
    const failure = { outcome: 'invalid_key', tableOnly: true } as const;
    const otherKey = { next: 'other_key', costsRetry: false };
    expect(after(failure, { ...fresh, tableOnly: 1 })).toEqual({ ...otherKey, otherwise: 'wait' });
    const doubted = { ...spent, tableOnly: 2, doubted: true };
    expect(after(failure, doubted)).toEqual({ ...otherKey, otherwise: 'wait_for_busy' });
    expect(after(failure, { ...fresh, tableOnly: 3 })).toEqual({ next: 'give_up', why: 'rejected' });
    expect(after('invalid_key', { ...fresh, tableOnly: 3 })).toEqual({ ...otherKey, otherwise: 'wait' });
    expect(after({ ...failure, keyAction: 'cool_down' }, { ...fresh, tableOnly: 3 }).next).toBe('other_key');
  });

  it.each(['network_error', 'timeout', 'overloaded', 'server_error'] as const)(
    'A6: takes another key at once after the first %s, and backs off after the next',
    (outcome) => {
      expect(after(outcome)).toEqual({ next: 'other_key', costsRetry: true, otherwise: 'back_off' });
      expect(after(outcome, { ...fresh, retries: 1, transient: 2 })).toEqual({ next: 'back_off' });
      expect(after(outcome, spent)).toEqual({ next: 'give_up', why: 'exhausted' });
    },
  );

  it('A5: takes another key each time that the vendor asks one to wait', () => {
    const asked = { outcome: 'overloaded', retryAfterMs: 5_000 } as const;
    const second = { ...fresh, retries: 1, transient: 2 };
    expect(after(asked, second)).toEqual({ next: 'other_key', costsRetry: true, otherwise: 'back_off' });
  });

  it('takes another key after rate_limited, or waits for one', () => {
    expect(after('rate_limited')).toEqual({ next: 'other_key', costsRetry: true, otherwise: 'wait' });
    expect(after('rate_limited', spent)).toEqual({ next: 'give_up', why: 'exhausted' });
  });

  it('A9: asks another key after permission_denied, and ends with the answer of the vendor where there is none', () => {
    expect(after('permission_denied')).toEqual({ next: 'other_key', costsRetry: true, otherwise: 'give_up' });
    expect(after('permission_denied', spent)).toEqual({ next: 'give_up', why: 'exhausted' });
  });

  it.each(['permission_denied', 'model_unavailable', 'config_error', 'region_blocked'] as const)(
    'A9: ends at a second refusal by %s in the same words',
    (outcome) => {
      const failure = { outcome, retry: 'other_key' } as const;
      expect(decide(failure, { ...fresh, sameRefusal: true })).toEqual({ next: 'give_up', why: 'rejected' });
    },
  );

  it('takes a number of retries that is none for none', () => {
    const many = { ...fresh, maxRetries: Number('many') };
    expect(after('unknown', many)).toEqual({ next: 'give_up', why: 'exhausted' });
    expect(after('server_error', many)).toEqual({ next: 'give_up', why: 'exhausted' });
  });

  it('takes another key after the unknown, or backs off', () => {
    expect(after('unknown')).toEqual({ next: 'other_key', costsRetry: true, otherwise: 'back_off' });
  });

  it.each(['model_unavailable', 'request_exceeds_key_limit'] as const)('tries one other key after %s', (outcome) => {
    expect(after(outcome)).toEqual({ next: 'other_key', costsRetry: true, otherwise: 'give_up' });
    expect(after(outcome, { ...fresh, sameOutcome: 2 })).toEqual({ next: 'give_up', why: 'rejected' });
    expect(after(outcome, spent)).toEqual({ next: 'give_up', why: 'rejected' });
  });

  it.each(['bad_request', 'content_blocked', 'config_error', 'region_blocked'] as const)('ends at %s', (outcome) => {
    expect(after(outcome)).toEqual({ next: 'give_up', why: 'rejected' });
  });

  it('ends a call that its caller cancelled, and says so', () => {
    expect(after('cancelled')).toEqual({ next: 'give_up', why: 'cancelled' });
  });

  it('lets a classification overrule the table', () => {
    expect(after({ outcome: 'server_error', retry: 'none' })).toEqual({ next: 'give_up', why: 'rejected' });
    expect(after({ outcome: 'rate_limited', keyAction: 'keep' })).toMatchObject({ otherwise: 'back_off' });
  });

  it('knows every outcome', () => {
    for (const outcome of OUTCOMES) expect(after(outcome).next).toMatch(/other_key|back_off|give_up/);
  });
});
