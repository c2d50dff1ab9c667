import type { EvidenceContext } from '../../src/key-management/classification/evidence/error-evidence';
import type { Outcome } from '../../src/key-management';

/** An answer, the rule that must decide on it, and what it must come to. */
export type Sample = [rule: string, outcome: Outcome, status: number, body: unknown, more?: Extra];
export interface Extra extends EvidenceContext {
  headers?: Record<string, string>;
}

export const error = (fields: object): object => ({ error: fields });
export const said = (message: string): object => error({ message });
const meta = (metadata: object): object => error({ code: 0, message: 'no', metadata });
const aws = (type: string): object => ({ __type: `com.amazon#${type}`, message: 'no' });

/** The rules of each further vendor: those of its wire format are tried above. */
/** For each rule of the vendors that share another's wire format. */
export const ownSamples: Readonly<Record<string, Sample[]>> = {
  openrouter: [
    ['OR1', 'rate_limited', 402, meta({ reason: 'in_flight_budget_exhausted' })],
    ['OR2', 'request_exceeds_key_limit', 402, meta({ reason: 'weight_exceeds_budget' })],
    ['OR3', 'quota_exceeded', 403, meta({ limit_source: 'openrouter_workspace_budget' })],
    ['OR4', 'quota_exceeded', 402, said('Insufficient credits. Add more using https://openrouter.ai/credits')],
    ['OR5', 'content_blocked', 403, meta({ reasons: ['harassment'] })],
    ['OR6', 'content_blocked', 403, said('Your chosen model requires moderation and your input was flagged')],
    ['OR7', 'model_unavailable', 404, said('No endpoints found matching your data policy.')],
    ['OR8', 'overloaded', 429, meta({ limit_source: 'upstream_provider' })],
    ['OR9', 'overloaded', 429, said('vendor/model:free is temporarily rate-limited upstream.')],
    ['OR10', 'server_error', 502, said('Provider returned error')],
  ],
  deepseek: [['DK1', 'invalid_key', 401, said('Authentication Fails, Your api key: ****fake is invalid')]],
  xai: [
    [
      'XA1',
      'quota_exceeded',
      429,
      { code: 'resource-exhausted', error: 'Free usage quota exceeded. Purchase credits' },
    ],
    ['XA2', 'permission_denied', 403, { code: 'permission-denied', error: 'Access to the chat endpoint is denied.' }],
    [
      'XA3',
      'rate_limited',
      429,
      { code: 'resource-exhausted', error: 'Too many requests for team 0 and model grok-4.5.' },
    ],
  ],
  together: [
    ['TO1', 'quota_exceeded', 402, error({ message: 'Credit limit exceeded.', type: 'credit_limit' })],
    ['TO2', 'rate_limited', 429, error({ message: 'You have been rate limited.', type: 'credit_limit' })],
  ],
  fireworks: [
    ['FW1', 'quota_exceeded', 412, said('Account fake-org is suspended, possibly due to the monthly spending limit')],
  ],
  cerebras: [
    ['CE1', 'overloaded', 429, { message: 'high traffic', code: 'queue_exceeded' }],
    ['CE2', 'rate_limited', 429, { message: 'Tokens per day limit exceeded', code: 'token_quota_exceeded' }],
  ],
  cohere: [
    ['CO1', 'invalid_key', 401, { message: 'invalid api token' }],
    [
      'CO2',
      'quota_exceeded',
      429,
      { message: 'You are using a Trial key, which is limited to 1000 API calls / month.' },
    ],
  ],
  perplexity: [['PX1', 'invalid_key', 401, '<html><head><title>401 Authorization Required</title></head></html>']],
  nvidia: [
    ['NV1', 'invalid_key', 403, { status: 403, title: 'Forbidden', detail: 'Authorization failed' }],
    ['NV2', 'model_unavailable', 404, { title: 'Not Found', detail: "Function 'f': Not found for account 'A'" }],
    ['NV3', 'overloaded', 400, { detail: "Function id 'f': DEGRADED function cannot be invoked" }],
  ],
  huggingface: [
    ['HF1', 'invalid_key', 401, { error: 'Invalid username or password.' }],
    [
      'HF2',
      'quota_exceeded',
      402,
      { error: 'You have exceeded your monthly included credits for Inference Providers.' },
    ],
  ],
  moonshot: [
    ['MO1', 'quota_exceeded', 429, error({ type: 'exceeded_current_quota_error' })],
    ['MO2', 'invalid_key', 401, error({ type: 'invalid_authentication_error' })],
    ['MO3', 'rate_limited', 429, error({ type: 'rate_limit_reached_error' })],
    ['MO4', 'overloaded', 429, error({ type: 'engine_overloaded_error' })],
    ['MO5', 'content_blocked', 400, error({ type: 'content_filter' })],
  ],
  zhipu: [
    ['ZH1', 'invalid_key', 401, error({ code: '1000' })],
    ['ZH2', 'invalid_key', 401, error({ code: '1112' })],
    ['ZH3', 'quota_exceeded', 429, error({ code: '1113' })],
    ['ZH4', 'model_unavailable', 400, error({ code: '1211' })],
    ['ZH5', 'content_blocked', 400, error({ code: '1301' })],
    ['ZH6', 'rate_limited', 429, error({ code: '1302' })],
    ['ZH7', 'rate_limited', 429, error({ code: '1308' })],
    ['ZH8', 'overloaded', 429, error({ code: '1305' })],
    ['ZH9', 'quota_exceeded', 429, error({ code: '1309' })],
    ['ZH10', 'bad_request', 400, error({ code: '1214' })],
    ['ZH11', 'server_error', 400, error({ code: '1234' })],
  ],
  dashscope: [
    ['DA1', 'invalid_key', 401, { code: 'InvalidApiKey', message: 'Invalid API-key provided.' }],
    [
      'DA2',
      'quota_exceeded',
      400,
      { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' },
    ],
    ['DA3', 'model_unavailable', 403, { code: 'AllocationQuota.FreeTierOnly' }],
    ['DA4', 'rate_limited', 429, error({ code: 'insufficient_quota' })],
    ['DA5', 'rate_limited', 429, said('Allocated quota exceeded, please increase your quota limit.')],
    ['DA6', 'content_blocked', 400, error({ code: 'data_inspection_failed' })],
    ['DA7', 'model_unavailable', 404, error({ code: 'model_not_found' })],
  ],
  minimax: [
    ['MI1', 'invalid_key', 200, { base_resp: { status_code: 2049, status_msg: 'invalid api key' } }],
    ['MI2', 'invalid_key', 401, error({ type: 'authorized_error' })],
    ['MI3', 'quota_exceeded', 200, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }],
    ['MI4', 'quota_exceeded', 429, error({ type: 'insufficient_balance_error' })],
    ['MI5', 'rate_limited', 200, { base_resp: { status_code: 1002, status_msg: 'rate limit' } }],
    ['MI6', 'content_blocked', 200, { base_resp: { status_code: 1026, status_msg: 'sensitive' } }],
    ['MI7', 'bad_request', 200, { base_resp: { status_code: 2013, status_msg: 'invalid params' } }],
    ['MI8', 'server_error', 200, { base_resp: { status_code: 1000, status_msg: 'unknown' } }],
    ['MI9', 'quota_exceeded', 200, { base_resp: { status_code: 2056, status_msg: 'usage limit exceeded' } }],
    ['MI10', 'model_unavailable', 200, { base_resp: { status_code: 2061, status_msg: 'not in plan' } }],
  ],
  siliconflow: [
    ['SF1', 'quota_exceeded', 403, { code: 30001, message: 'Sorry, your account balance is insufficient' }],
    ['SF2', 'model_unavailable', 403, { code: 30011, message: 'The selected model requires paid balance.' }],
    ['SF3', 'invalid_key', 401, 'Api key is invalid'],
    ['SF4', 'overloaded', 503, { code: 50505, message: 'Model service overloaded' }],
    ['SF5', 'bad_request', 400, { code: 20015, message: 'bad' }],
  ],
  volcengine: [
    ['VO1', 'invalid_key', 401, error({ code: 'AuthenticationError' })],
    ['VO2', 'quota_exceeded', 403, error({ code: 'AccountOverdueError' })],
    ['VO3', 'model_unavailable', 404, error({ code: 'ModelNotOpen' })],
    ['VO4', 'overloaded', 429, error({ code: 'ServerOverloaded' })],
    ['VO5', 'rate_limited', 429, error({ code: 'SetLimitExceeded' })],
    ['VO6', 'rate_limited', 429, error({ code: 'ModelAccountTpmRateLimitExceeded' })],
    ['VO7', 'content_blocked', 400, error({ code: 'SensitiveContentDetected' })],
    ['VO8', 'permission_denied', 403, error({ code: 'AccessDenied' })],
  ],
  ollama: [
    ['OL1', 'model_unavailable', 403, said('this model requires a subscription, upgrade for access')],
    ['OL2', 'quota_exceeded', 403, said('your subscription payment is past due.')],
    ['OL3', 'quota_exceeded', 429, { error: 'you (fake-user) have reached your session usage limit' }],
    ['OL5', 'model_unavailable', 404, { error: "model 'x' not found" }],
  ],
  replicate: [
    ['RE1', 'quota_exceeded', 402, { title: 'Insufficient credit' }],
    ['RE2', 'rate_limited', 429, { detail: 'Request was throttled. Expected available in 7 seconds.' }],
  ],
  voyage: [['VY1', 'invalid_key', 401, { detail: 'Provided API key is invalid.' }]],
  tavily: [['TA1', 'quota_exceeded', 432, { detail: { error: "This request exceeds your plan's set usage limit." } }]],
  azure: [
    [
      'AZ1',
      'invalid_key',
      401,
      error({ code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' }),
    ],
    ['AZ2', 'model_unavailable', 404, error({ code: 'DeploymentNotFound' })],
    ['AZ3', 'content_blocked', 400, error({ code: 'content_filter' })],
    ['AZ4', 'permission_denied', 401, error({ code: 'PermissionDenied' })],
    ['AZ5', 'quota_exceeded', 429, error({ code: 'insufficient_quota' })],
    ['AZ6', 'config_error', 401, { statusCode: 401, message: 'Access denied due to missing subscription key.' }],
  ],
  bedrock: [
    ['BE1', 'invalid_key', 403, { Message: 'Authentication failed: Please make sure your API Key is valid.' }],
    ['BE2', 'model_unavailable', 403, { message: "You don't have access to the model with the specified model ID." }],
    ['BE3', 'model_unavailable', 404, aws('ResourceNotFoundException')],
    ['BE4', 'rate_limited', 429, aws('ThrottlingException')],
    ['BE5', 'overloaded', 503, aws('ServiceUnavailableException')],
    ['BE6', 'permission_denied', 403, aws('AccessDeniedException')],
    ['BE7', 'bad_request', 400, aws('ValidationException')],
    ['BE8', 'server_error', 500, aws('InternalServerException')],
  ],
  elevenlabs: [
    ['EL1', 'invalid_key', 401, { detail: { status: 'invalid_api_key', message: 'Invalid API key' } }],
    ['EL2', 'quota_exceeded', 401, { detail: { status: 'quota_exceeded', message: 'x' } }],
    ['EL3', 'rate_limited', 429, { detail: { status: 'too_many_concurrent_requests' } }],
    ['EL4', 'overloaded', 429, { detail: { status: 'system_busy' } }],
    ['EL5', 'permission_denied', 401, { detail: { status: 'missing_permissions' } }],
    ['EL6', 'invalid_key', 401, { detail: { status: 'detected_unusual_activity' } }],
    ['EL7', 'bad_request', 404, { detail: { status: 'voice_not_found' } }],
  ],
  deepgram: [
    ['DG1', 'invalid_key', 401, { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.' }],
    ['DG2', 'quota_exceeded', 402, { err_code: 'ASR_PAYMENT_REQUIRED', err_msg: 'x' }],
    ['DG3', 'permission_denied', 403, { err_code: 'INSUFFICIENT_PERMISSIONS', err_msg: 'x' }],
    ['DG4', 'rate_limited', 429, { err_code: 'TOO_MANY_REQUESTS', err_msg: 'x' }],
  ],
  serpapi: [
    [
      'SE1',
      'invalid_key',
      401,
      { error: 'Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key' },
    ],
    ['SE2', 'quota_exceeded', 200, { error: 'Your account has run out of searches.' }],
    ['SE3', 'rate_limited', 429, { error: 'You are exceeding the throughput of your plan.' }],
  ],
};
