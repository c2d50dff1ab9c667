import { forEachInChunks } from '../common/event-loop';
import { givenKey, type GivenKey } from '../configuration/given-key';
import { idProblems, type NamedKey } from '../configuration/key-ids';
import { GIVEN_KEY, unencryptedFlaw } from '../configuration/options-schema';
import { KeyIdConflictError, KeyManagementConfigurationError } from '../configuration/resolve-options';
import type { KeyInput } from '../pool/key/key-input';

/** Trimmed, blanks left out, the same key once. @throws KeyManagementConfigurationError */
export async function distinctKeys(keys: readonly (string | KeyInput)[], allowHttp: boolean): Promise<GivenKey[]> {
  const problems: string[] = [];
  const byId = new Map<string, GivenKey>();
  const named: NamedKey[] = [];
  await forEachInChunks([...keys].entries(), ([index, each]) => {
    const checked = GIVEN_KEY.safeParse(each);
    if (!checked.success) {
      problems.push(
        ...checked.error.issues.map(({ path, message }) => `keys.${[index, ...path].join('.')}: ${message}.`),
      );
      return;
    }
    const flaw = allowHttp ? undefined : unencryptedFlaw(checked.data);
    if (flaw !== undefined) problems.push(`keys.${index}.baseUrl: ${flaw}.`);
    const key = typeof checked.data.key === 'string' ? checked.data.key.trim() : checked.data.key;
    if (key === '') return;
    named.push({ ...checked.data, key });
    const given = givenKey({ ...checked.data, key });
    if (!byId.has(given.key.id)) byId.set(given.key.id, given);
  });
  if (problems.length > 0) throw new KeyManagementConfigurationError(problems);
  const conflicts = idProblems(named).map(({ index, problem }) => `keys.${index}.id: ${problem}.`);
  if (conflicts.length > 0) throw new KeyIdConflictError(conflicts);
  return [...byId.values()];
}
