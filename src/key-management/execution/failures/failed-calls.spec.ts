import { AttemptsExhaustedError, NoHealthyKeysError, type AttemptReport } from '../../errors';
import type { CallEnd } from '../../pool/call-batches';
import { FailedCalls } from './failed-calls';

const attempt = (outcome: AttemptReport['outcome'], reason: string): AttemptReport => ({
  keyId: '0123456789abcdef',
  maskedKey: 'sk-1234...cdef',
  account: 'org-1',
  outcome,
  status: 429,
  reason,
  durationMs: 10,
  waitedMs: 0,
});

const failed = (calls: FailedCalls, outcome: CallEnd, reason = 'no', now = 1_000, model = 'gpt-5'): void => {
  const attempts = outcome === 'no_key' ? [] : [attempt(outcome, reason)];
  const error =
    outcome === 'no_key'
      ? new NoHealthyKeysError(reason, { provider: 'openai', counts: {} })
      : new AttemptsExhaustedError('failed', { provider: 'openai', attempts, cause: { secret: 'the request' } });
  const report = { provider: 'openai', attemptsMade: attempts.length, keysTried: [], totalTimeMs: 20, attempts, error };
  calls.record({ report, outcome, model, endpoint: '/v1/chat/completions', now });
};

describe('FailedCalls', () => {
  it('says what a call failed with, and nothing of what it was called with', () => {
    const calls = new FailedCalls(10);
    failed(calls, 'quota_exceeded', 'You exceeded your current quota.');
    expect(calls.latest({ limit: 10 })).toEqual([
      {
        id: 1,
        at: 1_000,
        provider: 'openai',
        keyId: '0123456789abcdef',
        maskedKey: 'sk-1234...cdef',
        account: 'org-1',
        status: 429,
        reason: 'You exceeded your current quota.',
        model: 'gpt-5',
        endpoint: '/v1/chat/completions',
        outcome: 'quota_exceeded',
        code: 'ATTEMPTS_EXHAUSTED',
        attempts: 1,
        durationMs: 20,
      },
    ]);
  });

  it('says why no attempt was made', () => {
    const calls = new FailedCalls(10);
    failed(calls, 'no_key', 'openai is paused by an administrator.');
    expect(calls.latest({ limit: 1 })[0]).toMatchObject({
      outcome: 'no_key',
      code: 'NO_HEALTHY_KEYS',
      reason: 'openai is paused by an administrator.',
      keyId: undefined,
      attempts: 0,
    });
  });

  it('keeps the latest, newest first, and finds by provider, outcome and place', () => {
    const calls = new FailedCalls(3);
    for (const outcome of ['timeout', 'server_error', 'timeout', 'rate_limited'] as const) failed(calls, outcome);
    expect(calls.latest({ limit: 10 }).map(({ id }) => id)).toEqual([4, 3, 2]);
    expect(calls.latest({ limit: 2, before: 4 }).map(({ id }) => id)).toEqual([3, 2]);
    expect(calls.latest({ limit: 10, outcome: 'timeout' }).map(({ id }) => id)).toEqual([3]);
    expect(calls.latest({ limit: 10, provider: 'anthropic' })).toEqual([]);
  });

  it('leaves out a call that its caller gave up', () => {
    const calls = new FailedCalls(3);
    failed(calls, 'cancelled');
    expect(calls.latest({ limit: 10 })).toEqual([]);
  });

  it.each<[CallEnd, string, string]>([
    [
      'bad_request',
      'Invalid value: "Write a poem on my daughter, who was born on 4 May." Use fewer words.',
      'Invalid value: "…" Use fewer words.',
    ],
    ['content_blocked', "flagged: 'How do I do that which one should not do at all, ever?", "flagged: '…'"],
    ['bad_request', "Unknown parameter: 'max_token'. Don't send it, and we won't complain about it any more.", ''],
    ['server_error', 'upstream said "connection reset by peer while reading the head of the answer"', ''],
  ])('keeps no long quotation of a request in what was %s', (outcome, reason, shown) => {
    const calls = new FailedCalls(3);
    failed(calls, outcome, reason);
    expect(calls.latest({ limit: 1 })[0]!.reason).toBe(shown || reason);
  });

  it('redacts what callers name', () => {
    const calls = new FailedCalls(3);
    const secret = 'sk-proj-AAAAAAAAAAAAAAAAAAAAAAAA';
    failed(calls, 'model_unavailable', `no such model ${secret}`, 0, secret);
    expect(JSON.stringify(calls.latest({ limit: 1 }))).not.toContain('AAAA');
  });
});
