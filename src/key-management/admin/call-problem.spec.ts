import type { Outcome } from '../vendors/contract/outcome';
import {
  AttemptsExhaustedError,
  CallRejectedError,
  CancelledError,
  DeadlineExceededError,
  NoHealthyKeysError,
  type AttemptReport,
} from '../errors';
import type { KeyStatus } from '../pool/key/key-state';
import { callProblem } from './call-problem';

const attempts = (...outcomes: Outcome[]): AttemptReport[] =>
  outcomes.map((outcome) => ({ keyId: 'a', maskedKey: 'sk-1234...cdef', outcome, durationMs: 1, waitedMs: 0 }));
const details = (...outcomes: Outcome[]) => ({
  provider: 'openai',
  attempts: attempts(...outcomes),
  retryAfterMs: 1_001,
});
const none = (counts: Partial<Record<KeyStatus, number>>, ...outcomes: Outcome[]) =>
  new NoHealthyKeysError('No key of openai: sk-1234...cdef', { ...details(...outcomes), counts });
const rejected = (outcome: Outcome, status?: number, reason?: string) =>
  new CallRejectedError('rejected', {
    provider: 'openai',
    attempts: attempts(outcome).map((each) => ({ ...each, status, reason })),
  });

describe('a failed call that a controller throws', () => {
  it.each([
    ['all keys over their limits', none({ rate_limited: 2, invalid_key: 1 }, 'rate_limited'), 429, '2'],
    ['healthy keys over a limit of one model', none({ healthy: 2 }), 429, '2'],
    ['dead keys', none({ invalid_key: 2 }), 503, '2'],
    ['keys that fail of the vendor', none({ healthy: 2 }, 'server_error'), 503, '2'],
    [
      'attempts that were all rate limited',
      new AttemptsExhaustedError('x', details('rate_limited', 'rate_limited')),
      429,
      '2',
    ],
    [
      'attempts of which one failed otherwise',
      new AttemptsExhaustedError('x', details('rate_limited', 'overloaded')),
      503,
      '2',
    ],
    ['a deadline', new DeadlineExceededError('x', { provider: 'openai' }), 504, undefined],
    ['a caller who left', new CancelledError('x', { provider: 'openai' }), 499, undefined],
    ['the caller’s own mistake', rejected('bad_request', 422, 'temperature is too high'), 422, undefined],
    ['content', rejected('content_blocked', 400), 400, undefined],
    ['settings', rejected('config_error', 404), 502, undefined],
    ['a region', rejected('region_blocked', 403), 502, undefined],
    ['a refused key', rejected('bad_request', 401), 502, undefined],
  ])('E7: of %s is answered %#', (_, error, status, retryAfter) => {
    const problem = callProblem(error);
    expect(problem.getStatus()).toBe(status);
    expect(problem.headers['Retry-After']).toBe(retryAfter);
    expect(problem.facts.code).toBe(error.code);
    expect(problem.message).not.toContain('sk-1234');
  });

  it('E7: tells the vendor’s words about the caller’s own mistake, without a key', () => {
    expect(callProblem(rejected('bad_request', 400, 'temperature is too high')).message).toBe(
      'temperature is too high',
    );
    const echo = callProblem(rejected('bad_request', 400, `no sk-proj-${'k'.repeat(40)}`)).message;
    expect(echo).not.toContain('kkkkkkkkkkkk');
  });
});
