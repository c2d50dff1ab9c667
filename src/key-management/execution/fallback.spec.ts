import * as faults from '../../../test/execution/harness';
import { Harness } from '../../../test/execution/harness';
import { ApiKey } from '../pool/key/api-key';
import type { ExecuteOptions, ManagedCall } from './execution.types';
import { choiceOptions } from './fallback';

const { invalid, overloaded, badRequest, region, noModel, limited } = faults;

describe('executeFirst', () => {
  let harness: Harness;
  const second: ManagedCall<string> = () => Promise.resolve('answer of the other');
  const first = (call: ManagedCall<string>, options?: ExecuteOptions, other = second) =>
    harness.executor.executeFirst([
      { provider: 'openai', call, options },
      { provider: 'other', call: other },
    ]);
  beforeEach(() => {
    harness = new Harness().add('a');
    const pool = harness.pools.ensurePool('other');
    const record = pool.add(new ApiKey(faults.key('z')), {}, 'configuration', 'configuration');
    pool.setState(record, { status: 'healthy', unproven: false }, 'configuration');
  });

  it('stays with the first provider that answers', async () => {
    const result = await first(() => Promise.resolve('mine'));
    expect(result).toMatchObject({ success: true, response: 'mine', provider: 'openai', attemptsMade: 1 });
  });

  it.each([
    ['no key is left', invalid],
    ['it is exhausted', overloaded],
    ['its region is blocked', region],
    ['it has no such model', noModel],
    ['its keys cool down', () => limited(60)],
  ])('goes on to the next where %s, with one trail', async (_, fault) => {
    const result = await first(() => Promise.reject(fault()), { maxRetries: 0, model: 'm' });
    expect(result).toMatchObject({
      success: true,
      response: 'answer of the other',
      provider: 'other',
      attemptsMade: 2,
    });
    expect(result.attempts.map(({ provider }) => provider)).toEqual(['openai', 'other']);
    expect(result.keysTried).toHaveLength(2);
    expect(harness.ended.map(({ provider, success }) => [provider, success])).toEqual([
      ['openai', false],
      ['other', true],
    ]);
  });

  it('goes on from a provider that nobody knows', async () => {
    const choices = [
      { provider: 'nobody', call: second },
      { provider: 'other', call: second },
    ];
    expect(await harness.executor.executeFirst(choices)).toMatchObject({ success: true, provider: 'other' });
  });

  it('goes on from a provider none of whose accounts allows so many tokens', async () => {
    const pool = harness.pool;
    pool.update(pool.record(harness.id('a'))!, { limits: { tokensPerMinute: 1_000 } }, 'administrator');
    const mine = jest.fn(second);
    const result = await first(mine, { estimatedTokens: 1_001 });
    expect(result).toMatchObject({ success: true, provider: 'other', attemptsMade: 1 });
    expect(mine).not.toHaveBeenCalled();
  });

  it('ends at a fault of the caller', async () => {
    const other = jest.fn(second);
    const result = await first(() => Promise.reject(badRequest()), {}, other);
    expect(result).toMatchObject({ success: false, error: { code: 'CALL_REJECTED' }, provider: 'openai' });
    expect(other).not.toHaveBeenCalled();
  });

  it('ends when it is cancelled, also while a later provider is called', async () => {
    const controller = new AbortController();
    const result = await first(
      () => Promise.reject(region()),
      { signal: controller.signal },
      () => {
        controller.abort();
        return new Promise(() => undefined);
      },
    );
    expect(result).toMatchObject({ success: false, error: { code: 'CANCELLED' }, provider: 'other', attemptsMade: 2 });
  });

  it('bounds all providers by the time of the first', async () => {
    const running = first(
      ({ signal }) =>
        new Promise((_, reject) => {
          harness.clock.after(600, () => reject(signal.aborted ? signal.reason : region()));
        }),
      { timeoutMs: 1_000 },
      () => new Promise(() => undefined),
    );
    await harness.clock.advance(1_100);
    expect(await running).toMatchObject({ success: false, error: { code: 'DEADLINE_EXCEEDED' }, provider: 'other' });
    expect((await running).totalTimeMs).toBeLessThanOrEqual(1_020);
  });

  it('tells of all attempts in the error of the last', async () => {
    const fail = () => Promise.reject(region());
    const result = await first(fail, {}, fail);
    expect(result).toMatchObject({ success: false, attemptsMade: 2, error: { code: 'CALL_REJECTED' } });
    expect(!result.success && result.error.attempts).toHaveLength(2);
  });

  it('lets only the last provider wait for a key, unless told otherwise', () => {
    const place = { isLast: false, elapsedMs: 400 };
    expect(choiceOptions({ timeoutMs: 1_000 }, { model: 'm' }, place)).toMatchObject({
      maxWaitMs: 0,
      timeoutMs: 600,
      model: 'm',
    });
    expect(choiceOptions(undefined, { maxWaitMs: 5, timeoutMs: 1 }, place)).toMatchObject({
      maxWaitMs: 5,
      timeoutMs: undefined,
    });
    expect(choiceOptions(undefined, undefined, { ...place, isLast: true }).maxWaitMs).toBeUndefined();
  });

  it('wants a choice', async () => {
    await expect(harness.executor.executeFirst([])).rejects.toThrow(TypeError);
  });
});
