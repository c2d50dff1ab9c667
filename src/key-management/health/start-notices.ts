import { FIRST_PROVIDERS, keyVariables } from '../configuration/environment';
import { nearestName } from '../common/near-miss';
import type { ResolvedOptions } from '../configuration/resolved-options';
import type { KeyPoolService } from '../pool/key-pool.service';
import type { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { VendorHealthChecker } from '../checkers/vendor-health-checker';
import { BUILT_IN_VENDORS } from '../vendors';

/** The vendor that people mean by one of its other names, as that of a model. */
const alsoCalled = (name: string): string | undefined =>
  [...BUILT_IN_VENDORS.values()].find((vendor) => vendor.alsoCalled?.includes(name.toLowerCase()))?.name;

/** Warnings about settings that would make calls fail. Needs the checkers to be registered and the store to be read. */
export function startNotices(
  { providers, notices }: ResolvedOptions,
  registry: HealthCheckerRegistry,
  pools: KeyPoolService,
): string[] {
  const isGuessed = (name: string): boolean => {
    const checker = registry.get(name);
    if (!(checker instanceof VendorHealthChecker) || BUILT_IN_VENDORS.has(checker.vendor.name)) return false;
    const { vendor, compatibleWith, baseUrl } = providers.get(name) ?? {};
    return vendor === undefined && compatibleWith === undefined && baseUrl === undefined;
  };
  const known = registry.providers().filter((name) => !isGuessed(name));
  const misspelt = [...providers.keys()].flatMap((name) => {
    const meant = registry.has(name) && isGuessed(name) ? (alsoCalled(name) ?? nearestName(name, known)) : undefined;
    return meant === undefined
      ? []
      : [
          `providers.${name}: no vendor of that name is known, so its keys cannot be checked. Did you mean "${meant}"? If not, give it a health checker, or compatibleWith.`,
        ];
  });
  const isEmpty = [...pools.pools()].every(({ size }) => size === 0);
  const variables = FIRST_PROVIDERS.map((vendor) => keyVariables(vendor)[0]).join(', ');
  const none = `No provider has a key, so every call will fail. Set one of ${variables}, or the option providers.<name>.keys, or add keys by the admin API.`;
  return [...notices, ...misspelt, ...(isEmpty ? [none] : [])];
}
