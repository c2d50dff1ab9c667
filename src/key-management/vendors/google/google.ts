import { ACCOUNT_HEADERS } from '../account-headers';
import { anyVendorRules } from '../shared.rules';
import { type VendorKnowledge, type KeyFormat, NO_READINGS, type RateLimitReading } from '../contract/vendor';
import { googleRules } from './google.rules';

const googleKeyFormat: KeyFormat = { label: 'Google', prefixes: ['AIza', 'AQ.'], wrongKinds: [] };

/** Google sends no rate-limit headers; waits stand in the body of a 429 alone. */
const readGoogleRateLimits = (): readonly RateLimitReading[] => NO_READINGS;

/** Everything the package knows of Google's Gemini API. */
export const googleKnowledge: VendorKnowledge = {
  name: 'google',
  uploadUrlHeader: 'x-goog-upload-url',
  rules: [...anyVendorRules, ...googleRules],
  statusTable: { 403: 'invalid_key', 429: 'rate_limited' },
  defaultBaseUrl: 'https://generativelanguage.googleapis.com',
  credential: {
    // Never the query: transport errors print URLs, and `AQ.` keys are answered 404 there.
    header: 'x-goog-api-key',
    format: (apiKey) => apiKey,
    removeHeaders: ['x-goog-api-key', 'authorization', 'x-api-key', 'api-key', ...ACCOUNT_HEADERS],
    removeQuery: ['key', 'access_token', 'oauth_token'],
  },
  limitKind: 'fixed_window',
  rateLimitScope: 'key_model',
  readRateLimits: readGoogleRateLimits,
  keyFormat: googleKeyFormat,
  probes: {
    light: { method: 'GET', path: '/v1beta/models?pageSize=1', headers: {}, endpoint: 'GET /v1beta/models?pageSize=1' },
    deep: {
      defaultModel: 'gemini-3.1-flash-lite',
      request: (model) => ({
        method: 'POST',
        path: `/v1beta/models/${encodeURIComponent(model.replace(/^models\//, ''))}:generateContent`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          contents: [{ role: 'user', parts: [{ text: 'ping' }] }],
          generationConfig: { maxOutputTokens: 1 },
        }),
        endpoint: 'POST /v1beta/models:generateContent',
      }),
    },
  },
};
