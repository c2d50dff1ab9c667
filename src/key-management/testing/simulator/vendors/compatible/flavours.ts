import { json } from '../../core/call';
import type { VendorProfile } from '../../core/profile';
import { envelope } from '../openai/errors';
import { azureProfile } from './azure';
import { derive } from './derive';
import { groqProfile } from './groq';

const deepseek = derive(
  { name: 'deepseek', models: ['deepseek-chat', 'deepseek-reasoner'] },
  {
    invalid: {
      authentication_fails: (call) =>
        envelope(
          401,
          `Authentication Fails, Your api key: ****${call.key.slice(-4)} is invalid`,
          'authentication_error',
          'invalid_request_error',
        ),
    },
    exhausted: {
      insufficient_balance: () => envelope(402, 'Insufficient Balance', 'unknown_error', 'invalid_request_error'),
    },
  },
);

const mistralLimited = () =>
  json(429, {
    object: 'error',
    message: 'Rate limit exceeded',
    type: 'rate_limited',
    param: null,
    code: '1300',
    raw_status_code: 429,
  });

const mistral = derive(
  {
    name: 'mistral',
    models: ['mistral-small-latest'],
    limits: { headers: () => ({}), refusal: mistralLimited },
  },
  {
    invalid: { unauthorized: () => json(401, { detail: 'Unauthorized' }) },
    exhausted: { unauthorized: () => json(401, { detail: 'Unauthorized' }) },
    rateLimited: { rate_limited: mistralLimited },
    overloaded: {
      capacity: () =>
        json(429, {
          object: 'error',
          message: 'Service tier capacity exceeded for this model.',
          type: 'service_tier_capacity_exceeded',
          param: null,
          code: '3505',
        }),
    },
  },
);

const xai = derive(
  { name: 'xai', models: ['grok-4-fast'] },
  {
    invalid: {
      incorrect_api_key: (call) =>
        json(400, {
          code: 'Client specified an invalid argument',
          error: `Incorrect API key provided: ${call.key.slice(0, 2)}***${call.key.slice(-2)}. You can obtain an API key from https://console.x.ai.`,
        }),
    },
    exhausted: {
      credits: () =>
        json(429, {
          code: 'Some resource has been exhausted',
          error:
            'Your team 00000000-fake has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.',
        }),
    },
  },
);

const openrouter = derive(
  { name: 'openrouter', models: ['meta-llama/llama-3.1-8b-instruct'] },
  {
    invalid: { user_not_found: () => json(401, { error: { message: 'User not found.', code: 401 } }) },
    exhausted: {
      insufficient_credits: () =>
        json(402, {
          error: {
            message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
            code: 402,
          },
        }),
      fewer_max_tokens: () =>
        json(402, {
          error: {
            message:
              'This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 1200. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account',
            code: 402,
          },
        }),
      key_limit: () => json(403, { error: { message: 'Key limit exceeded (monthly limit).', code: 403 } }),
    },
  },
);

const moonshot = derive(
  { name: 'moonshot', models: ['kimi-k2'] },
  {
    overloaded: {
      engine_overloaded: () =>
        json(429, {
          error: {
            message: 'The engine is currently overloaded, please try again later',
            type: 'engine_overloaded_error',
          },
        }),
    },
  },
);

/** OpenAI-compatible vendors with manners of their own; `generic` answers exactly as OpenAI does. */
export const FLAVOURS = {
  generic: derive({ name: 'generic' }),
  azure: azureProfile,
  groq: groqProfile,
  deepseek,
  mistral,
  xai,
  openrouter,
  moonshot,
} as const satisfies Readonly<Record<string, VendorProfile>>;

export type Flavour = keyof typeof FLAVOURS;

export const isFlavour = (name: string): name is Flavour => Object.hasOwn(FLAVOURS, name);
