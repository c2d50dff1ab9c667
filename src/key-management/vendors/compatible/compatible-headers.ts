import { readOpenAiRateLimits } from '../openai/openai-headers';
import type { RateLimitReader } from '../vendor-knowledge';

/** OpenAI's headers; Groq counts `-requests` per day under the same names. */
export const compatibleRateLimitReader = (vendor: 'groq' | 'other'): RateLimitReader => {
  const requestWindow = vendor === 'groq' ? 'day' : undefined;
  return (headers) => readOpenAiRateLimits(headers, requestWindow);
};
