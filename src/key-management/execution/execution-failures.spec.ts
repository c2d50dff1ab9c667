import { badRequest, errorOf, Harness, invalid, key, overloaded, trail } from '../../../test/execution/harness';
import { settle } from '../../../test/support/fake-clock';
import { CallRejectedError } from '../errors';

describe('a managed call that fails', () => {
  let harness: Harness;
  afterEach(() => {
    harness.expectIdle();
  });

  describe('that returns a Response', () => {
    const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });

    it('fails by its status, and leaves its body to be read', async () => {
      harness = new Harness().add('a').add('b');
      const call = jest.fn(() => Promise.resolve(answer(400, { error: { code: 'context_length_exceeded' } })));
      const result = await harness.executor.execute('openai', call);
      const error = errorOf(result)!;
      expect(error).toBeInstanceOf(CallRejectedError);
      expect(call).toHaveBeenCalledTimes(1);
      expect(await (error.cause as Response).json()).toEqual({ error: { code: 'context_length_exceeded' } });
    });

    it('is let go of where its body is longer than is read of it', async () => {
      harness = new Harness().add('a');
      let cancelled = false;
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(8_192).fill(32)),
        cancel: () => void (cancelled = true),
      });
      const call = () => Promise.resolve(new Response(endless, { status: 500 }));
      const error = errorOf(await harness.executor.execute('openai', call, { maxRetries: 0 }))!;
      expect(error.cause).toMatchObject({ status: 500 });
      await settle();
      expect(cancelled).toBe(true);
    });

    it('rotates, and lets go of the answers in between', async () => {
      harness = new Harness().add('a').add('b').add('c');
      const answers: Response[] = [];
      const result = await harness.executor.execute('openai', () => {
        answers.push(answers.length < 2 ? answer(401, { error: { code: 'invalid_api_key' } }) : answer(200, {}));
        return Promise.resolve(answers.at(-1)!);
      });
      expect(trail(result)).toEqual(['invalid_key', 'invalid_key', 'ok']);
    });

    it('does not stumble over an answer that cannot be looked at', async () => {
      harness = new Harness().add('a', [undefined], { limits: { tokensPerMinute: 1_000, concurrency: 1 } });
      const get = (): never => {
        throw new Error('not yet');
      };
      const answer = Object.defineProperties({}, { ok: { get }, usage: { get }, usageMetadata: { get } });
      for (let call = 0; call < 2; call += 1) {
        const result = await harness.executor.execute('openai', () => Promise.resolve(answer));
        expect(result.success && result.response).toBe(answer);
      }
    });

    it('takes 304 and plain objects for what they are', async () => {
      harness = new Harness().add('a');
      const call = () => Promise.resolve(new Response(null, { status: 304 }));
      expect(await harness.executor.execute('openai', call)).toMatchObject({ success: true });
      const object = () => Promise.resolve({ ok: false, status: 500 });
      expect(await harness.executor.execute('openai', object)).toMatchObject({ success: true });
    });
  });

  describe('with a checker that misbehaves', () => {
    const checker = (classifyError: () => unknown) => ({ classifyError }) as never;

    it.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new Error('a bug');
        },
      ],
      ['says nothing', () => undefined],
      ['makes up a word', () => ({ outcome: 'sunny' })],
      ['promises', () => Promise.resolve({ outcome: 'invalid_key' })],
      ['calls a failure ok', () => ({ outcome: 'ok' })],
    ])('%s: unknown, kept and retried', async (_, classifyError) => {
      harness = new Harness({ checker: checker(classifyError) }).add('a', [invalid()]).add('b');
      const result = await harness.run();
      expect(trail(result)).toEqual(['unknown', 'ok']);
      expect(harness.snapshot('a')).toMatchObject({ status: 'healthy' });
    });

    it('shows no key in a reason', async () => {
      harness = new Harness({ checker: checker(() => ({ outcome: 'bad_request', reason: `key ${key('a')} is odd` })) });
      harness.add('a', [badRequest()]);
      expect(JSON.stringify(await harness.run())).not.toContain(key('a'));
    });

    it('shows no part of a key in a reason', async () => {
      const reason = `key ${key('abcdefghijklmnopqrstuvwxyz').slice(6, -4)} is odd`;
      harness = new Harness({ checker: checker(() => ({ outcome: 'bad_request', reason })) });
      harness.add('abcdefghijklmnopqrstuvwxyz', [badRequest()]);
      expect(await harness.run()).toMatchObject({ attempts: [{ reason: 'key *** is odd' }] });
    });
  });

  it.each([{}, { timeoutMs: 1_000 }])('heeds no `then` of a promise’s own, with %j', async (options) => {
    harness = new Harness().add('a');
    const odd = Object.assign(Promise.resolve('good'), {
      then: () => {
        throw new Error('not for you');
      },
    });
    const result = await harness.executor.execute('openai', () => odd as Promise<string>, options);
    expect(result.success && result.response).toBe('good');
  });

  it('fails like a promise where the function throws before its first await', async () => {
    harness = new Harness().add('a');
    const call = (): Promise<string> => {
      throw badRequest();
    };
    expect(errorOf(await harness.run(undefined, call))).toBeInstanceOf(CallRejectedError);
    expect(errorOf(await harness.run({ timeoutMs: 1_000 }, call))).toBeInstanceOf(CallRejectedError);
  });

  it('takes an abort that is not of the caller for a time-out of the SDK', async () => {
    harness = new Harness().add('a', [new DOMException('aborted', 'AbortError'), undefined]);
    const { signal } = new AbortController();
    expect(trail(await harness.runThrough({ signal }))).toEqual(['timeout', 'ok']);
    harness = new Harness().add('a', [new DOMException('aborted', 'AbortError'), undefined]);
    expect(trail(await harness.run())).toEqual(['cancelled']);
  });

  it('names each key once, also where masks are alike', async () => {
    harness = new Harness().add('a', [invalid()]).add('b', [overloaded(), undefined]);
    const result = await harness.runThrough();
    expect(result.keysTried).toHaveLength(2);
    expect(result.attemptsMade).toBe(3);
  });
});
