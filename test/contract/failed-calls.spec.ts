import { inspect } from 'node:util';
import {
  AttemptsExhaustedError,
  CallRejectedError,
  CancelledError,
  DeadlineExceededError,
  keyIdOf,
  KeyManagementError,
  NoHealthyKeysError,
  UnknownProviderError,
} from '../../src/key-management';
import { acmeKey, failsWith, startContract, thrown, type Contract } from './harness';

let contract: Contract;
const [A, B, C] = ['aaaa', 'bbbb', 'cccc'].map(acmeKey) as [string, string, string];

beforeEach(async () => {
  contract = await startContract();
});
afterEach(() => contract.app.close());

describe('what a failed call ends with', () => {
  it('UNKNOWN_PROVIDER is a result, and rejects in executeOrThrow', async () => {
    const call = jest.fn();
    const result = await contract.executor.execute('nobody', call);
    expect(result).toMatchObject({ success: false, provider: 'nobody', attemptsMade: 0, keysTried: [], attempts: [] });
    expect(result).toMatchObject({
      error: { code: 'UNKNOWN_PROVIDER' },
      errorMessage: expect.stringMatching(/nobody/),
    });
    await expect(contract.executor.executeOrThrow('nobody', call)).rejects.toBeInstanceOf(UnknownProviderError);
    expect(call).not.toHaveBeenCalled();
  });

  it('NO_HEALTHY_KEYS: counts per status and the soonest recovery', async () => {
    contract.checker.verdicts.set(B, 'quota_exceeded');
    await contract.manager.initializeKeys('acme', [A, B, C]);
    await contract.pools.disable('acme', keyIdOf(C));
    const before = Date.now();
    const result = await contract.executor.execute('acme', failsWith({ [A]: 401 }));
    if (result.success) throw new Error('it succeeded');
    expect(result.error).toBeInstanceOf(NoHealthyKeysError);
    const error = result.error as NoHealthyKeysError;
    expect(error).toMatchObject({
      code: 'NO_HEALTHY_KEYS',
      provider: 'acme',
      counts: { invalid_key: 1, quota_exceeded: 1, disabled: 1 },
      attempts: [{ outcome: 'invalid_key' }],
      cause: { status: 401 },
    });
    expect(error.soonestRecovery!.getTime()).toBeGreaterThanOrEqual(before + 29_000);
    expect(error.soonestRecovery!.getTime()).toBeLessThanOrEqual(Date.now() + 30_000);
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(result.errorMessage).toBe(error.message);
  });

  it('NO_HEALTHY_KEYS of an empty pool says so, and when nothing can come back', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    await contract.pools.disable('acme', keyIdOf(A));
    const disabled = await contract.executor.execute('acme', failsWith({}));
    expect(disabled).toMatchObject({ error: { code: 'NO_HEALTHY_KEYS', counts: { disabled: 1 } } });
    expect(disabled).toMatchObject({ error: { soonestRecovery: undefined, retryAfterMs: undefined } });
    const empty = await contract.executor.executeOpenAi(failsWith({}));
    expect(empty).toMatchObject({ error: { code: 'NO_HEALTHY_KEYS', counts: {} }, errorMessage: /has no keys/ });
  });

  it('ATTEMPTS_EXHAUSTED after 1 + maxRetries', async () => {
    await contract.manager.initializeKeys('acme', [A, B]);
    const result = await contract.executor.execute('acme', () => thrown(500), { maxRetries: 2 });
    expect(result).toMatchObject({ success: false, attemptsMade: 3, error: { code: 'ATTEMPTS_EXHAUSTED' } });
    expect((result as { error: unknown }).error).toBeInstanceOf(AttemptsExhaustedError);
    expect(contract.pools.list('acme').map(({ status, errorCount }) => [status, errorCount])).toEqual([
      ['healthy', 0],
      ['healthy', 0],
    ]);
  });

  it('CALL_REJECTED keeps the vendor’s error itself as the cause, after one attempt', async () => {
    const { executor, manager, checker } = contract;
    jest.spyOn(checker, 'classifyError').mockReturnValue({ outcome: 'bad_request', reason: 'no such field' });
    await manager.initializeKeys('acme', [A, B]);
    const error = Object.assign(new Error('bad'), { status: 400 });
    const result = await executor.execute('acme', () => Promise.reject(error));
    expect(result).toMatchObject({ success: false, attemptsMade: 1, error: { code: 'CALL_REJECTED' } });
    const rejected = await executor.executeOrThrow('acme', () => Promise.reject(error)).catch((e: unknown) => e);
    expect(rejected).toBeInstanceOf(CallRejectedError);
    expect(rejected).toBeInstanceOf(KeyManagementError);
    expect((rejected as CallRejectedError).cause).toBe(error);
  });

  it('DEADLINE_EXCEEDED when the call’s time is over, and the signal tells the call', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    let aborted = false;
    const result = await contract.executor.execute(
      'acme',
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason as Error);
          });
        }),
      { timeoutMs: 40 },
    );
    expect(result).toMatchObject({ error: { code: 'DEADLINE_EXCEEDED' }, attempts: [{ outcome: 'timeout' }] });
    expect((result as { error: unknown }).error).toBeInstanceOf(DeadlineExceededError);
    expect(aborted).toBe(true);
  });

  it('an attempt that takes too long is a `timeout`, and another is made', async () => {
    await contract.manager.initializeKeys('acme', [A, B]);
    const result = await contract.executor.execute(
      'acme',
      ({ attempt }) => (attempt === 1 ? new Promise<string>(() => undefined) : Promise.resolve('second')),
      { attemptTimeoutMs: 30 },
    );
    expect(result).toMatchObject({ success: true, response: 'second', attempts: [{ outcome: 'timeout' }, {}] });
  });

  it('CANCELLED by the caller’s signal, before and during the call', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const before = await contract.executor.execute('acme', failsWith({}), { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ success: false, attemptsMade: 0, error: { code: 'CANCELLED' } });
    const controller = new AbortController();
    const during = contract.executor.execute('acme', () => new Promise(() => undefined), { signal: controller.signal });
    controller.abort();
    const result = await during;
    expect(result).toMatchObject({ error: { code: 'CANCELLED' }, attempts: [{ outcome: 'cancelled' }] });
    expect((result as { error: unknown }).error).toBeInstanceOf(CancelledError);
    expect(contract.pools.list('acme')).toMatchObject([{ status: 'healthy', errorCount: 0, inFlight: 0 }]);
  });

  it('names no key in errors or results, printed any way', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const error = Object.assign(new Error(`key ${A} is wrong`), { status: 401, headers: { authorization: A } });
    const result = await contract.executor.execute('acme', () => Promise.reject(error));
    if (result.success) throw new Error('it succeeded');
    const shown = [JSON.stringify(result), inspect(result, { depth: 9 }), String(result.error.stack)].join('\n');
    expect(shown).not.toContain(A);
  });
});
