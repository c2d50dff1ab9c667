import { html, json, type Answer, type Call, type Headers } from '../../core/call';
import type { ErrorCatalogue, MakeAnswer } from '../../core/profile';
import { starredKey } from '../masks';
import { blockedPage, badGatewayPage } from '../pages';

const HELP = 'please contact us through our help center at help.openai.com';
const SCOPE_ADVICE =
  "Check that you have the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a restricted API key, that it has the necessary scopes.";
const QUOTA = 'You exceeded your current quota, please check your plan and billing details.';
const QUOTA_DOCS = `${QUOTA} For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.`;

export function envelope(
  status: number,
  message: string,
  type: string,
  code: string | null,
  param: string | null = null,
  headers: Headers = {},
): Answer {
  return json(status, { error: { message, type, param, code } }, headers);
}

const rejected = (message: string, code: string | null, status = 401): MakeAnswer => {
  return () => envelope(status, message, 'invalid_request_error', code);
};

function missingScope(call: Call): Answer {
  const listing = call.endpoint.operation === 'models';
  const scope = listing ? 'api.model.read' : 'model.request';
  const message = `You have insufficient permissions for this operation. Missing scopes: ${scope}. ${SCOPE_ADVICE}`;
  // The listing's `error` really is a plain string, and its status another one.
  return listing ? json(403, { error: message }) : envelope(401, message, 'invalid_request_error', null);
}

export const MISSING_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.";

export const openAiErrors: ErrorCatalogue = {
  invalid: {
    invalid_api_key: (call) =>
      envelope(
        401,
        `Incorrect API key provided: ${starredKey(call.key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
        'invalid_request_error',
        'invalid_api_key',
      ),
    account_deactivated: rejected(
      `The OpenAI account associated with this API key has been deactivated. If you are the owner of this account and need assistance, ${HELP}.`,
      'account_deactivated',
    ),
    no_organization: rejected(
      `You must be a member of an organization to use the API. Please contact us through our help center at help.openai.com.`,
      'no_organization',
    ),
    access_terminated: () =>
      envelope(
        403,
        'Your account was flagged for potential abuse. If you feel this is an error, please contact us',
        'access_terminated',
        null,
      ),
  },
  exhausted: {
    insufficient_quota: () => envelope(429, QUOTA_DOCS, 'insufficient_quota', 'insufficient_quota'),
    insufficient_quota_old: () => envelope(429, QUOTA, 'insufficient_quota', null),
    billing_not_active: () =>
      envelope(
        429,
        'Your account is not active, please check your billing details on our website.',
        'billing_not_active',
        'billing_not_active',
      ),
    credit_balance_exhausted: () =>
      envelope(
        429,
        'Your credit balance has been exhausted. Please add credits to continue.',
        'insufficient_quota',
        'credit_balance_exhausted',
      ),
    organization_spend_limit_exceeded: () =>
      envelope(
        429,
        'Your organization has reached its monthly spend limit.',
        'insufficient_quota',
        'organization_spend_limit_exceeded',
      ),
    project_spend_limit_exceeded: () =>
      envelope(
        429,
        'Your project has reached its monthly spend limit.',
        'insufficient_quota',
        'project_spend_limit_exceeded',
      ),
    organization_usage_limit_exceeded: () =>
      envelope(
        429,
        'Your organization has reached its approved usage limit.',
        'insufficient_quota',
        'organization_usage_limit_exceeded',
      ),
    billing_hard_limit_reached: rejected('Billing hard limit has been reached', 'billing_hard_limit_reached', 400),
  },
  rateLimited: {
    slow_down: () =>
      envelope(429, 'Slow down: your request rate increased too quickly.', 'rate_limit_error', 'slow_down', null, {
        'retry-after': '15',
      }),
    request_too_large: (call) =>
      envelope(
        429,
        `Request too large for ${call.model} in organization org-FAKEFAKEFAKEFAKEFAKEFAKE on tokens per min (TPM): Limit 30000, Requested 30601. The input or output tokens must be reduced in order to run successfully. Visit https://platform.openai.com/account/rate-limits to learn more.`,
        'tokens',
        'rate_limit_exceeded',
      ),
    html_proxy: () => html(429, '<html><body>Too Many Requests</body></html>', { 'content-type': 'text/html' }),
    empty_body: () => ({ status: 429, headers: { 'retry-after': '20' }, body: '' }),
  },
  permissionDenied: {
    missing_scope: missingScope,
    ip_not_authorized: rejected('Your IP is not authorized to access this project.', 'ip_not_authorized'),
  },
  regionBlocked: {
    unsupported_country: () =>
      json(403, {
        error: {
          code: 'unsupported_country_region_territory',
          message: 'Country, region, or territory not supported',
          param: null,
          type: 'request_forbidden',
        },
      }),
    cloudflare_blocked: () => html(403, blockedPage('api.openai.com'), { server: 'cloudflare' }),
  },
  modelUnavailable: {
    model_not_found: (call) =>
      envelope(
        404,
        `The model \`${call.model}\` does not exist or you do not have access to it.`,
        'invalid_request_error',
        'model_not_found',
      ),
    model_not_for_project: (call) =>
      envelope(
        403,
        `Project \`proj_FAKEFAKEFAKEFAKEFAKEFAKE\` does not have access to model \`${call.model}\``,
        'invalid_request_error',
        'model_not_found',
      ),
    organization_unverified: (call) =>
      envelope(
        403,
        `Your organization must be verified to use the model \`${call.model}\`. Please go to: https://platform.openai.com/settings/organization/general and click on Verify Organization.`,
        'invalid_request_error',
        null,
      ),
  },
  overloaded: {
    server_is_overloaded: () =>
      envelope(
        503,
        'Our servers are currently overloaded. Please try again later.',
        'service_unavailable_error',
        'server_is_overloaded',
      ),
    overloaded_old: () =>
      envelope(
        503,
        `That model is currently overloaded with other requests. You can retry your request, or contact us through our help center at help.openai.com if the error persists.`,
        'server_error',
        null,
      ),
  },
  serverError: {
    internal: () =>
      envelope(500, 'The server had an error while processing your request. Sorry about that!', 'server_error', null),
    bad_gateway: () => html(502, badGatewayPage('api.openai.com'), { server: 'cloudflare' }),
  },
  timeout: {
    gateway_timeout: () => html(504, '<html><body><h1>504 Gateway Time-out</h1></body></html>'),
  },
  misconfigured: {
    mismatched_organization: rejected(
      'OpenAI-Organization header should match organization for API key',
      'mismatched_organization',
    ),
    missing_key: rejected(MISSING_KEY, null),
  },
  contentBlocked: {
    content_policy_violation: () =>
      json(400, {
        error: {
          code: 'content_policy_violation',
          message:
            'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
          param: null,
          type: 'invalid_request_error',
        },
      }),
    invalid_prompt: rejected(
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
      'invalid_prompt',
      400,
    ),
  },
  badRequest: {
    context_length_exceeded: () =>
      envelope(
        400,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens. Please reduce the length of the messages.",
        'invalid_request_error',
        'context_length_exceeded',
        'messages',
      ),
    unsupported_parameter: () =>
      envelope(
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'invalid_request_error',
        'unsupported_parameter',
        'max_tokens',
      ),
  },
};
