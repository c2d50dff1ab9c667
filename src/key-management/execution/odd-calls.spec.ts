import { errorOf, Harness } from '../../../test/execution/harness';
import { CallRejectedError } from '../errors';
import type { ExecuteOptions, ManagedCall } from './execution.types';

const LIMITS = ['timeoutMs', 'attemptTimeoutMs', 'maxWaitMs'] as const;
const ODD_NUMBERS: readonly unknown[] = [
  NaN,
  -1,
  -Infinity,
  '300',
  '',
  null,
  {},
  [],
  true,
  5n,
  Symbol('ms'),
  new Date(),
];

describe('a call that is asked for wrongly', () => {
  let harness: Harness;
  beforeEach(() => (harness = new Harness().add('a')));
  afterEach(() => {
    harness.expectIdle();
  });

  /** Runs it with whatever a caller without types may give. */
  const refusal = async (options: unknown, call: unknown = harness.vendor, provider: unknown = 'openai') => {
    const running = harness.executor.execute(
      provider as string,
      call as ManagedCall<string>,
      options as ExecuteOptions,
    );
    const result = await running;
    expect(result).toMatchObject({ success: false, attemptsMade: 0, attempts: [], totalTimeMs: 0 });
    expect(errorOf(result)).toBeInstanceOf(CallRejectedError);
    expect({ called: harness.called, timers: harness.clock.pendingTimers }).toEqual({ called: [], timers: 0 });
    return errorOf(result)!.message;
  };

  describe.each(LIMITS)('%s', (name) => {
    it.each(ODD_NUMBERS)('A12: that is %p fails with an error that names it', async (odd) => {
      expect(await refusal({ [name]: odd })).toMatch(
        new RegExp(`: ${name} must be a number of milliseconds, 0 or more`),
      );
    });
  });

  it.each([...ODD_NUMBERS, Infinity, 1.5])('A12: maxRetries %p fails with an error that names it', async (odd) => {
    expect(await refusal({ maxRetries: odd })).toMatch(/: maxRetries must be a whole number, 0 or more/);
  });

  it.each<[string, string | undefined]>([
    ['timeout', 'timeoutMs'],
    ['timeoutMS', 'timeoutMs'],
    ['timeout_ms', 'timeoutMs'],
    ['retries', 'maxRetries'],
    ['maxRetires', 'maxRetries'],
    ['modle', 'model'],
    ['abortSignal', 'signal'],
    ['colour', undefined],
    ['constructor', undefined],
    ['__proto', undefined],
    ['', undefined],
    ['firstByteTimeoutMs', 'timeoutMs'],
  ])('A12: an unknown option %p is refused, and %p is what was meant', async (name, near) => {
    const message = await refusal({ [name]: 1 });
    expect(message).toContain(`there is no option ${JSON.stringify(name)}.`);
    expect(/Did you mean (\w+)\?/.exec(message)?.[1]).toBe(near);
    expect(message).toContain('Known: maxRetries, timeoutMs, attemptTimeoutMs, maxWaitMs, signal, model');
  });

  it.each([null, 5, 'fast', () => undefined, Symbol('o')])('A14: options that are %p', async (options) => {
    expect(await refusal(options)).toContain('options must be an object');
  });

  it('A14: options that cannot be read', async () => {
    const options = Object.defineProperty({}, 'timeoutMs', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(await refusal(options)).toContain('options must be a plain object');
  });

  it.each([5, {}, [], Symbol('m'), '', 'm'.repeat(10_240), null, true, () => 'm'])(
    'A14: a model that is %p fails with an error that names it, and leaves no call in flight',
    async (model) => {
      expect(await refusal({ model })).toMatch(/: model must be the name of a model, in 1 to 2,048 characters/);
    },
  );

  it.each([{}, null, 'x', new AbortController(), { aborted: false }])('A14: a signal that is %p', async (signal) => {
    expect(await refusal({ signal })).toContain('signal must be an AbortSignal');
  });

  it.each([undefined, null, {}, 'call', Promise.resolve()])('A14: a call that is %p', async (call) => {
    // An argument that is undefined would be the default here.
    expect(await refusal({}, call ?? null)).toContain('call must be a function');
  });

  it.each([null, 5, {}, Symbol('p'), ['openai']])('A14: a provider that is %p', async (provider) => {
    expect(await refusal({}, harness.vendor, provider)).toContain('provider must be the name of a provider');
  });

  it('never quotes text, which may be a key in the wrong place', async () => {
    const [secret] = ['sk-test-' + 'q'.repeat(40)];
    for (const name of ['timeoutMs', 'maxRetries', 'signal'])
      expect(await refusal({ [name]: secret })).not.toContain('qqq');
  });

  it('rejects where the response itself is asked for', async () => {
    const running = harness.executor.executeOrThrow('openai', harness.vendor, { timeoutMs: NaN });
    await expect(running).rejects.toBeInstanceOf(CallRejectedError);
  });

  it('A12: leaves the time limits of others alone', async () => {
    for (const odd of [{ timeoutMs: NaN }, { attemptTimeoutMs: NaN }, { maxWaitMs: NaN }]) await refusal(odd);
    for (let n = 0; n < 10; n += 1) {
      const late = await harness.runThrough({ timeoutMs: 200 }, () => new Promise(() => undefined));
      expect(late).toMatchObject({ success: false, error: { code: 'DEADLINE_EXCEEDED' } });
    }
  });

  it.each<ExecuteOptions>([
    { timeoutMs: Infinity, attemptTimeoutMs: Infinity, maxWaitMs: Infinity },
    { timeoutMs: 1e300, attemptTimeoutMs: 0.5, maxWaitMs: 1e300, maxRetries: 0 },
    { timeoutMs: undefined, maxRetries: undefined, model: undefined, signal: undefined },
    { signal: new AbortController().signal, model: 'm'.repeat(2_048) },
    Object.freeze({}),
  ])('goes on as asked for with %p', async (options) => {
    expect(await harness.run(options)).toMatchObject({ success: true });
  });

  it('waits without end only for a key that may come', async () => {
    const none = new Harness();
    expect(await none.run({ maxWaitMs: Infinity })).toMatchObject({ error: { code: 'NO_HEALTHY_KEYS' } });
    const busy = new Harness().add('a', [undefined], { limits: { concurrency: 1 } });
    const lease = busy.pool.lease()!;
    const running = busy.run({ maxWaitMs: Infinity });
    await busy.clock.advance(3_600_000);
    lease.settle('ok');
    expect(await running).toMatchObject({ success: true });
  });

  describe('executeFirst', () => {
    const first = (choices: unknown) => harness.executor.executeFirst(choices as never);
    const good = () => ({ provider: 'openai', call: harness.vendor });

    it.each<[string, () => unknown, string]>([
      ['nothing', () => undefined, 'choices must be a list'],
      ['one choice alone', good, 'choices must be a list'],
      ['a hole', () => [good(), null], 'in choice 2, { provider, call, options } is expected, not null'],
      ['no provider', () => [{ call: harness.vendor }], 'in choice 1, provider must be'],
      ['no call', () => [{ provider: 'openai' }], 'in choice 1, call must be'],
      ['a wrong option', () => [{ ...good(), options: { timeoutMs: '5' } }], 'in choice 1, timeoutMs must be'],
      ['a wrong option later', () => [good(), { ...good(), options: { timeout: 5 } }], 'Did you mean timeoutMs?'],
    ])('A14: refuses %s before anything is tried', async (_, choices, message) => {
      const result = await first(choices());
      expect(result).toMatchObject({ success: false, attemptsMade: 0, error: { code: 'CALL_REJECTED' } });
      expect(errorOf(result)!.message).toContain(message);
      expect(harness.called).toEqual([]);
    });
  });

  it.each([
    [{ model: 5 }, 'model must be'],
    [{ model: '' }, 'model must be'],
    [{ exclude: ['id'] }, 'exclude must be a set'],
    [{ models: 'm' }, 'Did you mean model?'],
    [null, 'options must be'],
  ])('A14: a lease with %p is refused, and takes no key', (options, message) => {
    expect(() => harness.pools.lease('openai', options as never)).toThrow(message);
    expect(() => harness.pools.lease('openai', options as never)).toThrow(TypeError);
  });
});
