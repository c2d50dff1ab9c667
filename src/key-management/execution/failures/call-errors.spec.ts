import { Harness, limited } from '../../../../test/execution/harness';
import type { KeyPool } from '../../pool/key-pool';
import { noHealthyKeys, type NoKeyReason } from './call-errors';

const said = (pool: KeyPool, now: number, model?: string, why: NoKeyReason = 'no_keys', waiting = 0): string =>
  noHealthyKeys(why, { pool, target: { model }, waiting, now }, { provider: 'openai' }).message;

describe('A11: a call that got no key is told why', () => {
  let harness: Harness;
  beforeEach(() => {
    harness = new Harness();
  });
  const message = (model?: string, why?: NoKeyReason, waiting?: number): string =>
    said(harness.pool, harness.clock.now(), model, why, waiting);

  it('there are none', () => {
    expect(message()).toBe(
      'The pool of openai has no keys. Add some: in the option providers.openai.keys, its environment variable, or the admin API.',
    );
  });

  it('the queue is full', () => {
    harness.add('a').add('b');
    expect(message(undefined, 'queue_full', 10_000)).toBe(
      'The queue of openai is full: 10000 calls wait for a key already, and no more than 10000 may. Keys: 2 healthy.',
    );
  });

  it('the queue is too long for its time', () => {
    harness.add('a');
    expect(message(undefined, 'queue_slow', 70)).toMatch(/^The queue of openai is too long: 70 calls wait for a key/);
  });

  it('the circuit breaker is open, or a trial is under way', () => {
    harness.add('a').add('b');
    for (let n = 0; n < 18; n += 1) harness.pool.lease()!.settle('server_error');
    expect(message()).toMatch(/its circuit breaker is open until 2026-11-01T00:00:01.000Z\. Keys: 2 healthy\.$/);
    harness.clock.skip(1_000);
    const trial = harness.pool.lease()!;
    expect(message()).toMatch(/a trial call is under way/);
    trial.settle('ok');
  });

  it('all keys cool down, for a while or for the model, or are not for it', async () => {
    harness.add('a', [limited(4)], { models: ['m'] }).add('b', [undefined], { models: ['n'] });
    expect(await harness.run({ model: 'm', maxWaitMs: 0 })).toMatchObject({
      success: false,
      errorMessage:
        'No key of openai can be used now for m: 1 healthy, but cooling down for m, 1 healthy, but not for m. The first may be back in 4 s.',
    });
    harness.pool.lease({ model: 'n' })!.settle({ outcome: 'rate_limited', scope: 'key', retryAfterMs: 9_000 });
    expect(message('n')).toBe(
      'No key of openai can be used now for n: 1 healthy, but not for n, 1 rate_limited. The first may be back in 9 s.',
    );
  });

  it('all keys are at their limits, or on trial', () => {
    harness.add('a', [undefined], { limits: { concurrency: 1 } });
    const lease = harness.pool.lease()!;
    expect(message()).toBe('No key of openai can be used now: 1 at its limit of calls in flight.');
    lease.settle({ outcome: 'rate_limited', scope: 'key', retryAfterMs: 1_000 });
    harness.clock.skip(1_000);
    const trial = harness.pool.lease()!;
    expect(message()).toMatch(/: 1 on trial, after a cooldown, by a call under way\. The first may be back in 10 s\.$/);
    trial.settle('ok');
    harness = new Harness().add('a', [undefined], { limits: { requestsPerMinute: 1 } });
    harness.pool.lease()!.settle('ok');
    expect(message()).toMatch(/: 1 at its rate limit\. The first may be back in \d+ s\.$/);
  });
});
