import { isDeepStrictEqual } from 'node:util';
import { keyIdOf } from '../pool/key/api-key';
import type { KeyInput } from '../pool/key/key-input';
import type { KeyLimits } from '../pool/limits/hard-limits';
import { ApiProblem } from './api-problem';
import type { KeyLimitsRequest, NewKey } from './schemas/requests';

/**
 * The wire's words in ours. The same key twice counts once.
 * @throws ApiProblem 409 if it is said to be two different things
 */
export function keyInputs(keys: readonly NewKey[]): KeyInput[] {
  const byId = new Map<string, KeyInput>();
  keys.forEach((given, index) => {
    const input = keyInput(given);
    const id = keyIdOf(input.key);
    const known = byId.get(id);
    if (known && !isDeepStrictEqual(known, input)) {
      throw new ApiProblem(409, `keys.${index}: the same key stands twice in the request, with different settings.`);
    }
    byId.set(id, input);
  });
  return [...byId.values()];
}

const keyInput = ({ key, label, weight, quota_group, models, limits }: NewKey): KeyInput => ({
  key,
  label,
  weight,
  quotaGroup: quota_group,
  models,
  limits: limits && limitsOf(limits),
});

/** Only the limits that are named; null becomes undefined, which takes a limit away. */
export function limitsOf(limits: KeyLimitsRequest): KeyLimits {
  const { concurrency, requests_per_minute, tokens_per_minute } = limits;
  return {
    ...(concurrency !== undefined && { concurrency: concurrency ?? undefined }),
    ...(requests_per_minute !== undefined && { requestsPerMinute: requests_per_minute ?? undefined }),
    ...(tokens_per_minute !== undefined && { tokensPerMinute: tokens_per_minute ?? undefined }),
  };
}
