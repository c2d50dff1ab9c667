import { PassingUsage, usageIn, type TokenUsage } from './token-usage';

const unreadable = (name: string): object =>
  Object.defineProperty({}, name, {
    get: () => {
      throw new Error('not yet');
    },
  });
const of = (input: number, output: number, cachedInput = 0): TokenUsage => ({ input, cachedInput, output });

describe('usageIn', () => {
  it.each<[string, unknown, TokenUsage | undefined]>([
    [
      'OpenAI’s chat',
      {
        usage: {
          prompt_tokens: 30,
          completion_tokens: 4,
          total_tokens: 34,
          prompt_tokens_details: { cached_tokens: 20 },
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      },
      of(30, 4, 20),
    ],
    [
      'OpenAI’s responses',
      { usage: { input_tokens: 30, output_tokens: 4, total_tokens: 34, input_tokens_details: { cached_tokens: 20 } } },
      of(30, 4, 20),
    ],
    ['embeddings', { usage: { prompt_tokens: 9, total_tokens: 9 } }, of(9, 0)],
    ['a total alone', { usage: { total_tokens: 9 } }, of(9, 0)],
    ['Anthropic', { usage: { input_tokens: 3, output_tokens: 4 } }, of(3, 4)],
    [
      'Anthropic with a cache, whose reads and writes it counts apart',
      {
        usage: { input_tokens: 3, cache_creation_input_tokens: 5, cache_read_input_tokens: 100, output_tokens: 4 },
      },
      of(108, 4, 100),
    ],
    [
      'a gateway that adds Anthropic’s counts to OpenAI’s',
      { usage: { prompt_tokens: 108, cache_read_input_tokens: 100, completion_tokens: 4 } },
      of(108, 4, 100),
    ],
    [
      'Google, whose thoughts are output, and whose cache is input',
      {
        usageMetadata: {
          promptTokenCount: 30,
          cachedContentTokenCount: 20,
          toolUsePromptTokenCount: 2,
          candidatesTokenCount: 4,
          thoughtsTokenCount: 5,
          totalTokenCount: 41,
        },
      },
      of(32, 9, 20),
    ],
    ['Bedrock', { usage: { inputTokens: 3, cacheReadInputTokens: 7, outputTokens: 4, totalTokens: 14 } }, of(10, 4, 7)],
    ['DeepSeek', { usage: { prompt_tokens: 9, completion_tokens: 1, prompt_cache_hit_tokens: 8 } }, of(9, 1, 8)],
    [
      'Cohere',
      {
        usage: { billed_units: { input_tokens: 5, output_tokens: 4 }, tokens: { input_tokens: 66, output_tokens: 5 } },
      },
      of(66, 5),
    ],
    ['Mistral’s SDK', { usage: { promptTokens: 3, completionTokens: 4, totalTokens: 7 } }, of(3, 4)],
    [
      'the Vercel AI SDK',
      { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7, cachedInputTokens: 2 } },
      of(3, 4, 2),
    ],
    [
      'a model of the Vercel AI SDK',
      { usage: { inputTokens: { total: 3, cacheRead: 2 }, outputTokens: { total: 4 } } },
      of(3, 4, 2),
    ],
    ['the Vercel AI SDK’s total alone', { usage: { totalTokens: 7 } }, of(7, 0)],
    [
      'LangChain',
      { usage_metadata: { input_tokens: 3, output_tokens: 4, input_token_details: { cache_read: 1 } } },
      of(3, 4, 1),
    ],
    ['Ollama', { message: {}, prompt_eval_count: 26, eval_count: 298 }, of(26, 298)],
    [
      'all steps of the Vercel AI SDK',
      { usage: { inputTokens: 3, outputTokens: 4 }, totalUsage: { inputTokens: 9, outputTokens: 8 } },
      of(9, 8),
    ],
    ['nothing of its streams, which would begin to be read', { textStream: {}, usage: { inputTokens: 3 } }, undefined],
    ['nothing of a count that was asked for', { input_tokens: 14 }, undefined],
    ['an answer that says nothing', { usage: null }, undefined],
    ['no numbers', { usage: { total_tokens: 'many', prompt_tokens: -1, completion_tokens: NaN } }, undefined],
    ['no object', 'text', undefined],
    ['an answer that cannot be read', unreadable('usage'), undefined],
    ['usage that cannot be read', { usage: unreadable('total_tokens') }, undefined],
  ])('reads %s', (_, answer, usage) => {
    expect(usageIn(answer)).toEqual(usage);
  });
});

describe('PassingUsage', () => {
  const passing = (...chunks: string[]): { last: TokenUsage | undefined; first: TokenUsage[] } => {
    const first: TokenUsage[] = [];
    const passing = new PassingUsage((usage) => void first.push(usage));
    for (const chunk of chunks) passing.push(new TextEncoder().encode(chunk));
    return { last: passing.usage, first };
  };

  it('finds the usage at the end of a long stream, also across chunks', () => {
    const openAi = passing(
      'data: {"choices":[],"usage":null}\n'.repeat(10_000),
      'data: {"usage":{"prompt_tok',
      'ens":40,"completion_tokens":2,"total_tokens":42,"prompt_tokens_details":{"cached_tokens":30}}}\n',
    );
    expect(openAi).toEqual({ last: of(40, 2, 30), first: [] });
  });

  it('tells what the beginning says, once, and the last word in the end', () => {
    const google = passing(
      'data: {"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}\n',
      'data: {"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":5,"totalTokenCount":9}}\n',
    );
    expect(google).toEqual({ last: of(4, 5), first: [of(4, 0)] });
  });

  it('takes Anthropic’s input from the beginning and its output from the end', () => {
    const start = 'data: {"message":{"usage":{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":1}}}\n';
    const { first, last } = passing(start, 'data: y\n'.repeat(10_000), 'data: {"usage":{"output_tokens":32}}\n');
    expect(first).toEqual([of(100, 1, 90)]);
    expect(last).toEqual(of(100, 32, 90));
  });

  it('does so where all comes at once', () => {
    const whole =
      'data: {"message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n\ndata: {"usage":{"output_tokens":32}}\n';
    expect(passing(whole)).toEqual({ last: of(10, 32), first: [of(10, 32)] });
  });

  it('knows what was said of a stream that broke off', () => {
    const { last } = passing(
      'data: {"message":{"usage":{"input_tokens":10,"output_tokens":1}}}\n',
      'data: {"usage":{"out',
    );
    expect(last).toEqual(of(10, 1));
  });

  it('reads Ollama’s last line', () => {
    const { last } = passing(
      '{"response":"x"}\n'.repeat(2_000),
      '{"done":true,"prompt_eval_count":26,"eval_count":298}\n',
    );
    expect(last).toEqual(of(26, 298));
  });

  it('does not believe an answer that writes of usage', () => {
    const written = JSON.stringify({ delta: 'It ends with {"usage":{"prompt_tokens":999}}' });
    expect(passing(`data: ${written}\n`)).toEqual({ last: undefined, first: [] });
  });

  it('says nothing where nothing is said', () => {
    expect(passing('data: [DONE]\n').last).toBeUndefined();
  });
});
