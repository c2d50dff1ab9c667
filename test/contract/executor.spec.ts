import { firstValueFrom } from 'rxjs';
import { keyIdOf, maskKey, type KeyEvent } from '../../src/key-management';
import { acmeKey, failsWith, startContract, thrown, type Contract } from './harness';

let contract: Contract;
const [A, B, C] = ['aaaa', 'bbbb', 'cccc'].map(acmeKey) as [string, string, string];

beforeEach(async () => {
  contract = await startContract();
});
afterEach(() => contract.app.close());

describe('execute', () => {
  it('reports a success with the whole trail', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const result = await contract.executor.execute('acme', () => Promise.resolve({ content: 'hi' }));
    expect(result).toEqual({
      success: true,
      response: { content: 'hi' },
      provider: 'acme',
      attemptsMade: 1,
      keysTried: [maskKey(A)],
      totalTimeMs: expect.any(Number),
      attempts: [
        {
          keyId: keyIdOf(A),
          maskedKey: maskKey(A),
          outcome: 'ok',
          status: undefined,
          reason: undefined,
          durationMs: expect.any(Number),
          waitedMs: 0,
        },
      ],
    });
  });

  it('survives [invalid, exhausted, rate limited, good] by plain objects with a status', async () => {
    const D = acmeKey('dddd');
    await contract.manager.initializeKeys('acme', [A, B, C, D]);
    const call = failsWith({ [A]: 401, [B]: 402, [C]: 429 });
    const seen = new Set<string>();
    for (let n = 0; n < 12; n += 1) {
      const result = await contract.executor.execute('acme', call);
      expect(result).toMatchObject({ success: true, response: 'by dddd' });
      for (const { outcome } of result.attempts) seen.add(outcome);
    }
    expect([...seen].sort()).toEqual(['invalid_key', 'ok', 'quota_exceeded', 'rate_limited']);
    const statuses = contract.pools.list('acme').map(({ maskedKey, status }) => [maskedKey, status]);
    expect(Object.fromEntries(statuses)).toMatchObject({
      [maskKey(A)]: 'invalid_key',
      [maskKey(B)]: 'quota_exceeded',
      [maskKey(C)]: 'rate_limited',
    });
  });

  it('a removed key costs no retry: with maxRetries 0 the walk still reaches the good key', async () => {
    await contract.manager.initializeKeys('acme', [A, B, C]);
    const result = await contract.executor.execute('acme', failsWith({ [A]: 401, [B]: 402 }), { maxRetries: 0 });
    expect(result).toMatchObject({ success: true, response: 'by cccc' });
  });

  it.each([
    ['status', { status: 401 }],
    ['statusCode', { statusCode: 401 }],
    ['axios', { isAxiosError: true, response: { status: 401, data: {}, headers: {} } }],
    ['response', { response: { status: 401 } }],
  ])('reads a status that stands in %s', async (_, error) => {
    await contract.manager.initializeKeys('acme', [A]);
    const result = await contract.executor.execute('acme', () => Promise.reject(error));
    expect(result.attempts).toMatchObject([{ outcome: 'invalid_key', status: 401 }]);
  });

  it('takes a Response that is no success for a failed attempt', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const result = await contract.executor.execute('acme', () => Promise.resolve(new Response('no', { status: 402 })));
    expect(result).toMatchObject({ success: false, attempts: [{ outcome: 'quota_exceeded', status: 402 }] });
  });

  it('a call that throws before its first await is a failed attempt, not a rejection', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const result = await contract.executor.execute('acme', () => {
      throw new TypeError('bug');
    });
    expect(result.success).toBe(false);
  });

  it('gives the call its key, id, attempt, signal and fetch', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const result = await contract.executor.execute('acme', (context) =>
      Promise.resolve({
        apiKey: context.apiKey,
        keyId: context.keyId,
        attempt: context.attempt,
        signal: context.signal instanceof AbortSignal,
        fetch: typeof context.fetch,
      }),
    );
    expect(result).toMatchObject({
      response: { apiKey: A, keyId: keyIdOf(A), attempt: 1, signal: true, fetch: 'function' },
    });
  });
});

describe('executeOrThrow, the convenience functions and executeFirst', () => {
  it('gives the response itself', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    await expect(contract.executor.executeOrThrow('acme', failsWith({}))).resolves.toBe('by aaaa');
  });

  it('names the three vendors', async () => {
    for (const [method, provider] of [
      ['executeOpenAi', 'openai'],
      ['executeAnthropic', 'anthropic'],
      ['executeGoogle', 'google'],
    ] as const) {
      await expect(contract.executor[method](failsWith({}))).resolves.toMatchObject({ provider, success: false });
    }
  });

  it('falls back in order', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const result = await contract.executor.executeFirst([
      { provider: 'openai', call: failsWith({}), options: { maxWaitMs: 0 } },
      { provider: 'acme', call: failsWith({}) },
    ]);
    expect(result).toMatchObject({ success: true, provider: 'acme', response: 'by aaaa' });
  });
});

describe('a model', () => {
  it('cools down apart: the key goes on for the others', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    jest.spyOn(contract.checker, 'classifyError').mockReturnValue({ outcome: 'rate_limited', retryAfterMs: 60_000 });
    await contract.executor.execute('acme', () => thrown(429), { model: 'big', maxWaitMs: 0 });
    expect(contract.pools.list('acme')).toMatchObject([
      { status: 'healthy', cooldowns: [{ model: 'big', until: expect.any(Date) }] },
    ]);
    const big = await contract.executor.execute('acme', failsWith({}), { model: 'big', maxWaitMs: 0 });
    expect(big).toMatchObject({ success: false, error: { code: 'NO_HEALTHY_KEYS' } });
    const small = await contract.executor.execute('acme', failsWith({}), { model: 'small', maxWaitMs: 0 });
    expect(small).toMatchObject({ success: true });
  });
});

describe('events$', () => {
  it('tells of a removal, without the key', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const next = firstValueFrom(contract.pools.events$);
    await contract.executor.execute('acme', failsWith({ [A]: 401 }));
    const event: KeyEvent = await next;
    expect(event).toMatchObject({
      type: 'status_changed',
      provider: 'acme',
      keyId: keyIdOf(A),
      maskedKey: maskKey(A),
      from: 'healthy',
      to: 'invalid_key',
      outcome: 'invalid_key',
      at: expect.any(Date),
    });
    expect(JSON.stringify(event)).not.toContain(A);
  });
});
