import { LONG, M, chat, sse, type UsageShape } from './usage-shape';

export const BEDROCK_TO_XAI_SHAPES: readonly UsageShape[] = [
  // Bedrock.
  {
    vendor: 'bedrock',
    what: 'converse with a cache',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    plain: {
      usage: {
        inputTokens: 30,
        outputTokens: 628,
        totalTokens: 2658,
        cacheReadInputTokens: 1500,
        cacheWriteInputTokens: 500,
      },
      metrics: { latencyMs: 1275 },
    },
    tokens: [2030, 628, 1500, 500],
    usd: (30 * 3.3 + 1500 * 0.33 + 500 * 4.125 + 628 * 16.5) / M,
  },
  {
    vendor: 'bedrock',
    what: 'a converse stream',
    model: 'amazon.nova-micro-v1:0',
    framed: true,
    stream: `\u0000\u0001:event-type\u0007metadata{"metrics":{"latencyMs":551},"p":"abcd","usage":{"inputTokens":125,"outputTokens":60,"totalTokens":185}}\u0000\u0002`,
    tokens: [125, 60],
    usd: (125 * 0.035 + 60 * 0.14) / M,
  },
  {
    vendor: 'bedrock',
    what: 'a stream of a whole model',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    framed: true,
    stream: `\u0000{"bytes":"${Buffer.from(
      JSON.stringify({ type: 'message_delta', usage: { output_tokens: 12 } }),
    ).toString('base64')}","p":"ab"}\u0000{"bytes":"${Buffer.from(
      JSON.stringify({
        type: 'message_stop',
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: 20,
          outputTokenCount: 12,
          cacheReadInputTokenCount: 80,
          invocationLatency: 9,
        },
      }),
    ).toString('base64')}","p":"abc"}`,
    tokens: [100, 12, 80],
    usd: (20 * 3.3 + 80 * 0.33 + 12 * 16.5) / M,
  },
  {
    vendor: 'bedrock',
    what: 'a whole model of Anthropic',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    plain: { usage: { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 4 } },
    tokens: [100, 4, 90],
    usd: (10 * 3.3 + 90 * 0.33 + 4 * 16.5) / M,
  },
  // Compatible vendors.
  {
    vendor: 'cohere',
    what: 'its own chat',
    model: 'command-a-03-2025',
    plain: {
      usage: {
        billed_units: { input_tokens: 5, output_tokens: 418 },
        tokens: { input_tokens: 71, output_tokens: 418 },
      },
    },
    tokens: [71, 418],
    usd: (71 * 2.5 + 418 * 10) / M,
  },
  {
    vendor: 'cohere',
    what: 'its own stream',
    model: 'command-a-03-2025',
    stream:
      LONG +
      sse({
        type: 'message-end',
        delta: {
          finish_reason: 'COMPLETE',
          usage: {
            billed_units: { input_tokens: 3, output_tokens: 9 },
            tokens: { input_tokens: 69, output_tokens: 10 },
            cached_tokens: 64,
          },
        },
      }),
    tokens: [69, 10, 64],
    usd: (69 * 2.5 + 10 * 10) / M,
  },
  {
    vendor: 'cohere',
    what: 'its own embeddings',
    model: 'embed-v4.0',
    plain: { embeddings: {}, meta: { api_version: { version: '2' }, billed_units: { input_tokens: 12 } } },
    tokens: [12, 0],
    usd: (12 * 0.12) / M,
  },
  {
    vendor: 'cohere',
    what: 'a rerank, which is billed by searches',
    model: 'rerank-v3.5',
    plain: { results: [], meta: { billed_units: { search_units: 1 } } },
    tokens: undefined,
    usd: undefined,
  },
  {
    vendor: 'deepseek',
    what: 'chat with a cache, at the price of the day',
    model: 'deepseek-chat',
    plain: chat({
      prompt_tokens: 3000,
      completion_tokens: 500,
      total_tokens: 3500,
      prompt_cache_hit_tokens: 1000,
      prompt_cache_miss_tokens: 2000,
    }),
    tokens: [3000, 500, 1000],
    usd: (2000 * 0.27 + 1000 * 0.07 + 500 * 1.1) / M,
  },
  {
    vendor: 'deepseek',
    what: 'a stream that reasons',
    model: 'deepseek-reasoner',
    stream:
      LONG +
      sse({
        choices: [{ delta: {}, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: 20,
          completion_tokens: 70,
          total_tokens: 90,
          prompt_tokens_details: { cached_tokens: 12 },
          completion_tokens_details: { reasoning_tokens: 50 },
          prompt_cache_hit_tokens: 12,
          prompt_cache_miss_tokens: 8,
        },
      }),
    tokens: [20, 70, 12, 0, 50],
    usd: (8 * 0.55 + 12 * 0.14 + 70 * 2.19) / M,
  },
  {
    vendor: 'groq',
    what: 'chat',
    model: 'llama-3.3-70b-versatile',
    plain: chat({
      queue_time: 0.04,
      prompt_tokens: 18,
      prompt_time: 0.001,
      completion_tokens: 556,
      completion_time: 0.4,
      total_tokens: 574,
      total_time: 0.5,
    }),
    tokens: [18, 556],
    usd: (18 * 0.59 + 556 * 0.79) / M,
  },
  {
    vendor: 'groq',
    what: 'a stream, which states it in x_groq',
    model: 'openai/gpt-oss-120b',
    stream:
      LONG +
      sse({
        choices: [{ delta: {}, finish_reason: 'stop' }],
        x_groq: {
          id: 'req',
          usage: {
            queue_time: 0.1,
            prompt_tokens: 100,
            completion_tokens: 10,
            total_tokens: 110,
            prompt_tokens_details: { cached_tokens: 64 },
            completion_tokens_details: { reasoning_tokens: 8 },
          },
        },
      }),
    tokens: [100, 10, 64, 0, 8],
    usd: (36 * 0.15 + 64 * 0.075 + 10 * 0.6) / M,
  },
  {
    vendor: 'groq',
    what: 'a chunk of a stream, as an SDK gives it',
    model: 'openai/gpt-oss-120b',
    plain: { choices: [], x_groq: { usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } } },
    tokens: [100, 10],
    usd: (100 * 0.15 + 10 * 0.6) / M,
  },
  {
    vendor: 'mistral',
    what: 'chat',
    model: 'mistral-large-latest',
    plain: chat({ prompt_tokens: 16, total_tokens: 50, completion_tokens: 34 }),
    tokens: [16, 34],
    usd: (16 * 2 + 34 * 6) / M,
  },
  {
    vendor: 'mistral',
    what: 'a stream',
    model: 'codestral-latest',
    stream:
      LONG +
      sse({
        choices: [{ delta: { content: '' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 10, total_tokens: 30, completion_tokens: 20 },
      }),
    tokens: [10, 20],
    usd: (10 * 0.3 + 20 * 0.9) / M,
  },
  {
    vendor: 'mistral',
    what: 'embeddings',
    model: 'mistral-embed',
    plain: { data: [], usage: { prompt_tokens: 14, total_tokens: 14, completion_tokens: 0 } },
    tokens: [14, 0],
    usd: (14 * 0.1) / M,
  },
  {
    vendor: 'xai',
    what: 'chat, whose reasoning is counted beside what it says, and which states its cost',
    model: 'grok-4',
    plain: chat({
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      prompt_tokens_details: { text_tokens: 32, audio_tokens: 0, image_tokens: 0, cached_tokens: 6 },
      completion_tokens_details: { reasoning_tokens: 94, audio_tokens: 0 },
      num_sources_used: 0,
      cost_in_usd_ticks: 158_500,
    }),
    tokens: [32, 103, 6, 0, 94],
    usd: 158_500 / 1e10,
  },
  {
    vendor: 'xai',
    what: 'chat without its cost',
    model: 'grok-4',
    plain: chat({
      prompt_tokens: 200,
      completion_tokens: 1,
      total_tokens: 201,
      prompt_tokens_details: { cached_tokens: 163 },
    }),
    tokens: [200, 1, 163],
    usd: (37 * 3 + 163 * 0.75 + 1 * 15) / M,
  },
  {
    vendor: 'xai',
    what: 'responses',
    model: 'grok-4.3',
    plain: {
      usage: {
        input_tokens: 35_683,
        input_tokens_details: { cached_tokens: 832 },
        output_tokens: 1176,
        output_tokens_details: { reasoning_tokens: 731 },
        total_tokens: 36_859,
        cost_in_usd_ticks: 466_701_500,
      },
    },
    tokens: [35_683, 1176, 832, 0, 731],
    usd: 0.04667015,
  },
  {
    vendor: 'xai',
    what: 'an image, of which it states the cost alone',
    model: 'grok-imagine-image',
    plain: { data: [], usage: { cost_in_usd_ticks: 200_000_000 } },
    tokens: [0, 0],
    usd: 0.02,
  },
  {
    vendor: 'openrouter',
    what: 'chat, which states its cost',
    model: 'openai/gpt-4o',
    plain: chat({
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.95,
      cost_details: { upstream_inference_cost: 19 },
      prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 100, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    }),
    tokens: [194, 2, 10, 100],
    usd: 0.95,
  },
  {
    vendor: 'openrouter',
    what: 'a stream, which states its cost',
    model: 'openrouter/auto',
    stream: `: OPENROUTER PROCESSING\n\n${LONG}${sse({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, cost: 0.00014 } })}data: [DONE]\n\n`,
    tokens: [10, 4],
    usd: 0.00014,
  },
  {
    vendor: 'openrouter',
    what: 'a free model',
    model: 'some/model:free',
    plain: chat({ prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, cost: 0 }),
    tokens: [10, 4],
    usd: 0,
  },
];
