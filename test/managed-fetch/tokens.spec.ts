import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { KeyPoolService, keyIdOf, type ExecuteOptions, type ManagedFetchOptions } from '../../src/key-management';
import type { KeyPool } from '../../src/key-management/pool/key-pool';
import type { ExpectedTokens } from '../../src/key-management/pool/limits/expected-tokens';
import { failureOf, ManagedApp, type VendorName } from './managed-app';

/** Tokens a minute of each key. */
const LIMIT = 20_000;
const QUESTION = 'What is a token bucket? '.repeat(40);
const messages = [{ role: 'user' as const, content: QUESTION }];

let app: ManagedApp;
beforeEach(async () => {
  app = await ManagedApp.start(2);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app.idle();
  await app.close();
});

const poolOf = (name: VendorName): KeyPool => app.app.get(KeyPoolService).pool(name)!;

/** Gives the keys a limit, and follows what their calls reserve and are said to have used. */
async function limited(name: VendorName): Promise<{ reserved: (ExpectedTokens | undefined)[]; used: unknown[] }> {
  for (const key of app.keys[name])
    await app.app.get(KeyPoolService).update(name, keyIdOf(key), { limits: { tokensPerMinute: LIMIT } });
  return followed(name);
}

function followed(name: VendorName): { reserved: (ExpectedTokens | undefined)[]; used: unknown[] } {
  const [reserved, used]: [(ExpectedTokens | undefined)[], unknown[]] = [[], []];
  const pool = poolOf(name);
  const [take, tokensUsed] = [pool.take.bind(pool), pool.tokensUsed.bind(pool)];
  jest.spyOn(pool, 'take').mockImplementation((target, ...rest) => {
    const taken = take(target, ...rest);
    if (taken) reserved.push(target.tokens);
    return taken;
  });
  jest.spyOn(pool, 'tokensUsed').mockImplementation((lease, tokens) => {
    // What the vendor books.
    used.push(typeof tokens === 'number' ? tokens : { input: tokens.input, output: tokens.output });
    tokensUsed(lease, tokens);
  });
  return { reserved, used };
}

const openAi = (options?: ManagedFetchOptions): OpenAI =>
  new OpenAI({ apiKey: 'managed', baseURL: `${app.vendor('openai').baseUrl}/v1`, fetch: app.fetch('openai', options) });
const anthropic = (options?: ManagedFetchOptions): Anthropic =>
  new Anthropic({
    apiKey: 'managed',
    baseURL: app.vendor('anthropic').baseUrl,
    fetch: app.fetch('anthropic', options),
  });
const google = (options?: ManagedFetchOptions): GoogleGenAI =>
  new GoogleGenAI({
    apiKey: 'managed',
    httpOptions: { baseUrl: app.vendor('google').baseUrl, fetch: app.fetch('google', options) },
  });

describe('the managed fetch reserves what the request shows', () => {
  it('of OpenAI: its text, and the most that the answer may have', async () => {
    const { reserved, used } = await limited('openai');
    const answer = await openAi().chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 300 });
    const { prompt_tokens: input } = answer.usage!;
    expect(reserved).toEqual([{ input, output: 300 }]);
    // The vendor books the most that the answer could have.
    expect(used).toEqual([{ input, output: 300 }]);
  });

  it('of OpenAI’s streams, where they state their usage at their end', async () => {
    const { used } = await limited('openai');
    const stream = await openAi().chat.completions.create({
      model: 'gpt-4o',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let stated: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) stated = chunk.usage ?? stated;
    expect(used.at(-1)).toEqual({ input: stated!.prompt_tokens, output: stated!.completion_tokens });
  });

  it('of Anthropic: its text, and what answers had lately', async () => {
    const { reserved, used } = await limited('anthropic');
    const ask = () => anthropic().messages.create({ model: 'claude-haiku-4-5', max_tokens: 4_000, messages });
    const { usage } = await ask();
    await ask();
    const { input_tokens: input, output_tokens: output } = usage;
    expect(reserved).toEqual([
      { input, output: 0 },
      { input, output },
    ]);
    expect(used).toEqual([
      { input, output },
      { input, output },
    ]);
  });

  it('of Google: its input alone', async () => {
    const { reserved, used } = await limited('google');
    const answer = await google().models.generateContent({
      model: 'gemini-2.5-flash',
      contents: QUESTION,
      config: { maxOutputTokens: 500 },
    });
    const input = answer.usageMetadata!.promptTokenCount!;
    expect(reserved).toEqual([{ input, output: 0 }]);
    expect(used).toEqual([{ input, output: 0 }]);
  });

  it('but nothing where the caller states it, or no tokens are limited', async () => {
    const unlimited = followed('google');
    await google().models.generateContent({ model: 'gemini-2.5-flash', contents: QUESTION });
    expect(unlimited).toEqual({ reserved: [undefined], used: [] });
    const { reserved } = await limited('openai');
    const estimatedTokens = { input: 77, output: 5 };
    await openAi({ estimatedTokens }).chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 300 });
    expect(reserved).toEqual([estimatedTokens]);
  });
});

describe('a stream of Anthropic', () => {
  const stream = () =>
    anthropic().messages.create({ model: 'claude-haiku-4-5', max_tokens: 64, messages, stream: true });

  it('corrects the input at its beginning, and the output at its end', async () => {
    const { reserved, used } = await limited('anthropic');
    let output: number | undefined;
    for await (const event of await stream()) if (event.type === 'message_delta') output = event.usage.output_tokens;
    const { input } = reserved[0]!;
    // Its beginning and its end may come together.
    expect(used).toEqual([
      { input, output: expect.any(Number) as number },
      { input, output },
    ]);
  });

  it('is booked as far as it was told, and as expected beyond that, where the reader leaves', async () => {
    const { reserved, used } = await limited('anthropic');
    // So that something is expected of the output.
    await anthropic().messages.create({ model: 'claude-haiku-4-5', max_tokens: 64, messages });
    for (const key of app.keys.anthropic) app.vendor('anthropic').key(key, { kind: 'stall', after: 1 });
    const answer = await stream();
    for await (const event of answer) if (event.type === 'content_block_delta') break;
    answer.controller.abort();
    await app.idle();
    const { input, output } = reserved.at(-1)!;
    expect(output).toBeGreaterThan(1);
    // The request for a stream is a few bytes longer than the one from which was learned.
    expect(used.at(-1)).toEqual({ input: expect.closeTo(input, -1) as number, output });
  });
});

describe('a call of the executor', () => {
  const call = (options: ExecuteOptions) =>
    app.executor.execute(
      'openai',
      ({ apiKey }) =>
        new OpenAI({ apiKey, baseURL: `${app.vendor('openai').baseUrl}/v1`, maxRetries: 0 }).chat.completions.create({
          model: 'gpt-4o',
          messages,
        }),
      options,
    );

  it('reserves what it states, and is corrected by the value that an SDK returned', async () => {
    const { reserved, used } = await limited('openai');
    const result = await call({ model: 'gpt-4o', estimatedTokens: 900 });
    expect(reserved).toEqual([{ input: 900, output: 0 }]);
    const { prompt_tokens: input, completion_tokens: output } = result.success ? result.response.usage! : fail();
    expect(used).toEqual([{ input, output }]);
  });

  it.each<[string, unknown]>([
    ['less than nothing', -1],
    ['half a token', 0.5],
    ['no end of tokens', Infinity],
    ['a text', '900'],
    ['no input', { output: 5 }],
    ['a misspelt field', { input: 5, outputs: 5 }],
    ['nothing', null],
  ])('is refused by name where the estimate is %s', async (_, estimatedTokens) => {
    const result = await call({ estimatedTokens } as ExecuteOptions);
    expect(result).toMatchObject({ success: false, error: { code: 'CALL_REJECTED', attempts: [] } });
    expect(result.success ? '' : result.errorMessage).toMatch(/estimatedTokens must be a whole number.*tokens/);
    expect(() => app.fetch('openai', { estimatedTokens } as never)).toThrow(/estimatedTokens must be/);
  });

  it('is refused by name where the priority is no such word', async () => {
    expect(await call({ priority: 'urgent' as never })).toMatchObject({
      success: false,
      errorMessage: expect.stringContaining('priority must be "interactive" or "batch"') as string,
    });
  });
});

describe('a request that no account allows', () => {
  const tooLong = [{ role: 'user' as const, content: 'word '.repeat(60_000) }];

  it('fails the executor’s call at once, with the limit', async () => {
    await limited('openai');
    const result = await app.executor.execute('openai', () => Promise.resolve('answer'), {
      estimatedTokens: LIMIT + 1,
    });
    expect(result).toMatchObject({
      success: false,
      attempts: [],
      error: { code: 'CALL_REJECTED', outcome: 'request_exceeds_key_limit' },
    });
    expect(result.success ? '' : result.errorMessage).toContain('20,001 tokens');
    expect(result.success ? '' : result.errorMessage).toContain('20,000 (request_exceeds_key_limit)');
  });

  it.each<[VendorName, () => Promise<unknown>, object]>([
    [
      'openai',
      () => openAi().chat.completions.create({ model: 'gpt-4o', messages: tooLong }),
      { constructor: OpenAI.RateLimitError, status: 429, code: 'rate_limit_exceeded' },
    ],
    [
      'anthropic',
      () => anthropic().messages.create({ model: 'claude-haiku-4-5', max_tokens: 64, messages: tooLong }),
      { constructor: Anthropic.RateLimitError, status: 429 },
    ],
    [
      'google',
      () => google().models.generateContent({ model: 'gemini-2.5-flash', contents: tooLong[0]!.content }),
      { status: 429 },
    ],
  ])('fails the SDK of %s with the error that its users know, once', async (name, ask, error) => {
    await limited(name);
    const thrown = await failureOf(ask());
    expect(thrown).toMatchObject(error);
    expect(thrown.message).toContain('Request too large');
    expect(thrown.message).toContain('20,000');
    expect(app.vendor(name).calls.totals.total).toBe(0);
  });

  it('is what the vendor must judge, where only the estimate is too high', async () => {
    const { reserved } = await limited('openai');
    const long = [{ role: 'user' as const, content: 'word '.repeat(20_000) }];
    await openAi().chat.completions.create({ model: 'gpt-4o', messages: long });
    expect(reserved).toEqual([{ input: LIMIT, output: 0 }]);
  });
});

describe('calls of very different sizes, beyond what a bucket of tokens holds', () => {
  it('are all answered, and hardly one of them is refused by the vendor', async () => {
    // Buckets of 600,000 tokens, to which 10,000 come back each second.
    const limit = { kind: 'rateLimited', tokensPerMinute: 600_000 } as const;
    app.behave('openai', limit, limit);
    const client = openAi({ maxWaitMs: 60_000 });
    const ask = (most: number) =>
      client.chat.completions.create({
        model: 'gpt-4o',
        messages: [{ role: 'user', content: 'Hi' }],
        max_tokens: most,
      });
    await Promise.all([ask(1_000), ask(1_000)]);
    const sizes = [...Array<number>(20).fill(59_000), ...Array.from({ length: 15 }, (_, n) => 500 * (n + 1))];
    // One at a time: the vendor is in this process, and of many at once it is not certain which of them an answer counts.
    for (const most of sizes) await ask(most);
    expect(app.vendor('openai').calls.totals.ok).toBe(37);
    // What a bucket refills in a millisecond is known only so well.
    expect(app.vendor('openai').calls.totals.byStatus[429] ?? 0).toBeLessThanOrEqual(2);
  });
});
