import { json, type Answer, type Call, type Endpoint, type Headers } from '../../core/call';
import type { LimitVoice, VendorProfile } from '../../core/profile';
import { wholeSeconds } from '../../limits/durations';
import { routeOpenAi } from '../openai/profile';
import { derive } from './derive';

const DEPLOYMENT = /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/;

function route(method: string, path: string): Endpoint | undefined {
  const match = method === 'POST' ? DEPLOYMENT.exec(path) : null;
  if (match === null) return routeOpenAi(method, path.replace(/^\/openai\//, '/'));
  const endpoint = routeOpenAi(method, `/v1/${match[2] as string}`);
  return endpoint && { ...endpoint, model: match[1] as string };
}

const azureError = (status: number, message: string, headers?: Headers): Answer =>
  json(status, { error: { code: String(status), message } }, headers);

const limits: LimitVoice = {
  headers: () => ({ 'x-ratelimit-remaining-requests': '99', 'x-ratelimit-remaining-tokens': '99976' }),
  refusal(refusal) {
    const seconds = wholeSeconds(Math.min(refusal.waitMs, 86_400_000));
    const kind = refusal.dimension === 'tokens' ? 'token' : 'call';
    const message = `Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-06-01 have exceeded ${kind} rate limit of your current OpenAI S0 pricing tier.`;
    if (refusal.stated === 'none') return azureError(429, message);
    const body = `${message} Please retry after ${seconds} seconds.`;
    if (refusal.stated === 'body') return azureError(429, body);
    return azureError(429, body, {
      'retry-after': seconds,
      'retry-after-ms': String(Math.ceil(Math.min(refusal.waitMs, 86_400_000))),
      // Azure really sends these values: they mean nothing.
      [`x-ratelimit-remaining-${refusal.dimension}`]: '-1',
      [`x-ratelimit-reset-${refusal.dimension}`]: '0',
    });
  },
};

const DENIED =
  'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.';
const denied = (_call: Call): Answer => azureError(401, DENIED);

export const azureProfile: VendorProfile = derive(
  { name: 'azure', keyHeaders: ['api-key', 'authorization'], route, limits, missingKey: denied },
  { invalid: { invalid_subscription_key: denied } },
);
