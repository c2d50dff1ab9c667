import type { KeyManagementOptions } from './key-management.options';
import { ENVIRONMENT_VENDORS, FIRST_PROVIDERS, keyFileVariable, keyVariables, type Environment } from './environment';
import { keysIn } from './key-list';
import { nearestName } from '../common/near-miss';
import type { ResolvedProvider } from './resolved-options';
import { BUILT_IN_VENDORS } from '../vendors';

/** One mistake repeated is one mistake. */
const MOST_PER_PROVIDER = 3;

/** What the settings hold that is allowed and probably not meant. Names options and variables, and shows no value. */
export const noticesOf = (
  given: KeyManagementOptions,
  env: Environment,
  providers: ReadonlyMap<string, ResolvedProvider>,
): string[] => [
  ...Object.entries(given.providers ?? {}).flatMap(([name, options]) =>
    keyNotices(name, (options as typeof options | undefined)?.keys ?? []),
  ),
  ...variableNotices(env, providers),
];

function keyNotices(provider: string, keys: readonly (string | { key: unknown })[]): string[] {
  const notices: string[] = [];
  for (const [index, each] of keys.entries()) {
    const key = typeof each === 'string' ? each : each.key;
    if (typeof key !== 'string') continue;
    const option = `providers.${provider}.keys.${index}`;
    if (key.trim() === '') notices.push(`${option} is blank and left out. Is an environment variable not set?`);
    else if (keysIn(key).length > 1)
      notices.push(`${option} looks like several keys in one text. Give each as an entry of the list.`);
    if (notices.length === MOST_PER_PROVIDER) break;
  }
  return notices;
}

/** Variables that are set and nearly named like one that would give a provider the keys it lacks. */
function variableNotices(env: Environment, providers: ReadonlyMap<string, ResolvedProvider>): string[] {
  const read = new Set(ENVIRONMENT_VENDORS.flatMap((vendor) => [...keyVariables(vendor), keyFileVariable(vendor)]));
  const set = Object.keys(env).filter((name) => /KEY/i.test(name) && !read.has(name) && env[name]?.trim());
  return FIRST_PROVIDERS.filter((vendor) => !providers.get(vendor)?.keys.length).flatMap((vendor) => {
    const also = BUILT_IN_VENDORS.get(vendor)?.mistakenVariables ?? [];
    const isMeant = (name: string): boolean =>
      also.includes(name) || nearestName(name, [...keyVariables(vendor), ...also]) !== undefined;
    return set
      .filter(isMeant)
      .map((name) => `The variable ${name} is set and not read. Did you mean ${keyVariables(vendor)[0]!}?`);
  });
}
