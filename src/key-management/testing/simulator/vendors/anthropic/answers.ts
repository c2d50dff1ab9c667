import type { StreamErrorKind } from '../../behaviour';
import { json, type Answer, type Call, type Said, type StreamScript } from '../../core/call';

const idOf = (call: Call): string => `msg_${call.requestId.slice(4)}`;

const stopReason = (said: Said): string => (said.finish === 'stop' ? 'end_turn' : 'max_tokens');

function usage(said: Said, outputTokens: number): object {
  return {
    input_tokens: said.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
    service_tier: 'standard',
  };
}

const modelObject = (id: string): object => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '2025-10-15T00:00:00Z',
});

export function anthropicSuccess(call: Call, said: Said): Answer {
  switch (call.endpoint.surface) {
    case 'models':
      return json(200, {
        data: call.models.map(modelObject),
        has_more: false,
        first_id: call.models[0] ?? null,
        last_id: call.models.at(-1) ?? null,
      });
    case 'model':
      return json(200, modelObject(call.model));
    case 'count_tokens':
      return json(200, { input_tokens: said.inputTokens });
    default:
      return json(200, {
        id: idOf(call),
        type: 'message',
        role: 'assistant',
        model: call.model,
        content: [{ type: 'text', text: said.text }],
        stop_reason: stopReason(said),
        stop_sequence: null,
        usage: usage(said, said.outputTokens),
      });
  }
}

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

export function anthropicStream(call: Call, said: Said): StreamScript {
  const message = {
    id: idOf(call),
    type: 'message',
    role: 'assistant',
    model: call.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usage(said, 1),
  };
  return {
    head: [
      event('message_start', { message }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('ping'),
    ],
    deltas: said.words.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    tail: [
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: { stop_reason: stopReason(said), stop_sequence: null },
        usage: { output_tokens: said.outputTokens },
      }),
      event('message_stop'),
    ],
  };
}

const ERRORS: Readonly<Record<StreamErrorKind, { type: string; message: string }>> = {
  rate_limit: {
    type: 'rate_limit_error',
    message: "This request would exceed your account's rate limit. Please try again later.",
  },
  quota: {
    type: 'invalid_request_error',
    message:
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  },
  overloaded: { type: 'overloaded_error', message: 'Overloaded' },
  server: { type: 'api_error', message: 'Internal server error' },
};

export function anthropicStreamError(kind: StreamErrorKind, call: Call): string {
  return event('error', { error: { details: null, ...ERRORS[kind] }, request_id: call.requestId });
}
