import { isDeepStrictEqual } from 'node:util';
import type { KeyInput } from '../pool/key/key-input';
import { idProblems, secretIdFlaw } from '../configuration/key-ids';
import type { Budget } from '../pool/limits/budget';
import type { KeyLimits } from '../pool/limits/hard-limits';
import { unencryptedFlaw } from '../configuration/options-schema';
import { ApiProblem, conflict, invalidRequest } from './api-problem';
import type { KeyBudgetRequest, KeyLimitsRequest, NewKey } from './schemas/requests';

/**
 * The wire's words in ours. The same key twice counts once.
 * @param allowHttp Whether base URLs may be http on other hosts than this one.
 * @throws ApiProblem 400 for a base URL that would take the key there unencrypted and for an id that is a secret, 409 if a key is said to be two
 * different things, or an id stands for two keys
 */
export function keyInputs(keys: readonly NewKey[], allowHttp: boolean): KeyInput[] {
  const problems = keys.flatMap((given, index) => {
    const flaw = secretIdFlaw(given);
    return flaw === undefined ? [] : [{ field: `keys.${index}.id`, problem: flaw }];
  });
  if (problems.length > 0) throw invalidRequest(problems);
  refuseIdProblems(keys);
  const byKey = new Map<string, KeyInput>();
  keys.forEach((given, index) => {
    const input = keyInput(given);
    const flaw = allowHttp ? undefined : unencryptedFlaw(input);
    if (flaw !== undefined) throw invalidRequest([{ field: `keys.${index}.base_url`, problem: flaw }]);
    const known = byKey.get(given.key);
    if (known && !isDeepStrictEqual(known, input)) {
      throw new ApiProblem(409, `keys.${index}: the same key stands twice in the request, with different settings.`);
    }
    byKey.set(given.key, input);
  });
  return [...byKey.values()];
}

function refuseIdProblems(keys: readonly NewKey[]): void {
  const problems = idProblems(keys).map(({ index, problem }) => ({ field: `keys.${index}.id`, problem }));
  if (problems.length > 0) throw conflict(problems);
}

const keyInput = ({
  key,
  id,
  label,
  weight,
  tier,
  quota_group,
  models,
  limits,
  budgets,
  base_url,
  headers,
  expires_at,
}: NewKey): KeyInput => ({
  key,
  id,
  label,
  weight,
  tier,
  quotaGroup: quota_group,
  models,
  limits: limits && limitsOf(limits),
  budgets: budgets?.map(budgetOf),
  baseUrl: base_url,
  headers,
  ...(expires_at != null && { expiresAt: new Date(expires_at) }),
});

export const budgetOf = ({ time_zone: timeZone, ...budget }: KeyBudgetRequest): Budget => ({
  ...budget,
  ...(timeZone !== undefined && { timeZone }),
});

/** Only the limits that are named; null becomes undefined, which takes a limit away. */
export function limitsOf(limits: KeyLimitsRequest): KeyLimits {
  const { concurrency, requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day } = limits;
  return {
    ...(concurrency !== undefined && { concurrency: concurrency ?? undefined }),
    ...(requests_per_minute !== undefined && { requestsPerMinute: requests_per_minute ?? undefined }),
    ...(tokens_per_minute !== undefined && { tokensPerMinute: tokens_per_minute ?? undefined }),
    ...(requests_per_day !== undefined && { requestsPerDay: requests_per_day ?? undefined }),
    ...(tokens_per_day !== undefined && { tokensPerDay: tokens_per_day ?? undefined }),
  };
}
