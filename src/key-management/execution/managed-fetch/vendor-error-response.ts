import type { NoHealthyKeysError } from '../../errors';

type Dialect = 'openai' | 'anthropic' | 'google';

/** Whether waiting helps (429: keys only cool down or are busy) or not (503: none is usable). */
export function statusOf({ counts }: Pick<NoHealthyKeysError, 'counts'>): 429 | 503 {
  return (counts.rate_limited ?? 0) + (counts.healthy ?? 0) > 0 ? 429 : 503;
}

/** In whose words an SDK expects an error. Google's OpenAI-compatible paths answer as OpenAI does. */
export function dialectOf(provider: string, path: string): Dialect {
  if (provider === 'anthropic') return 'anthropic';
  return provider === 'google' && !path.includes('/openai/') ? 'google' : 'openai';
}

/** No key is left: an answer in the vendor's own shape, so that an SDK throws the error its user knows. */
export function noKeysResponse(error: NoHealthyKeysError, dialect: Dialect): Response {
  const status = statusOf(error);
  const headers = new Headers({ 'content-type': 'application/json', 'x-should-retry': 'false' });
  if (error.retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)));
  const body = JSON.stringify(envelope(dialect, status, error.message));
  return new Response(body, {
    status,
    statusText: status === 429 ? 'Too Many Requests' : 'Service Unavailable',
    headers,
  });
}

function envelope(dialect: Dialect, status: 429 | 503, message: string): object {
  const limited = status === 429;
  switch (dialect) {
    case 'anthropic':
      return { type: 'error', error: { type: limited ? 'rate_limit_error' : 'api_error', message } };
    case 'google':
      return { error: { code: status, message, status: limited ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE' } };
    case 'openai': {
      const type = limited ? 'rate_limit_error' : 'service_unavailable_error';
      return { error: { message, type, param: null, code: limited ? 'rate_limit_exceeded' : 'no_healthy_keys' } };
    }
  }
}
