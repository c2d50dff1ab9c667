import type { Usage } from './usage';
import { modelIn, UsageReader } from './usage-reader';

const unreadable = (name: string): object =>
  Object.defineProperty({}, name, {
    get: () => {
      throw new Error('not yet');
    },
  });
const of = (
  inputTokens: number,
  outputTokens: number,
  cachedInputTokens = 0,
  cacheWriteTokens = 0,
  reasoningTokens = 0,
): Usage => ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteTokens,
  reasoningTokens,
});

describe('UsageReader, of a vendor that says nothing of its own', () => {
  it.each<[string, unknown, Usage | undefined]>([
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
      of(30, 4, 20, 0, 3),
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
      of(108, 4, 100, 5),
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
      of(32, 9, 20, 0, 5),
    ],
    ['Bedrock', { usage: { inputTokens: 3, cacheReadInputTokens: 7, outputTokens: 4, totalTokens: 14 } }, of(10, 4, 7)],
    [
      'more cached than there was',
      { usage: { prompt_tokens: 9, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 20 } } },
      of(9, 1, 9),
    ],
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
    expect(new UsageReader().read(answer)).toEqual(usage);
  });
});

describe('UsageReader, of a vendor with fields of its own', () => {
  it('reads them before those of the wire formats, and these for the rest', () => {
    const reader = new UsageReader({
      input: ['tokens_in'],
      addedInput: ['extra.in'],
      cost: ['price'],
      costUnitsPerUsd: 100,
    });
    const usage = { prompt_tokens: 1, tokens_in: 5, extra: { in: 2 }, completion_tokens: 3, price: 50 };
    expect(reader.read({ usage })).toEqual({ ...of(7, 3), costUsd: 0.5 });
    expect(reader.read({ usage: { prompt_tokens: 1, completion_tokens: 3 } })).toEqual(of(1, 3));
  });

  it('looks where it says, and in the answer itself', () => {
    expect(
      new UsageReader({ places: ['billing.units'], input: ['in'] }).read({ billing: { units: { in: 4 } } }),
    ).toEqual(of(4, 0));
    expect(new UsageReader({ places: [''], input: ['in'] }).read({ in: 4 })).toEqual(of(4, 0));
    expect(new UsageReader({ places: [''], input: ['in'] }).read({ out: 4 })).toBeUndefined();
  });

  it('does not add to the output what the total shows to be in it', () => {
    const reader = new UsageReader({ addedOutput: ['thought'] });
    const stated = { prompt_tokens: 10, completion_tokens: 9, thought: 4 };
    expect(reader.read({ usage: { ...stated, total_tokens: 23 } })).toEqual(of(10, 13));
    expect(reader.read({ usage: { ...stated, total_tokens: 19 } })).toEqual(of(10, 9));
  });
});

it.each([
  [{ model: 'gpt-5' }, 'gpt-5'],
  [{ modelVersion: 'gemini-2.5-flash' }, 'gemini-2.5-flash'],
  [{ model: 7 }, undefined],
  ['gpt-5', undefined],
  [unreadable('model'), undefined],
])('finds the model that an answer names: %p', (answer, model) => {
  expect(modelIn(answer)).toBe(model);
});
