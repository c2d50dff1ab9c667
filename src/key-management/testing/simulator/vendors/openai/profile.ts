import type { Answer, Call, Endpoint, Surface } from '../../core/call';
import type { VendorProfile } from '../../core/profile';
import { openAiSuccess } from './answers';
import { envelope, MISSING_KEY, openAiErrors } from './errors';
import { openAiObjects, routeOpenAiObjects } from './objects';
import { openAiLimits } from './limits';
import { openAiStream, openAiStreamError } from './stream';

const POSTS: Readonly<Record<string, Endpoint>> = {
  '/v1/chat/completions': { surface: 'chat', operation: 'generate' },
  '/v1/responses': { surface: 'responses', operation: 'generate' },
  '/v1/embeddings': { surface: 'embeddings', operation: 'embed' },
};
const LIST: Endpoint = { surface: 'models', operation: 'models' };
/** Where vendors of OpenAI's format tell what is left of a key: a test scripts the answer (`{ kind: 'answer', operations: ['balance'], … }`). */
const BALANCES: ReadonlySet<string> = new Set([
  '/v1/key',
  '/user/balance',
  '/v1/users/me/balance',
  '/v1/user/subscription',
]);
const BALANCE: Endpoint = { surface: 'models', operation: 'balance' };
const PAYLOAD: Partial<Record<Surface, string>> = { chat: 'messages', responses: 'input', embeddings: 'input' };
const REASONING_MODEL = /^(o\d|gpt-[5-9])/;

export function routeOpenAi(method: string, path: string): Endpoint | undefined {
  if (method === 'POST') return POSTS[path] ?? routeOpenAiObjects(path);
  if (method !== 'GET') return method === 'DELETE' ? routeOpenAiObjects(path) : undefined;
  if (path === '/v1/models') return LIST;
  if (BALANCES.has(path)) return BALANCE;
  if (path.startsWith('/v1/models/')) {
    return { surface: 'model', operation: 'models', model: decodeURIComponent(path.slice('/v1/models/'.length)) };
  }
  return routeOpenAiObjects(path);
}

const invalid = (message: string, param: string | null, code: string | null): Answer =>
  envelope(400, message, 'invalid_request_error', code, param);

function validateCap(call: Call): Answer | undefined {
  const body = call.body ?? {};
  const reasoning = REASONING_MODEL.test(call.model);
  if (call.endpoint.surface === 'responses') {
    const cap = body.max_output_tokens;
    if (typeof cap !== 'number' || cap >= 16) return undefined;
    const message = `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${cap} instead.`;
    return invalid(message, 'max_output_tokens', 'integer_below_min_value');
  }
  if (!reasoning) return undefined;
  if (body.max_tokens !== undefined && body.max_tokens !== null) {
    return openAiErrors.badRequest.unsupported_parameter?.(call);
  }
  // A reasoning model spends a tiny cap on thinking and has nothing to show.
  if (typeof body.max_completion_tokens === 'number' && body.max_completion_tokens < 16) {
    const message =
      'Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.';
    return invalid(message, null, null);
  }
  return undefined;
}

function validateOpenAi(call: Call): Answer | undefined {
  if (call.endpoint.operation === 'models' || call.endpoint.operation === 'balance') return undefined;
  if (call.model === '') return invalid('you must provide a model parameter', null, null);
  const payload = PAYLOAD[call.endpoint.surface];
  if (payload !== undefined && call.body?.[payload] === undefined) {
    return invalid(`Missing required parameter: '${payload}'.`, payload, 'missing_required_parameter');
  }
  return validateCap(call);
}

function openAiOutputCap(call: Call): number | undefined {
  const { max_output_tokens, max_completion_tokens, max_tokens } = call.body ?? {};
  const cap = max_output_tokens ?? max_completion_tokens ?? max_tokens;
  return typeof cap === 'number' ? cap : undefined;
}

export const openAiProfile: VendorProfile = {
  name: 'openai',
  keyHeaders: ['authorization'],
  models: ['gpt-4.1-nano', 'gpt-4o', 'gpt-4o-mini', 'gpt-5-nano', 'text-embedding-3-small'],
  maxBodyBytes: 8 * 1024 * 1024,
  errors: openAiErrors,
  statuses: {
    400: ['badRequest'],
    401: ['invalid'],
    403: ['regionBlocked'],
    404: ['modelUnavailable'],
    500: ['serverError'],
    502: ['serverError', 'bad_gateway'],
    503: ['overloaded'],
    504: ['timeout'],
  },
  limits: openAiLimits,
  requestId: (n) => `req_${n.toString(16).padStart(32, '0')}`,
  everyHeader: (requestId) => ({ 'x-request-id': requestId, server: 'cloudflare' }),
  successHeaders: () => ({ 'openai-processing-ms': '12', 'openai-version': '2020-10-01' }),
  route: routeOpenAi,
  unknownPath: (method, path) => envelope(404, `Invalid URL (${method} ${path})`, 'invalid_request_error', null),
  tooLarge: () => envelope(413, 'Request body too large.', 'invalid_request_error', null),
  unparseable: () =>
    invalid(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
      null,
      null,
    ),
  missingKey: () => envelope(401, MISSING_KEY, 'invalid_request_error', null),
  validate: validateOpenAi,
  outputCap: openAiOutputCap,
  objects: openAiObjects,
  success: openAiSuccess,
  stream: openAiStream,
  streamHeaders: () => ({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }),
  streamError: openAiStreamError,
};
