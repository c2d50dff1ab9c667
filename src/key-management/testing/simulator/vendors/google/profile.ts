import { html, type Answer, type Call, type Endpoint, type JsonObject, type Surface } from '../../core/call';
import type { VendorProfile } from '../../core/profile';
import { googleStream, googleStreamError, googleSuccess } from './answers';
import { googleError, googleErrors, tokenTypeUnsupported, unregisteredCaller } from './errors';
import { googleLimits } from './limits';
import { googleObjects, routeGoogleObjects } from './objects';

const VERSIONS = /^\/v1(?:beta|alpha)?\/models(?:\/([^/:]+)(?::(\w+))?)?$/;

const ACTIONS: Readonly<Record<string, { surface: Surface; operation: Endpoint['operation']; stream?: boolean }>> = {
  generateContent: { surface: 'generate_content', operation: 'generate' },
  streamGenerateContent: { surface: 'generate_content', operation: 'generate', stream: true },
  countTokens: { surface: 'count_tokens', operation: 'count_tokens' },
  embedContent: { surface: 'embed_content', operation: 'embed' },
};

function route(method: string, path: string): Endpoint | undefined {
  const objects = routeGoogleObjects(path);
  if (objects) return objects;
  const match = VERSIONS.exec(path);
  if (match === null) return undefined;
  const [, model, action] = match;
  if (method === 'POST' && model !== undefined && action !== undefined) {
    const known = ACTIONS[action];
    return known && { ...known, model: decodeURIComponent(model) };
  }
  if (method !== 'GET' || action !== undefined) return undefined;
  if (model === undefined) return { surface: 'models', operation: 'models' };
  return { surface: 'model', operation: 'models', model: decodeURIComponent(model) };
}

function notFoundPage(path: string): Answer {
  return html(
    404,
    `<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> <ins>That’s an error.</ins>\n<p>The requested URL <code>${path.replace(/[<>&"]/g, '')}</code> was not found on this server.`,
  );
}

function gate(call: Call): Answer | undefined {
  const used = call.credentials[0];
  if (used?.header === '?key' && used.key.startsWith('AQ.')) {
    return googleError(404, 'NOT_FOUND', 'Requested entity was not found.');
  }
  // An API key sent as a bearer token is taken for an OAuth token.
  const onlyBearer = call.credentials.length === 1 && used?.header === 'authorization';
  return onlyBearer ? tokenTypeUnsupported(call) : undefined;
}

function validate(call: Call): Answer | undefined {
  if (call.endpoint.surface !== 'generate_content' || call.body?.contents !== undefined) return undefined;
  return googleError(400, 'INVALID_ARGUMENT', '* GenerateContentRequest.contents: contents is not specified\n');
}

function outputCap(call: Call): number | undefined {
  const config = call.body?.generationConfig as JsonObject | undefined;
  return typeof config?.maxOutputTokens === 'number' ? config.maxOutputTokens : undefined;
}

export const googleProfile: VendorProfile = {
  name: 'google',
  keyHeaders: ['x-goog-api-key', '?key', 'authorization'],
  models: ['gemini-3.1-flash-lite', 'gemini-3.5-flash-lite', 'gemini-2.5-flash', 'gemini-2.5-flash-lite'],
  maxBodyBytes: 20 * 1024 * 1024,
  errors: googleErrors,
  statuses: {
    400: ['invalid'],
    401: ['invalid', 'token_type_unsupported'],
    402: ['exhausted', 'prepayment_402'],
    403: ['permissionDenied'],
    404: ['modelUnavailable'],
    500: ['serverError'],
    503: ['overloaded'],
    504: ['timeout'],
  },
  limits: googleLimits,
  requestId: (n) => n.toString(36).padStart(12, '0'),
  everyHeader: () => ({ server: 'scaffolding on HTTPServer2' }),
  successHeaders: () => ({ vary: 'Origin' }),
  route,
  unknownPath: (_method, path) => notFoundPage(path),
  tooLarge: () => googleError(413, 'INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.'),
  unparseable: () => googleError(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Parsing terminated.'),
  missingKey: unregisteredCaller,
  gate,
  validate,
  outputCap,
  objects: googleObjects,
  success: googleSuccess,
  stream: googleStream,
  streamHeaders: () => ({ 'content-type': 'text/event-stream' }),
  streamError: (kind) => googleStreamError(kind),
};
