import type { StreamErrorKind } from '../../behaviour';
import type { Call, JsonObject, Said, StreamScript } from '../../core/call';
import { chatUsage, idOf, outputMessage, responseObject, unixTime } from './answers';

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (type: string, fields: object): string => `event: ${type}\n${data({ type, ...fields })}`;

function chatStream(call: Call, said: Said): StreamScript {
  const options = call.body?.stream_options as JsonObject | undefined;
  const withUsage = options?.include_usage === true;
  const common = {
    id: idOf('chatcmpl-', call),
    object: 'chat.completion.chunk',
    created: unixTime(call),
    model: call.model,
    service_tier: 'default',
    system_fingerprint: 'fp_simulated',
  };
  const chunk = (delta: object, finish: string | null): string =>
    data({
      ...common,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage ? { usage: null } : {}),
    });
  const tail = [chunk({}, said.finish)];
  if (withUsage) tail.push(data({ ...common, choices: [], usage: chatUsage(said) }));
  tail.push('data: [DONE]\n\n');
  return {
    head: [chunk({ role: 'assistant', content: '', refusal: null }, null)],
    deltas: said.words.map((word) => chunk({ content: word }, null)),
    tail,
  };
}

function responsesStream(call: Call, said: Said): StreamScript {
  let sequence = 0;
  const next = (type: string, fields: object): string => event(type, { sequence_number: sequence++, ...fields });
  const place = { item_id: idOf('msg_', call), output_index: 0, content_index: 0 };
  const part = (text: string): object => ({ type: 'output_text', annotations: [], logprobs: [], text });
  const head = [
    next('response.created', { response: responseObject(call, undefined) }),
    next('response.in_progress', { response: responseObject(call, undefined) }),
    next('response.output_item.added', { output_index: 0, item: outputMessage(call, undefined) }),
    next('response.content_part.added', { ...place, part: part('') }),
  ];
  const deltas = said.words.map((delta) => next('response.output_text.delta', { ...place, delta, logprobs: [] }));
  const last = said.finish === 'stop' ? 'response.completed' : 'response.incomplete';
  const tail = [
    next('response.output_text.done', { ...place, text: said.text, logprobs: [] }),
    next('response.content_part.done', { ...place, part: part(said.text) }),
    next('response.output_item.done', { output_index: 0, item: outputMessage(call, said) }),
    next(last, { response: responseObject(call, said) }),
  ];
  return { head, deltas, tail };
}

export function openAiStream(call: Call, said: Said): StreamScript {
  return call.endpoint.surface === 'responses' ? responsesStream(call, said) : chatStream(call, said);
}

const QUOTA =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.';

const ERRORS: Readonly<Record<StreamErrorKind, { message: string; type: string; param: null; code: string | null }>> = {
  rate_limit: {
    message:
      'Rate limit reached on tokens per min (TPM): Limit 30000, Used 29937, Requested 385. Please try again in 644ms.',
    type: 'tokens',
    param: null,
    code: 'rate_limit_exceeded',
  },
  quota: { message: QUOTA, type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
  overloaded: {
    message: 'Our servers are currently overloaded. Please try again later.',
    type: 'service_unavailable_error',
    param: null,
    code: 'server_is_overloaded',
  },
  server: {
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
    param: null,
    code: null,
  },
};

export function openAiStreamError(kind: StreamErrorKind, call: Call, form: 'flat' | undefined): string {
  const error = ERRORS[kind];
  if (call.endpoint.surface !== 'responses') return data({ error });
  const { type, code, message, param } = error;
  const failure = { code: code ?? type, message };
  if (form === 'flat') return event('error', { code: failure.code, message, param, sequence_number: 2 });
  const failed = { sequence_number: 3, response: responseObject(call, undefined, failure) };
  return (
    event('error', { sequence_number: 2, error: { type, code, message, param } }) + event('response.failed', failed)
  );
}
