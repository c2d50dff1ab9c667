import { ManagedFetchService, RetryExecutorService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { ADAPTERS, startApi, VIEWER, type ApiUnderTest } from './support';

const PROMPT = 'What my doctor told me yesterday, word for word, is a secret.';
const KEYS = [1, 2].map((n) => fakeKey('openai', n));

describe.each(ADAPTERS)('GET /admin/failed-calls on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of KEYS) simulator.openai.key(key);
    api = await startApi({
      adapter,
      options: {
        providers: { openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl }, anthropic: {} },
        backoff: { initialMs: 0, maxMs: 0 },
        maxRetries: 1,
        failedCalls: { keep: 5 },
      },
    });
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  const list = async (query = ''): Promise<Record<string, unknown>[]> =>
    (await api.send('get', `/admin/failed-calls${query}`, VIEWER).expect(200)).body.failed_calls;
  const chat = async (model = 'gpt-5'): Promise<void> => {
    const fetch = api.app.get(ManagedFetchService).for('openai', { maxWaitMs: 0 });
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: PROMPT }] });
    const url = `${simulator.openai.baseUrl}/v1/chat/completions`;
    await (await fetch(url, { method: 'POST', body })).text();
  };

  it('shows what failed: who, where, what the vendor said, and how long it took', async () => {
    expect(await list()).toEqual([]);
    await chat();
    expect(await list()).toEqual([]);
    for (const key of KEYS) simulator.openai.key(key, { kind: 'exhausted' });
    await chat();
    const [call] = await list();
    expect(call).toEqual({
      id: 1,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      provider: 'openai',
      key_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      masked_key: expect.stringMatching(/^sk-.*\.\.\./),
      account: null,
      model: 'gpt-5',
      endpoint: expect.stringMatching(/\/v1\/chat\/completions$/),
      outcome: 'quota_exceeded',
      code: 'NO_HEALTHY_KEYS',
      status: 429,
      reason: expect.stringContaining('quota'),
      attempts: 2,
      duration: expect.any(Number),
    });
    const text = JSON.stringify(await list());
    for (const hidden of [PROMPT, 'doctor', ...KEYS]) expect(text).not.toContain(hidden);
  });

  it('keeps the latest, newest first, by provider and outcome, in pages', async () => {
    for (const key of KEYS) simulator.openai.key(key, { kind: 'status', status: 500 });
    for (let n = 0; n < 4; n += 1) await chat(`model-${n}`);
    for (const key of KEYS) simulator.openai.key(key, { kind: 'badRequest' });
    await chat('model-4');
    await api.app.get(RetryExecutorService).execute('anthropic', () => Promise.resolve('never'), { model: 'claude' });
    expect((await list()).map(({ model, outcome }) => [model, outcome])).toEqual([
      ['claude', 'no_key'],
      ['model-4', 'bad_request'],
      ['model-3', 'server_error'],
      ['model-2', 'server_error'],
      ['model-1', 'server_error'],
    ]);
    expect((await list('?provider=anthropic')).map(({ id }) => id)).toEqual([6]);
    expect((await list('?outcome=server_error&limit=2')).map(({ id }) => id)).toEqual([4, 3]);
    expect(await list('?provider=nobody')).toEqual([]);
    const first = await api.send('get', '/admin/failed-calls?limit=3').expect(200);
    const rest = await api.send('get', `/admin/failed-calls?limit=3&cursor=${first.body.next_cursor}`).expect(200);
    expect(rest.body.failed_calls.map(({ id }: { id: number }) => id)).toEqual([3, 2]);
    expect(rest.body.next_cursor).toBeNull();
  });

  it('has no place for a call that its caller gave up, nor for one that was asked for wrongly', async () => {
    const executor = api.app.get(RetryExecutorService);
    await executor.execute('openai', () => Promise.resolve(1), { signal: AbortSignal.abort() });
    await executor.execute('openai', () => Promise.resolve(1), { maxRetries: -1 });
    expect(await list()).toEqual([]);
  });

  it('shows an answer that broke after its call had returned it', async () => {
    const broken = 'data: {"error":{"message":"The server had an error","type":"server_error","code":null}}\n\n';
    const start =
      'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n';
    const send = (): Promise<Response> =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            start: (stream) => {
              stream.enqueue(new TextEncoder().encode(start));
              stream.enqueue(new TextEncoder().encode(broken));
              stream.close();
            },
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
      );
    const real = globalThis.fetch;
    globalThis.fetch = send;
    try {
      const fetch = api.app.get(ManagedFetchService).for('openai', { holdBackMs: 0 });
      const body = JSON.stringify({ model: 'gpt-5', stream: true, messages: [] });
      const answer = await fetch(`${simulator.openai.baseUrl}/v1/chat/completions`, { method: 'POST', body });
      await answer.text().catch(() => undefined);
    } finally {
      globalThis.fetch = real;
    }
    expect(await list()).toMatchObject([
      { outcome: 'server_error', code: null, endpoint: expect.stringMatching(/completions$/), attempts: 1 },
    ]);
  });
});

describe('the option failedCalls', () => {
  it('says how to turn it on where it is off', async () => {
    const api = await startApi({ options: { failedCalls: false } });
    const { body } = await api.send('get', '/admin/failed-calls').expect(404);
    expect(body.message).toMatch(/option failedCalls is false.*\{ keep: 300 \}.*FAILED_CALLS_KEPT/);
    await api.send('get', '/admin/failed-calls', null).expect(401);
    await api.app.close();
  });

  it('keeps 300 where nothing is said', async () => {
    const api = await startApi({ options: { providers: { anthropic: {} } } });
    const executor = api.app.get(RetryExecutorService);
    for (let n = 0; n < 310; n += 1) await executor.execute('anthropic', () => Promise.resolve('never'));
    const { body } = await api.send('get', '/admin/failed-calls?limit=500').expect(200);
    expect(body.failed_calls).toHaveLength(300);
    expect(body.failed_calls[0].id).toBe(310);
    await api.app.close();
  });
});
