import { modelNamedIn } from './named-model';

describe('the model that a vendor names', () => {
  it.each([
    // OpenAI
    ['Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29937.', 'gpt-4o'],
    [
      'Rate limit reached for gpt-4o-mini (for limit gpt-4o-mini) in organization org-x on requests per min',
      'gpt-4o-mini',
    ],
    ['The model `gpt-4o` does not exist or you do not have access to it.', 'gpt-4o'],
    ['Your organization must be verified to use the model `o3`. Please go to: https://x', 'o3'],
    // Groq
    [
      'Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_x` service tier `on_demand`',
      'llama-3.3-70b-versatile',
    ],
    // Anthropic
    ['model: claude-3-5-haiku-latest', 'claude-3-5-haiku-latest'],
    [
      'This request would exceed your organization’s rate limit of 8,000 output tokens per minute (org: 0000-1111, model: claude-sonnet-4-5). For details',
      'claude-sonnet-4-5',
    ],
    // Google
    [
      'Quota exceeded for metric: x/y_requests, limit: 10, model: gemini-2.5-flash\nPlease retry in 45.8s.',
      'gemini-2.5-flash',
    ],
    ['* a, limit: 0, model: gemini-3-pro\n* b, limit: 0, model: gemini-3-pro\nPlease retry in 10s.', 'gemini-3-pro'],
    ['This model models/gemini-2.5-flash is no longer available to new users.', 'gemini-2.5-flash'],
    ['models/nope is not found for API version v1beta', 'nope'],
    // Compatible vendors
    ["Too many requests for team 0000-fake and model grok-4.5. Your team's rate limit is 2/2.", 'grok-4.5'],
    [
      'You have reached the rate limit specific to this model meta-llama/Llama-3-70b. The maximum',
      'meta-llama/Llama-3-70b',
    ],
    ['Your account 2100000000 has not activated the model doubao-seed-2-0. Please activate', 'doubao-seed-2-0'],
    ['model "llama9" not found, try pulling it first', 'llama9'],
    [
      'google/gemini-2.0-flash-exp:free is temporarily rate-limited upstream. Please retry',
      'google/gemini-2.0-flash-exp:free',
    ],
  ])('A13: in "%s"', (message, model) => {
    expect(modelNamedIn(message)).toBe(model);
  });

  it.each([
    '',
    'Rate limit reached for requests',
    'TPM (Tokens Per Minute) limit of the model is exceeded. Request id: 0217fake',
    'The rate limit for this model is exceeded.',
    'Number of request tokens has exceeded your per-minute rate limit',
    '* a, limit: 10, model: one\n* b, limit: 10, model: another',
    'Unknown model.',
  ])('A13: none in "%s"', (message) => {
    expect(modelNamedIn(message)).toBeUndefined();
  });
});
