import type { VendorProfile } from '../contract/profile';
import { NO_READINGS, type RateLimitReading } from '../contract/rate-limits';
import { googleRules } from './google.rules';

/** Google sends no rate-limit headers; waits stand in the body of a 429 alone. */
const readGoogleRateLimits = (): readonly RateLimitReading[] => NO_READINGS;

export const google: VendorProfile = {
  name: 'google',
  label: 'Google',
  alsoCalled: ['gemini'],
  telemetryName: 'gcp.gemini',
  wireFormat: 'google',
  baseUrl: 'https://generativelanguage.googleapis.com',
  keyFormat: { prefixes: ['AIza', 'AQ.'], ownPrefixes: ['AIza', 'AQ.'], shortest: 16, longest: 256 },
  keyTokens: [/AIza[\w-]{16,}/, /AQ\.[\w-]{16,}/],
  mistakenVariables: ['GOOGLE_KEYS', 'GEMINI_KEYS', 'GOOGLE_GENAI_API_KEYS', 'GOOGLE_GEMINI_API_KEYS'],
  keyVariables: ['GEMINI_API_KEYS', 'GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  probes: {
    light: [{ path: '/v1beta/models?pageSize=1', proves: 'key' }],
    deep: [
      {
        path: '/v1beta/models/{model}:generateContent',
        body: () => ({
          contents: [{ role: 'user', parts: [{ text: 'ping' }] }],
          generationConfig: { maxOutputTokens: 1 },
        }),
        model: 'gemini-3.1-flash-lite',
      },
    ],
  },
  rules: googleRules,
  statusTable: { 403: 'invalid_key', 429: 'rate_limited' },
  statusRules: false,
  rateLimits: {
    kind: 'fixed_window',
    countedFor: 'account',
    read: readGoogleRateLimits,
    books: 'input',
    tokens: 'input',
    day: { timeZone: 'America/Los_Angeles', source: 'https://ai.google.dev/gemini-api/docs/rate-limits' },
  },
  accountInText: [/ for consumer '?project_number:(\d{1,20})/],
  // ErrorInfo, and what stands in QuotaFailure where that is missing.
  accountInDetails: { consumer: /^projects\/([\w:.-]{1,100})$/, subject: /^projects?[/:]([\w:.-]{1,100})$/ },
  uploadUrlHeader: 'x-goog-upload-url',
};
