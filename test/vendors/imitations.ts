import { BUILT_IN_VENDORS } from '../../src/key-management/vendors';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How one vendor behaves towards keys, from its documentation and from what was seen; nothing of it is read from our own profile of it. */
export interface Imitation {
  readonly vendor: string;
  /** What stands behind the origin in the base URL that a user gives. */
  readonly base: string;
  /** Where the key travels. */
  readonly credential: { header: string; scheme?: string } | { query: string };
  /** Paths that list something without billing. `open`: anybody may. */
  readonly lists: readonly { path: string; open?: boolean }[];
  /** The path of a call, behind the origin. */
  readonly call: string;
  readonly callMethod?: 'GET';
  /** The vendor refuses an empty body, after it has looked at the key. */
  readonly refusesEmptyBody?: boolean;
  readonly dead: Answer;
  readonly empty: Answer;
  /** What an empty balance makes of a key. Default `quota_exceeded`. */
  readonly emptyMeans?: 'rate_limited';
  /** A model for the deep probe, where none is known. */
  readonly probeModel?: string;
}

const openAiShape = (status: number, code: string, message = code): Answer => ({
  status,
  body: { error: { message, type: 'invalid_request_error', param: null, code } },
});
const BEARER = { header: 'authorization', scheme: 'Bearer' };
const DEAD = openAiShape(401, 'invalid_api_key', 'Incorrect API key provided: sk-1***ab.');
const EMPTY = openAiShape(402, 'insufficient_balance', 'Insufficient Balance');
const LIST = [{ path: '/v1/models' }];
const OPEN_LIST = [{ path: '/v1/models', open: true }];
const CHAT = '/v1/chat/completions';

const bearer = (vendor: string, more: Partial<Imitation> = {}): Imitation => ({
  vendor,
  base: '',
  credential: BEARER,
  lists: LIST,
  call: CHAT,
  refusesEmptyBody: true,
  dead: DEAD,
  empty: EMPTY,
  probeModel: 'm',
  ...more,
});

export const IMITATIONS: readonly Imitation[] = [
  bearer('openai', { empty: openAiShape(429, 'insufficient_quota'), probeModel: undefined }),
  bearer('anthropic', {
    credential: { header: 'x-api-key' },
    call: '/v1/messages',
    dead: {
      status: 401,
      body: { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
    },
    empty: {
      status: 400,
      body: {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access' },
      },
    },
    probeModel: undefined,
  }),
  bearer('google', {
    credential: { header: 'x-goog-api-key' },
    lists: [{ path: '/v1beta/models' }],
    call: '/v1beta/models/gemini-3.1-flash-lite:generateContent',
    dead: {
      status: 400,
      body: {
        error: {
          code: 400,
          message: 'API key not valid.',
          status: 'INVALID_ARGUMENT',
          details: [{ reason: 'API_KEY_INVALID' }],
        },
      },
    },
    emptyMeans: 'rate_limited',
    // Google has no exhausted quota that removes a key: money that is spent cools it down (decision D2).
    empty: {
      status: 429,
      body: { error: { code: 429, message: 'Your prepayment credits are depleted.', status: 'RESOURCE_EXHAUSTED' } },
    },
    probeModel: undefined,
  }),
  bearer('azure', {
    credential: { header: 'api-key' },
    lists: [{ path: '/openai/v1/models' }],
    call: '/openai/v1/chat/completions',
    dead: openAiShape(401, '401', 'Access denied due to invalid subscription key or wrong API endpoint.'),
    empty: openAiShape(429, 'insufficient_quota'),
  }),
  bearer('azure', {
    base: '/openai',
    credential: { header: 'api-key' },
    lists: [{ path: '/openai/models' }],
    call: '/openai/deployments/d/chat/completions',
    dead: openAiShape(401, '401', 'Access denied due to invalid subscription key or wrong API endpoint.'),
    empty: openAiShape(429, 'insufficient_quota'),
  }),
  bearer('bedrock', {
    lists: [],
    call: '/model/m/converse',
    dead: { status: 403, body: { Message: 'Authentication failed: Please make sure your API Key is valid.' } },
  }),
  bearer('bedrock', { base: '/v1', dead: openAiShape(401, 'invalid_api_key', 'Invalid bearer token') }),
  bearer('vertex', {
    base: '/v1/projects/p/locations/global/endpoints/openapi',
    lists: [],
    call: '/v1/projects/p/locations/global/endpoints/openapi/chat/completions',
    dead: {
      status: 401,
      body: [
        { error: { code: 401, message: 'Request had invalid authentication credentials.', status: 'UNAUTHENTICATED' } },
      ],
    },
    empty: { status: 402, body: [{ error: { code: 402, message: 'payment required', status: 'X' } }] },
    emptyMeans: 'rate_limited',
  }),
  bearer('openrouter', {
    base: '/api',
    lists: [{ path: '/api/v1/models', open: true }, { path: '/api/v1/key' }],
    call: `/api${CHAT}`,
  }),
  bearer('deepseek'),
  bearer('groq', { base: '/openai', lists: [{ path: '/openai/v1/models' }], call: `/openai${CHAT}` }),
  bearer('mistral', { dead: { status: 401, body: { message: 'Unauthorized', request_id: 'r' } } }),
  bearer('xai', {
    lists: [{ path: '/v1/models' }, { path: '/v1/api-key' }],
    dead: {
      status: 400,
      body: { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: de***45.' },
    },
    empty: { status: 429, body: { code: 'resource-exhausted', error: 'Free usage quota exceeded. Purchase credits' } },
  }),
  bearer('together'),
  bearer('fireworks', {
    base: '/inference',
    lists: [{ path: '/inference/v1/models' }],
    call: `/inference${CHAT}`,
    empty: openAiShape(412, 'PRECONDITION_FAILED', 'Account fake-org is suspended, possibly due to the spending limit'),
  }),
  bearer('cerebras'),
  bearer('sambanova'),
  bearer('cohere', {
    base: '/compatibility',
    lists: [{ path: '/compatibility/v1/models' }],
    call: `/compatibility${CHAT}`,
    dead: { status: 401, body: { id: 'x', message: 'invalid api token' } },
  }),
  bearer('perplexity', {
    lists: OPEN_LIST,
    call: '/chat/completions',
    dead: { status: 401, body: '<html><head><title>401 Authorization Required</title></head></html>' },
    probeModel: undefined,
  }),
  bearer('nvidia', {
    lists: OPEN_LIST,
    dead: { status: 403, body: { status: 403, title: 'Forbidden', detail: 'Authorization failed' } },
  }),
  bearer('huggingface', { lists: OPEN_LIST, dead: { status: 401, body: { error: 'Invalid username or password.' } } }),
  bearer('moonshot', {
    dead: { status: 401, body: { error: { message: 'Invalid Authentication', type: 'invalid_authentication_error' } } },
    empty: { status: 429, body: { error: { message: 'suspended', type: 'exceeded_current_quota_error' } } },
  }),
  bearer('zhipu', {
    base: '/api/paas/v4',
    lists: [{ path: '/api/paas/v4/models' }],
    call: '/api/paas/v4/chat/completions',
    dead: { status: 401, body: { error: { code: '1000', message: '身份验证失败。' } } },
    empty: { status: 429, body: { error: { code: '1113', message: '您的账户已欠费，请充值后重试。' } } },
  }),
  bearer('dashscope', {
    base: '/compatible-mode',
    lists: [],
    call: `/compatible-mode${CHAT}`,
    empty: openAiShape(400, 'Arrearage'),
  }),
  bearer('minimax', {
    lists: [],
    dead: { status: 401, body: { type: 'error', error: { type: 'authorized_error', message: 'login fail' } } },
    empty: { status: 200, body: { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } } },
  }),
  bearer('siliconflow', {
    dead: { status: 401, body: 'Api key is invalid' },
    empty: { status: 403, body: { code: 30001, message: 'balance is insufficient' } },
  }),
  bearer('volcengine', {
    base: '/api/v3',
    lists: [{ path: '/api/v3/models' }],
    call: '/api/v3/chat/completions',
    dead: openAiShape(401, 'AuthenticationError'),
    empty: openAiShape(403, 'AccountOverdueError'),
  }),
  bearer('ollama', {
    lists: OPEN_LIST,
    dead: { status: 401, body: { error: 'unauthorized' } },
    empty: { status: 429, body: { error: 'you (fake-user) have reached your weekly usage limit' } },
  }),
  bearer('replicate', {
    lists: [{ path: '/v1/models' }, { path: '/v1/account' }],
    call: '/v1/models/o/m/predictions',
    dead: {
      status: 401,
      body: { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 },
    },
  }),
  bearer('elevenlabs', {
    credential: { header: 'xi-api-key' },
    lists: [{ path: '/v1/models' }, { path: '/v1/user' }],
    call: '/v1/text-to-speech/v',
    dead: { status: 401, body: { detail: { status: 'invalid_api_key', message: 'Invalid API key' } } },
    empty: {
      status: 401,
      body: { detail: { status: 'quota_exceeded', message: 'This request exceeds your quota of 10000.' } },
    },
  }),
  bearer('deepgram', {
    credential: { header: 'authorization', scheme: 'Token' },
    lists: [{ path: '/v1/models', open: true }, { path: '/v1/projects' }],
    call: '/v1/listen',
    dead: { status: 401, body: { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.', request_id: 'x' } },
    empty: { status: 402, body: { err_code: 'ASR_PAYMENT_REQUIRED', err_msg: 'not enough credits' } },
  }),
  bearer('voyage', {
    lists: [],
    call: '/v1/embeddings',
    dead: { status: 401, body: { detail: 'Provided API key is invalid.' } },
  }),
  bearer('tavily', {
    lists: [],
    call: '/search',
    dead: { status: 401, body: { detail: { error: 'Unauthorized: missing or invalid API key.' } } },
    empty: { status: 432, body: { detail: { error: "This request exceeds your plan's set usage limit." } } },
  }),
  bearer('serpapi', {
    credential: { query: 'api_key' },
    lists: [{ path: '/account.json' }],
    call: '/search.json',
    callMethod: 'GET',
    dead: {
      status: 401,
      body: { error: 'Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key' },
    },
    empty: { status: 429, body: { error: 'Your account has run out of searches.' } },
  }),
];

/** Vendors that are built in, and have no imitation. */
export const MISSING = [...BUILT_IN_VENDORS.keys()].filter((name) => !IMITATIONS.some(({ vendor }) => vendor === name));
