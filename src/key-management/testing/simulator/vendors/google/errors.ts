import { json, type Answer, type Call } from '../../core/call';
import type { ErrorCatalogue, MakeAnswer } from '../../core/profile';
import { dailyQuota, limitZero } from './quota';

const SERVICE = 'generativelanguage.googleapis.com';
const RPC = 'type.googleapis.com/google.rpc';
const METHOD_PREFIX = 'google.ai.generativelanguage.v1beta';

export function googleError(code: number, status: string, message: string, details?: readonly object[]): Answer {
  const error = details ? { code, message, status, details } : { code, message, status };
  return json(code, { error }, { 'content-type': 'application/json; charset=UTF-8' });
}

const says = (code: number, status: string, message: string): MakeAnswer => {
  return () => googleError(code, status, message);
};

const errorInfo = (reason: string, metadata: object = { service: SERVICE }): object => ({
  '@type': `${RPC}.ErrorInfo`,
  reason,
  domain: 'googleapis.com',
  metadata,
});

const localized = (message: string): object => ({ '@type': `${RPC}.LocalizedMessage`, locale: 'en-US', message });

function rpcMethod(call: Call): string {
  if (call.endpoint.operation === 'models') return `${METHOD_PREFIX}.ModelService.ListModels`;
  return `${METHOD_PREFIX}.GenerativeService.${call.stream ? 'StreamGenerateContent' : 'GenerateContent'}`;
}

function suspended(call: Call): Answer {
  const consumer = `api_key:${call.key}`;
  const message = `Permission denied: Consumer '${consumer}' has been suspended.`;
  const metadata = { service: SERVICE, consumer: 'projects/000000000000', containerInfo: consumer };
  return googleError(403, 'PERMISSION_DENIED', message, [
    errorInfo('CONSUMER_SUSPENDED', metadata),
    localized(message),
  ]);
}

function serviceBlocked(call: Call): Answer {
  const methodName = rpcMethod(call);
  const message = `Requests to this API ${SERVICE} method ${methodName} are blocked.`;
  const metadata = { service: SERVICE, consumer: 'projects/000000000000', methodName };
  return googleError(403, 'PERMISSION_DENIED', message, [
    errorInfo('API_KEY_SERVICE_BLOCKED', metadata),
    localized(message),
  ]);
}

const withReason = (code: number, status: string, reason: string, message: string): MakeAnswer => {
  return () => googleError(code, status, message, [errorInfo(reason)]);
};

function apiKeyInvalid(message: string): MakeAnswer {
  return () => googleError(400, 'INVALID_ARGUMENT', message, [errorInfo('API_KEY_INVALID'), localized(message)]);
}

export const tokenTypeUnsupported: MakeAnswer = (call) =>
  googleError(
    401,
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED', { service: SERVICE, method: rpcMethod(call) })],
  );

export const unregisteredCaller: MakeAnswer = says(
  403,
  'PERMISSION_DENIED',
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
);

const PREPAY =
  'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.';

export const googleErrors: ErrorCatalogue = {
  invalid: {
    api_key_invalid: apiKeyInvalid('API key not valid. Please pass a valid API key.'),
    expired: apiKeyInvalid('API key expired. Please renew the API key.'),
    not_found_minimal: () =>
      googleError(400, 'INVALID_ARGUMENT', 'API Key not found. Please pass a valid API key.', [
        { reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
      ]),
    token_type_unsupported: tokenTypeUnsupported,
    leaked: says(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.'),
    suspended,
  },
  exhausted: {
    prepayment: says(429, 'RESOURCE_EXHAUSTED', PREPAY),
    prepayment_402: says(402, 'RESOURCE_EXHAUSTED', PREPAY),
    spending_cap: says(
      429,
      'RESOURCE_EXHAUSTED',
      'Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend to manage your project spend cap.',
    ),
    interactions_402: () =>
      json(
        402,
        { error: { code: 'payment_required', message: 'Billing is required for this request.' } },
        { 'content-type': 'application/json; charset=UTF-8' },
      ),
  },
  rateLimited: {
    per_day: (call) => dailyQuota(20, call),
    limit_zero: limitZero,
    bare: says(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
  },
  permissionDenied: {
    service_blocked: serviceBlocked,
    service_disabled: withReason(
      403,
      'PERMISSION_DENIED',
      'SERVICE_DISABLED',
      'Generative Language API has not been used in project 000000000000 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=000000000000 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.',
    ),
    ip_restriction: withReason(
      403,
      'PERMISSION_DENIED',
      'API_KEY_IP_ADDRESS_BLOCKED',
      'The provided API key has an IP address restriction. The originating IP address of the call (203.0.113.7) violates this restriction.',
    ),
    referrer: withReason(
      403,
      'PERMISSION_DENIED',
      'API_KEY_HTTP_REFERRER_BLOCKED',
      'Requests from referer <empty> are blocked.',
    ),
  },
  regionBlocked: {
    location: says(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
  },
  modelUnavailable: {
    not_found: (call) =>
      googleError(
        404,
        'NOT_FOUND',
        `models/${call.model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
      ),
    caller_no_permission: says(403, 'PERMISSION_DENIED', 'The caller does not have permission'),
  },
  overloaded: { unavailable: says(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.') },
  serverError: {
    internal: says(
      500,
      'INTERNAL',
      'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    ),
  },
  timeout: { deadline: says(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.') },
  misconfigured: {
    credentials_missing: withReason(
      401,
      'UNAUTHENTICATED',
      'CREDENTIALS_MISSING',
      'API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that assert a principal. See https://cloud.google.com/docs/authentication',
    ),
    missing_key: unregisteredCaller,
  },
  contentBlocked: {
    // Gemini answers 200 here: the key is healthy.
    prompt_blocked: (call) =>
      json(
        200,
        { promptFeedback: { blockReason: 'SAFETY', safetyRatings: [] }, modelVersion: call.model },
        { 'content-type': 'application/json; charset=UTF-8' },
      ),
    // The Interactions API has an error for it.
    interactions_blocked: () =>
      json(
        400,
        { error: { code: 'content_blocked', message: 'The content was blocked.' } },
        { 'content-type': 'application/json; charset=UTF-8' },
      ),
  },
  badRequest: {
    too_many_tokens: says(
      400,
      'INVALID_ARGUMENT',
      'The input token count (185586) exceeds the maximum number of tokens allowed (131072).',
    ),
  },
};
