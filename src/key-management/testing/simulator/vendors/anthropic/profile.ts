import type { Answer, Call, Endpoint } from '../../core/call';
import type { VendorProfile } from '../../core/profile';
import { anthropicStream, anthropicStreamError, anthropicSuccess } from './answers';
import { anthropicError, anthropicErrors, edgeError, missingHeader } from './errors';
import { anthropicLimits } from './limits';
import { anthropicObjects, routeAnthropicObjects } from './objects';

const MESSAGES: Endpoint = { surface: 'messages', operation: 'generate' };
const COUNT: Endpoint = { surface: 'count_tokens', operation: 'count_tokens' };
const LIST: Endpoint = { surface: 'models', operation: 'models' };

function route(method: string, path: string): Endpoint | undefined {
  if (method === 'POST') {
    if (path === '/v1/messages') return MESSAGES;
    return path === '/v1/messages/count_tokens' ? COUNT : routeAnthropicObjects(path);
  }
  if (method !== 'GET') return method === 'DELETE' ? routeAnthropicObjects(path) : undefined;
  if (path === '/v1/models') return LIST;
  if (!path.startsWith('/v1/models/')) return routeAnthropicObjects(path);
  return { surface: 'model', operation: 'models', model: decodeURIComponent(path.slice('/v1/models/'.length)) };
}

const invalid = (requestId: string, message: string): Answer =>
  anthropicError(requestId, 400, 'invalid_request_error', message);

function validate(call: Call): Answer | undefined {
  if (call.endpoint.operation === 'models') return undefined;
  const required = call.endpoint.surface === 'messages' ? ['model', 'max_tokens', 'messages'] : ['model', 'messages'];
  for (const field of required) {
    if (call.body?.[field] === undefined) return invalid(call.requestId, `${field}: Field required`);
  }
  return undefined;
}

export const anthropicProfile: VendorProfile = {
  name: 'anthropic',
  // The vendor documents x-api-key; its SDK 1.12 sends the key as a bearer token.
  keyHeaders: ['x-api-key', 'authorization'],
  models: ['claude-haiku-4-5-20251001', 'claude-sonnet-4-5-20250929', 'claude-opus-4-5-20251101'],
  maxBodyBytes: 32 * 1024 * 1024,
  errors: anthropicErrors,
  statuses: {
    400: ['badRequest'],
    401: ['invalid'],
    402: ['exhausted', 'billing_error'],
    403: ['regionBlocked'],
    404: ['modelUnavailable'],
    413: ['badRequest', 'request_too_large'],
    500: ['serverError'],
    504: ['timeout'],
    529: ['overloaded'],
  },
  limits: anthropicLimits,
  requestId: (n) => `req_011C${n.toString(16).padStart(20, '0')}`,
  everyHeader: () => ({ server: 'cloudflare' }),
  successHeaders: (requestId) => ({ 'request-id': requestId }),
  route,
  unknownPath: (_method, _path, requestId) => anthropicError(requestId, 404, 'not_found_error', 'Not Found'),
  tooLarge: () => edgeError(413, 'request_too_large', 'Request exceeds the maximum size'),
  unparseable: (requestId) => invalid(requestId, 'The request body is not valid JSON'),
  missingKey: (call) => missingHeader(call.requestId),
  gate: (call) =>
    call.headers['anthropic-version'] === undefined
      ? invalid(call.requestId, 'anthropic-version: header is required')
      : undefined,
  validate,
  outputCap: (call) => (typeof call.body?.max_tokens === 'number' ? call.body.max_tokens : undefined),
  objects: anthropicObjects,
  success: anthropicSuccess,
  stream: anthropicStream,
  streamHeaders: () => ({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }),
  streamError: (kind, call) => anthropicStreamError(kind, call),
};
