import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { KeyManagerService, KeyPoolService, type ExecutionReport, type Usage } from '../../src/key-management';
import { ManagedApp, request } from '../managed-fetch/managed-app';

const messages = [{ role: 'user' as const, content: 'What does it cost?' }];

let app: ManagedApp;
beforeEach(async () => {
  app = await ManagedApp.start(1, { prices: { openai: { inputUsdPerMillion: 2, outputUsdPerMillion: 8 } } });
});
afterEach(async () => {
  await app.idle();
  await app.close();
});

const used = (name: 'openai' | 'anthropic' | 'google') => app.snapshots(name)[0]!.usage;
const reports: ExecutionReport[] = [];
const onReport = (report: ExecutionReport): void => void reports.push(report);
beforeEach(() => void (reports.length = 0));

const openAi = (): OpenAI =>
  new OpenAI({
    apiKey: 'managed',
    baseURL: `${app.vendor('openai').baseUrl}/v1`,
    fetch: app.fetch('openai', { onReport }),
  });
const anthropic = (): Anthropic =>
  new Anthropic({
    apiKey: 'managed',
    baseURL: app.vendor('anthropic').baseUrl,
    fetch: app.fetch('anthropic', { onReport }),
  });

describe('the managed fetch', () => {
  it('tells and counts what an answer used, at the price of the options', async () => {
    const { usage } = await openAi().chat.completions.create({ model: 'gpt-4o', messages });
    const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage!;
    const costUsd = (inputTokens * 2 + outputTokens * 8) / 1e6;
    expect(reports).toHaveLength(1);
    expect(reports[0]!.usage).toMatchObject({ inputTokens, outputTokens, costUsd });
    expect(used('openai')).toEqual({
      requests: 1,
      requestsWithoutUsage: 0,
      requestsWithoutCost: 0,
      inputTokens,
      outputTokens,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      costUsd: expect.closeTo(costUsd, 7) as number,
    });
  });

  it('tells it of a stream when that has ended, once', async () => {
    const stream = anthropic().messages.stream({ model: 'claude-haiku-4-5', max_tokens: 64, messages });
    const { usage } = await stream.finalMessage();
    await app.idle();
    expect(reports).toHaveLength(1);
    const { input_tokens: inputTokens, output_tokens: outputTokens } = usage;
    const costUsd = expect.closeTo((inputTokens * 1 + outputTokens * 5) / 1e6, 9) as number;
    expect(reports[0]!.usage).toMatchObject({ inputTokens, outputTokens, costUsd });
    expect(used('anthropic')).toMatchObject({ requests: 1, requestsWithoutUsage: 0, inputTokens, outputTokens });
  });

  it('counts a stream that states nothing as one that states nothing, not as one of 0 tokens', async () => {
    const stream = await openAi().chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    for await (const _chunk of stream);
    await app.idle();
    expect(reports.map(({ usage }) => usage)).toEqual([undefined]);
    expect(used('openai')).toMatchObject({
      requests: 1,
      requestsWithoutUsage: 1,
      requestsWithoutCost: 0,
      inputTokens: 0,
    });
    expect(used('openai').costUsd).toBeUndefined();
  });

  it('counts no failed attempt that states nothing', async () => {
    app.behave('openai', { kind: 'alwaysRateLimited' });
    await app
      .fetch('openai', { maxRetries: 0 })(...request.openai(app))
      .catch(() => undefined);
    expect(used('openai').requests).toBe(0);
  });
});

describe('a call of the executor', () => {
  const run = <T>(call: Parameters<typeof app.executor.execute<T>>[1], model?: string) =>
    app.executor.execute<T>('openai', call, model === undefined ? undefined : { model });

  it('counts what the value states that its function returned, by the model that it names', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const result = await run(() => Promise.resolve({ model: 'gpt-4o', usage }));
    expect(result.usage).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      costUsd: 60 / 1e6,
    });
    const pool = app.app.get(KeyPoolService).pool('openai')!;
    pool.calls.flush();
    const [record] = pool.records();
    expect([...record!.usage!.byModel()].map(([model]) => model)).toEqual(['gpt-4o']);
  });

  it('counts what the watched fetch has seen, whatever its function makes of it', async () => {
    const result = await run(async ({ fetch, apiKey }) => {
      const [url, init] = request.openai(app);
      const answer = await fetch(url, {
        ...init,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      });
      await answer.json();
      return 'read';
    }, 'gpt-4o');
    expect(result.usage!.inputTokens).toBeGreaterThan(0);
    expect(used('openai')).toMatchObject({
      requests: 1,
      requestsWithoutUsage: 0,
      inputTokens: result.usage!.inputTokens,
    });
  });

  it('counts what its function reports before what was seen', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const result = await run((context) => {
      context.reportUsage({ inputTokens: 100, cachedInputTokens: 40 });
      context.reportUsage({ costUsd: 0.5 });
      return Promise.resolve({ usage });
    });
    expect(result.usage).toMatchObject({ inputTokens: 100, outputTokens: 5, cachedInputTokens: 40, costUsd: 0.5 });
    expect(used('openai')).toMatchObject({ requests: 1, inputTokens: 100, costUsd: 0.5 });
  });

  it('counts what is reported after its function has returned', async () => {
    let report: ((usage: Partial<Usage>) => void) | undefined;
    await run((context) => {
      report = (usage) => context.reportUsage(usage);
      return Promise.resolve('a stream of its own');
    }, 'gpt-4o');
    expect(used('openai')).toMatchObject({ requests: 1, requestsWithoutUsage: 1 });
    report!({ inputTokens: 1_000_000 });
    report!({ inputTokens: 2_000_000 });
    expect(used('openai')).toMatchObject({ requests: 1, requestsWithoutUsage: 0, inputTokens: 1_000_000, costUsd: 2 });
  });

  it.each<[unknown, string]>([
    [{ inputTokens: -1 }, 'inputTokens must be a whole number of tokens, 0 or more, not -1.'],
    [{ outputTokens: 1.5 }, 'outputTokens must be a whole number of tokens, 0 or more, not 1.5.'],
    [{ tokens: 1 }, 'there is no "tokens" in a usage. Known: inputTokens'],
    [{ costUsd: NaN }, 'costUsd must be a number of US dollars, 0 or more, not NaN.'],
    [{ inputTokens: 1, cachedInputTokens: 2 }, 'are part of inputTokens'],
    ['12', 'usage must be an object, as { inputTokens: 12, outputTokens: 3 }, not text of 2 characters.'],
  ])('refuses to be told of %p', async (given, message) => {
    let refused: unknown;
    await run((context) => {
      try {
        context.reportUsage(given as Partial<Usage>);
      } catch (error) {
        refused = error;
      }
      return Promise.resolve('well');
    });
    expect(refused).toBeInstanceOf(TypeError);
    expect((refused as Error).message).toContain(message);
  });

  it('counts an attempt that failed and stated what it used, with the attempt that served', async () => {
    const two = await ManagedApp.start(2, { backoff: { initialMs: 0, maxMs: 0 } });
    try {
      let attempt = 0;
      const result = await two.executor.execute('openai', (context) => {
        context.reportUsage({ inputTokens: 10 });
        attempt += 1;
        if (attempt === 1) return Promise.reject(Object.assign(new Error('no'), { status: 500 }));
        return Promise.resolve('served');
      });
      expect(result.success).toBe(true);
      expect(result.usage).toMatchObject({ inputTokens: 20 });
      const requests = two.snapshots('openai').map(({ usage }) => usage.requests);
      expect(requests).toEqual([1, 1]);
    } finally {
      await two.close();
    }
  });
});

it('asks chat streams for their usage where the provider says so, and shows their callers none of it', async () => {
  const vendor = app.vendor('openai');
  const asking = await ManagedApp.start(1, {
    providers: { openai: { keys: app.keys.openai, baseUrl: vendor.baseUrl, includeUsage: true } },
  });
  try {
    const url = `${vendor.baseUrl}/v1`;
    const client = new OpenAI({ apiKey: 'managed', baseURL: url, fetch: asking.fetch('openai', { onReport }) });
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    await asking.idle();
    expect(chunks.filter(({ choices, usage }) => choices.length === 0 || usage)).toEqual([]);
    expect(chunks.length).toBeGreaterThan(1);
    expect(reports).toHaveLength(1);
    expect(reports[0]!.usage!.inputTokens).toBeGreaterThan(0);
    expect(asking.snapshots('openai')[0]!.usage).toMatchObject({ requests: 1, requestsWithoutUsage: 0 });
  } finally {
    await asking.close();
  }
});

it('shows in the analytics of the provider, by minute, model and account', async () => {
  await openAi().chat.completions.create({ model: 'gpt-4o', messages });
  await openAi().chat.completions.create({ model: 'gpt-4o-mini', messages });
  const { summary, timeline } = app.app.get(KeyManagerService).getProviderAnalytics('openai');
  const [{ usage: first }] = reports as [ExecutionReport];
  expect(summary.usage).toMatchObject({ requests: 2, requests_without_usage: 0 });
  expect(summary.usage.input_tokens).toBeGreaterThan(first!.inputTokens);
  expect(summary.usage_by_model.map(({ model, requests }) => [model, requests])).toEqual([
    ['gpt-4o', 1],
    ['gpt-4o-mini', 1],
  ]);
  expect(summary.usage_by_account).toMatchObject([{ requests: 2, cost_usd: summary.usage.cost_usd }]);
  expect(timeline.reduce((sum, { usage }) => sum + (usage?.requests ?? 0), 0)).toBe(2);
});
