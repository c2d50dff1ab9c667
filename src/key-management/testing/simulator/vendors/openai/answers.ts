import { json, type Answer, type Call, type Said } from '../../core/call';

export function chatUsage(said: Said): object {
  return {
    prompt_tokens: said.inputTokens,
    completion_tokens: said.outputTokens,
    total_tokens: said.inputTokens + said.outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function responsesUsage(said: Said): object {
  return {
    input_tokens: said.inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: said.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: said.inputTokens + said.outputTokens,
  };
}

export const unixTime = (call: Call): number => Math.floor(call.now / 1000);
export const idOf = (prefix: string, call: Call): string => `${prefix}${call.requestId.slice(4)}`;

function chatCompletion(call: Call, said: Said): object {
  return {
    id: idOf('chatcmpl-', call),
    object: 'chat.completion',
    created: unixTime(call),
    model: call.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: said.text, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: said.finish,
      },
    ],
    usage: chatUsage(said),
    service_tier: 'default',
    system_fingerprint: 'fp_simulated',
  };
}

export function outputMessage(call: Call, said: Said | undefined): object {
  return {
    id: idOf('msg_', call),
    type: 'message',
    status: said === undefined ? 'in_progress' : said.finish === 'stop' ? 'completed' : 'incomplete',
    content: said === undefined ? [] : [{ type: 'output_text', annotations: [], logprobs: [], text: said.text }],
    role: 'assistant',
  };
}

/** The Responses object, finished when `said` is given. */
export function responseObject(call: Call, said: Said | undefined, error: object | null = null): object {
  const background = call.body?.background === true;
  const status = error
    ? 'failed'
    : background
      ? 'queued'
      : said === undefined
        ? 'in_progress'
        : said.finish === 'stop'
          ? 'completed'
          : 'incomplete';
  return {
    id: idOf('resp_', call),
    object: 'response',
    created_at: unixTime(call),
    status,
    background,
    error,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: call.body?.max_output_tokens ?? null,
    model: call.model,
    output: said === undefined || background ? [] : [outputMessage(call, said)],
    parallel_tool_calls: true,
    previous_response_id: call.body?.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: said === undefined ? null : responsesUsage(said),
    user: null,
    metadata: {},
  };
}

const VECTOR = [0.0125, -0.25, 0.5, 0.0625];

function embeddings(call: Call, said: Said): object {
  const input = call.body?.input;
  const count = Array.isArray(input) ? input.length : 1;
  const embedding =
    call.body?.encoding_format === 'base64' ? Buffer.from(new Float32Array(VECTOR).buffer).toString('base64') : VECTOR;
  return {
    object: 'list',
    data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding })),
    model: call.model,
    usage: { prompt_tokens: said.inputTokens, total_tokens: said.inputTokens },
  };
}

const modelObject = (id: string): object => ({ id, object: 'model', created: 1_750_000_000, owned_by: 'system' });

export function openAiSuccess(call: Call, said: Said): Answer {
  switch (call.endpoint.surface) {
    case 'models':
      return json(200, { object: 'list', data: call.models.map(modelObject) });
    case 'model':
      return json(200, modelObject(call.model));
    case 'embeddings':
      return json(200, embeddings(call, said));
    case 'responses':
      return json(200, responseObject(call, said));
    default:
      return json(200, chatCompletion(call, said));
  }
}
