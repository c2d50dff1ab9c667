import { LONG, M, chat, sse, type UsageShape } from './usage-shape';

export const ANTHROPIC_AND_GOOGLE_SHAPES: readonly UsageShape[] = [
  // Azure.
  {
    vendor: 'azure',
    what: 'chat with its content filter',
    model: 'gpt-5-mini',
    plain: {
      ...chat({
        prompt_tokens: 100,
        completion_tokens: 20,
        total_tokens: 120,
        prompt_tokens_details: { cached_tokens: 0 },
      }),
      prompt_filter_results: [],
    },
    tokens: [100, 20],
    usd: (100 * 0.25 + 20 * 2) / M,
  },
  {
    vendor: 'azure',
    what: 'a deployment whose model the answer names',
    model: 'my-deployment',
    plain: chat({ prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }, 'gpt-4o'),
    tokens: [100, 20],
    usd: (100 * 2.5 + 20 * 10) / M,
  },
  // Anthropic. claude-haiku-4-5: 1, cache reads 0.1, writes 1.25 (an hour: 2), output 5.
  {
    vendor: 'anthropic',
    what: 'messages',
    model: 'claude-haiku-4-5',
    plain: {
      type: 'message',
      usage: { input_tokens: 10, output_tokens: 25, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    },
    tokens: [10, 25],
    usd: (10 * 1 + 25 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'messages that read from a cache and write to it',
    model: 'claude-haiku-4-5',
    plain: {
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 500,
        cache_read_input_tokens: 10_000,
        cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 0 },
        output_tokens: 40,
        service_tier: 'standard',
      },
    },
    tokens: [10_503, 40, 10_000, 500],
    usd: (3 * 1 + 500 * 1.25 + 10_000 * 0.1 + 40 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'messages that write to the cache of an hour',
    model: 'claude-haiku-4-5',
    plain: {
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 700,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 500 },
        output_tokens: 1,
      },
    },
    tokens: [703, 1, 0, 700],
    usd: (3 * 1 + 200 * 1.25 + 500 * 2 + 1 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'a stream, whose input stands at its beginning and whose output at its end',
    model: 'claude-haiku-4-5',
    stream:
      sse({
        type: 'message_start',
        message: {
          model: 'claude-haiku-4-5',
          usage: { input_tokens: 25, cache_read_input_tokens: 900, cache_creation_input_tokens: 0, output_tokens: 1 },
        },
      }) +
      LONG +
      sse(
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 150 } },
        { type: 'message_stop' },
      ),
    tokens: [925, 150, 900],
    usd: (25 * 1 + 900 * 0.1 + 150 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'a stream whose end states all counts again',
    model: 'claude-haiku-4-5',
    stream:
      sse({
        type: 'message_start',
        message: { usage: { input_tokens: 2679, cache_read_input_tokens: 0, output_tokens: 3 } },
      }) +
      LONG +
      sse({
        type: 'message_delta',
        delta: {},
        usage: {
          input_tokens: 10_682,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
          output_tokens: 510,
          server_tool_use: { web_search_requests: 1 },
        },
      }),
    tokens: [10_682, 510],
    usd: (10_682 * 1 + 510 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'a stream that was cut off after its beginning',
    model: 'claude-haiku-4-5',
    stream: sse({ type: 'message_start', message: { usage: { input_tokens: 25, output_tokens: 1 } } }) + LONG,
    tokens: [25, 1],
    usd: (25 * 1 + 1 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'thinking, as far as it is stated',
    model: 'claude-haiku-4-5',
    plain: { usage: { input_tokens: 10, output_tokens: 400, output_tokens_details: { thinking_tokens: 350 } } },
    tokens: [10, 400, 0, 0, 350],
    usd: (10 * 1 + 400 * 5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'a request that is long enough for the higher price',
    model: 'claude-sonnet-4-5',
    plain: { usage: { input_tokens: 1_000, cache_read_input_tokens: 250_000, output_tokens: 100 } },
    tokens: [251_000, 100, 250_000],
    usd: (1_000 * 6 + 250_000 * 0.6 + 100 * 22.5) / M,
  },
  {
    vendor: 'anthropic',
    what: 'a count of tokens, which costs nothing',
    model: 'claude-haiku-4-5',
    plain: { input_tokens: 14 },
    tokens: undefined,
    usd: undefined,
  },
  // Google. gemini-2.5-flash: 0.3 (sound: 1), cached 0.03, output 2.5.
  {
    vendor: 'google',
    what: 'generateContent',
    model: 'gemini-2.5-flash',
    plain: { candidates: [], usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 20, totalTokenCount: 28 } },
    tokens: [8, 20],
    usd: (8 * 0.3 + 20 * 2.5) / M,
  },
  {
    vendor: 'google',
    what: 'thoughts, tools and a cache',
    model: 'gemini-2.5-flash',
    plain: {
      usageMetadata: {
        promptTokenCount: 3000,
        cachedContentTokenCount: 2048,
        toolUsePromptTokenCount: 100,
        candidatesTokenCount: 40,
        thoughtsTokenCount: 500,
        totalTokenCount: 3640,
      },
    },
    tokens: [3100, 540, 2048, 0, 500],
    usd: (1052 * 0.3 + 2048 * 0.03 + 540 * 2.5) / M,
  },
  {
    vendor: 'google',
    what: 'thoughts that the candidates count already',
    model: 'gemini-2.5-flash',
    plain: {
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 60, thoughtsTokenCount: 50, totalTokenCount: 70 },
    },
    tokens: [10, 60, 0, 0, 50],
    usd: (10 * 0.3 + 60 * 2.5) / M,
  },
  {
    vendor: 'google',
    what: 'a stream, whose every chunk counts all so far',
    model: 'gemini-2.5-flash',
    stream:
      sse({
        candidates: [],
        usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
        modelVersion: 'gemini-2.5-flash',
      }) +
      LONG +
      sse({
        candidates: [],
        usageMetadata: {
          promptTokenCount: 4,
          candidatesTokenCount: 55,
          thoughtsTokenCount: 30,
          totalTokenCount: 89,
          promptTokensDetails: [{ modality: 'TEXT', tokenCount: 4 }],
        },
        modelVersion: 'gemini-2.5-flash',
      }),
    tokens: [4, 85, 0, 0, 30],
    usd: (4 * 0.3 + 85 * 2.5) / M,
  },
  {
    vendor: 'google',
    what: 'sound, which costs more',
    model: 'models/gemini-2.5-flash',
    plain: {
      usageMetadata: {
        promptTokenCount: 110,
        candidatesTokenCount: 5,
        totalTokenCount: 115,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 10 },
          { modality: 'AUDIO', tokenCount: 100 },
        ],
      },
    },
    tokens: [110, 5],
    usd: (10 * 0.3 + 100 * 1 + 5 * 2.5) / M,
  },
  {
    vendor: 'google',
    what: 'a picture, which costs more',
    model: 'gemini-2.5-flash-image',
    plain: {
      usageMetadata: {
        promptTokenCount: 9,
        candidatesTokenCount: 1290,
        totalTokenCount: 1299,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
      },
    },
    tokens: [9, 1290],
    usd: (9 * 0.3 + 1290 * 30) / M,
  },
  {
    vendor: 'google',
    what: 'a request that is long enough for the higher price',
    model: 'gemini-2.5-pro',
    plain: { usageMetadata: { promptTokenCount: 200_001, candidatesTokenCount: 10, totalTokenCount: 200_011 } },
    tokens: [200_001, 10],
    usd: (200_001 * 2.5 + 10 * 15) / M,
  },
  {
    vendor: 'google',
    what: 'a prompt that was blocked',
    model: 'gemini-2.5-flash',
    plain: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 12, totalTokenCount: 12 } },
    tokens: [12, 0],
    usd: (12 * 0.3) / M,
  },
  {
    vendor: 'google',
    what: 'embedContent',
    model: 'gemini-embedding-001',
    plain: { embedding: { values: [0.1] } },
    tokens: undefined,
    usd: undefined,
  },
  {
    vendor: 'google',
    what: 'OpenAI’s chat at Google',
    model: 'gemini-2.5-flash',
    plain: chat({ prompt_tokens: 8, completion_tokens: 20, total_tokens: 28 }),
    tokens: [8, 20],
    usd: (8 * 0.3 + 20 * 2.5) / M,
  },
  {
    vendor: 'vertex',
    what: 'generateContent',
    model: 'gemini-2.5-flash',
    plain: {
      usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 20, totalTokenCount: 28, trafficType: 'ON_DEMAND' },
    },
    tokens: [8, 20],
    usd: (8 * 0.3 + 20 * 2.5) / M,
  },
];
