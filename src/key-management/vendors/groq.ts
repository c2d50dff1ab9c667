import type { VendorProfile } from './contract/profile';
import { readOpenAiRateLimits } from './openai/openai.rate-limits';

export const groq: VendorProfile = {
  name: 'groq',
  label: 'Groq',
  keyTokens: [/gsk_\w{16,}/],
  baseUrl: 'https://api.groq.com/openai',
  keyFormat: { prefixes: ['gsk_'], ownPrefixes: ['gsk_'] },
  probes: { light: [{ path: '/v1/models', proves: 'key' }] },
  rateLimits: {
    // Groq counts requests per day, under the names that OpenAI has for a minute.
    read: (headers) => readOpenAiRateLimits(headers, 'day'),
    countedFor: 'account',
    headers: ['x-ratelimit-{limit,remaining,reset}-{requests,tokens}'],
  },
  // Its streams state it in `x_groq.usage`.
  usage: { places: ['usage', 'x_groq.usage'] },
};
