import type { StreamErrorKind } from '../../behaviour';
import { json, type Answer, type Call, type Said, type StreamScript } from '../../core/call';

const CONTENT_TYPE = { 'content-type': 'application/json; charset=UTF-8' };

const finishReason = (said: Said): string => (said.finish === 'stop' ? 'STOP' : 'MAX_TOKENS');

function piece(call: Call, said: Said, text: string, last: boolean): object {
  return {
    candidates: [
      {
        content: { parts: [{ text }], role: 'model' },
        ...(last ? { finishReason: finishReason(said) } : {}),
        index: 0,
      },
    ],
    usageMetadata: {
      promptTokenCount: said.inputTokens,
      candidatesTokenCount: said.outputTokens,
      totalTokenCount: said.inputTokens + said.outputTokens,
    },
    modelVersion: call.model,
    responseId: `sim${call.requestId}`,
  };
}

const modelObject = (id: string): object => ({
  name: `models/${id}`,
  version: '001',
  displayName: id,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
});

function listModels(call: Call): Answer {
  const query = new URLSearchParams(call.query);
  const start = Number(query.get('pageToken') ?? 0);
  const end = start + Number(query.get('pageSize') ?? 50);
  const models = call.models.slice(start, end).map(modelObject);
  return json(200, end < call.models.length ? { models, nextPageToken: String(end) } : { models }, CONTENT_TYPE);
}

const pieces = (call: Call, said: Said): object[] =>
  said.words.map((word, i) => piece(call, said, word, i === said.words.length - 1));

export function googleSuccess(call: Call, said: Said): Answer {
  switch (call.endpoint.surface) {
    case 'models':
      return listModels(call);
    case 'model':
      return json(200, modelObject(call.model), CONTENT_TYPE);
    case 'count_tokens':
      return json(200, { totalTokens: said.inputTokens }, CONTENT_TYPE);
    case 'embed_content':
      return json(200, { embedding: { values: [0.0125, -0.25, 0.5, 0.0625] } }, CONTENT_TYPE);
    default:
      // Without alt=sse a stream is one JSON array.
      return json(200, call.endpoint.stream ? pieces(call, said) : piece(call, said, said.text, true), CONTENT_TYPE);
  }
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\r\n\r\n`;

export function googleStream(call: Call, said: Said): StreamScript {
  return { head: [], deltas: pieces(call, said).map(data), tail: [] };
}

const ERRORS: Readonly<Record<StreamErrorKind, { code: number; message: string; status: string }>> = {
  rate_limit: { code: 429, message: 'Resource has been exhausted (e.g. check quota).', status: 'RESOURCE_EXHAUSTED' },
  quota: {
    code: 429,
    message:
      'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.',
    status: 'RESOURCE_EXHAUSTED',
  },
  overloaded: {
    code: 503,
    message:
      'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
    status: 'UNAVAILABLE',
  },
  server: {
    code: 500,
    message:
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    status: 'INTERNAL',
  },
};

export const googleStreamError = (kind: StreamErrorKind): string => data({ error: ERRORS[kind] });
