import { json, type Answer, type Call, type Headers } from '../../core/call';
import type { ErrorCatalogue, MakeAnswer } from '../../core/profile';

/** Anthropic tells its SDKs itself whether a retry makes sense. */
export function anthropicError(
  requestId: string,
  status: number,
  type: string,
  message: string,
  options: { retry?: boolean; details?: object; headers?: Headers } = {},
): Answer {
  const error = options.details ? { type, message, details: options.details } : { type, message };
  const headers = { 'request-id': requestId, 'x-should-retry': String(options.retry ?? false), ...options.headers };
  return json(status, { type: 'error', error, request_id: requestId }, headers);
}

const says = (status: number, type: string, message: string, retry = false): MakeAnswer => {
  return (call) => anthropicError(call.requestId, status, type, message, { retry });
};

/** Made at the edge, before the API: no top-level type, no request id. */
export const edgeError = (status: number, type: string, message: string): Answer =>
  json(status, { error: { type, message } });

export function missingHeader(requestId: string): Answer {
  const error = { type: 'authentication_error', message: 'x-api-key header is required' };
  return json(401, { type: 'error', error }, { 'request-id': requestId, 'x-should-retry': 'false' });
}

const notFoundModel = (call: Call): Answer =>
  anthropicError(call.requestId, 404, 'not_found_error', `model: ${call.model}`);

const DAY = '2026-11-01 at 00:00 UTC';

export const anthropicErrors: ErrorCatalogue = {
  invalid: {
    invalid_x_api_key: says(401, 'authentication_error', 'invalid x-api-key'),
    organization_disabled: says(400, 'invalid_request_error', 'This organization has been disabled.'),
  },
  exhausted: {
    credit_balance: says(
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
    usage_limit: says(
      400,
      'invalid_request_error',
      `You have reached your specified API usage limits. You will regain access on ${DAY}.`,
    ),
    workspace_usage_limit: says(
      400,
      'invalid_request_error',
      `You have reached your specified workspace API usage limits. You will regain access on ${DAY}.`,
    ),
    billing_error: says(402, 'billing_error', 'There is an issue with your billing or payment information.'),
    spend_cap: (call) =>
      json(
        429,
        {
          type: 'error',
          error: {
            type: 'rate_limit_error',
            message: `You have reached your API usage limits: your organization has crossed its monthly API usage threshold, set based on your organization's API tier. You will regain access on ${DAY}.`,
            details: { error_code: 'enforced_spend_limit_reached' },
          },
          request_id: call.requestId,
        },
        { 'request-id': call.requestId },
      ),
  },
  rateLimited: {
    bare: says(
      429,
      'rate_limit_error',
      "This request would exceed your account's rate limit. Please try again later.",
      true,
    ),
  },
  permissionDenied: {
    permission_error: says(
      403,
      'permission_error',
      'Your API key does not have permission to use the specified resource.',
    ),
    plain_forbidden: () => ({ status: 403, headers: { 'content-type': 'text/plain' }, body: 'Forbidden' }),
  },
  regionBlocked: { forbidden: () => edgeError(403, 'forbidden', 'Request not allowed') },
  modelUnavailable: { not_found: notFoundModel },
  overloaded: {
    overloaded: says(529, 'overloaded_error', 'Overloaded', true),
    overloaded_500: says(500, 'api_error', 'Overloaded', true),
  },
  serverError: { internal: says(500, 'api_error', 'Internal server error') },
  timeout: { timeout_error: says(504, 'timeout_error', 'Request timed out') },
  misconfigured: {
    cors: says(
      401,
      'authentication_error',
      'CORS requests are not allowed for this Organization because of its settings.',
    ),
    missing_header: (call) => missingHeader(call.requestId),
  },
  contentBlocked: {
    content_filter: says(400, 'invalid_request_error', 'Output blocked by content filtering policy'),
  },
  badRequest: {
    prompt_too_long: says(400, 'invalid_request_error', 'prompt is too long: 205000 tokens > 200000 maximum'),
    request_too_large: () => edgeError(413, 'request_too_large', 'Request exceeds the maximum size'),
  },
};
