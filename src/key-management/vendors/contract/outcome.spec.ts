import { CONSEQUENCES, isOutcome, isTransient, KEY_ACTIONS, OUTCOMES, RETRY_ADVICES, SCOPES } from './outcome';

describe('the table of outcomes', () => {
  it.each([
    ['ok', 'keep', 'none', 'none', 'nobody'],
    ['invalid_key', 'remove', 'key', 'other_key', 'key'],
    ['quota_exceeded', 'remove', 'key', 'other_key', 'key'],
    ['rate_limited', 'cool_down', 'key_model', 'other_key', 'key'],
    ['model_unavailable', 'cool_down', 'key_model', 'other_key', 'nobody'],
    ['permission_denied', 'cool_down', 'key_endpoint', 'other_key', 'key'],
    ['region_blocked', 'keep', 'none', 'none', 'network'],
    ['request_exceeds_key_limit', 'keep', 'none', 'other_key', 'caller'],
    ['bad_request', 'keep', 'none', 'none', 'caller'],
    ['content_blocked', 'keep', 'none', 'none', 'caller'],
    ['config_error', 'keep', 'none', 'none', 'caller'],
    ['overloaded', 'keep', 'none', 'same_key', 'vendor'],
    ['server_error', 'keep', 'none', 'same_key', 'vendor'],
    ['network_error', 'keep', 'none', 'same_key', 'network'],
    ['timeout', 'keep', 'none', 'same_key', 'network'],
    ['cancelled', 'keep', 'none', 'none', 'caller'],
    ['unknown', 'keep', 'none', 'other_key', 'unknown'],
  ] as const)('says of %s: %s, reaching %s, retry %s, fault of %s', (outcome, keyAction, scope, retry, fault) => {
    expect(CONSEQUENCES[outcome]).toEqual({ keyAction, scope, retry, fault });
    expect(isOutcome(outcome)).toBe(true);
  });

  it('has a row for every outcome, in words that are known', () => {
    expect(Object.keys(CONSEQUENCES)).toEqual([...OUTCOMES]);
    expect(KEY_ACTIONS).toEqual(['keep', 'cool_down', 'remove']);
    expect(SCOPES).toEqual(['none', 'key', 'key_model', 'key_endpoint']);
    expect(RETRY_ADVICES).toEqual(['same_key', 'other_key', 'none']);
  });

  it('knows no other outcome', () => {
    expect(['', 'OK', undefined, null, 7].filter(isOutcome)).toEqual([]);
  });

  it('takes for transient what may be over at the next moment', () => {
    expect(OUTCOMES.filter(isTransient)).toEqual(['overloaded', 'server_error', 'network_error', 'timeout']);
  });
});
