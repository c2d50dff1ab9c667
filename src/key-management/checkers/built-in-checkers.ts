import type { Clock } from '../common/clock';
import type { ResolvedOptions, ResolvedProvider } from '../configuration/resolved-options';
import { BUILT_IN_VENDORS } from '../vendors';
import type { VendorProfile } from '../vendors/contract/profile';
import { vendorOf } from '../vendors/vendor-of';
import type { BaseHealthChecker } from './base-health-checker';
import { VendorHealthChecker } from './vendor-health-checker';

const hostOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).host);

/**
 * The profile that a provider goes by: the one its settings name, else the vendor of its name, else the vendor that is called under its base URL,
 * else its wire format alone.
 */
export function profileOf(provider: string, settings: ResolvedProvider | undefined): VendorProfile {
  const { vendor, compatibleWith, baseUrl } = settings ?? {};
  if (typeof vendor === 'object') return vendor;
  const named = BUILT_IN_VENDORS.get(vendor ?? provider);
  if (named && compatibleWith === undefined) return named;
  const host = hostOf(baseUrl);
  const called = [...BUILT_IN_VENDORS.values()].find((each) => host !== undefined && hostOf(each.baseUrl) === host);
  if (called && (called.wireFormat ?? 'openai') === (compatibleWith ?? 'openai')) return called;
  return { name: provider, wireFormat: compatibleWith };
}

/** The checkers of this package: one for each provider that the options and the environment name. */
export function builtInCheckers(options: ResolvedOptions, clock: Clock): Map<string, BaseHealthChecker> {
  return new Map(
    Array.from(options.providers, ([provider, settings]) => {
      const profile = profileOf(provider, settings);
      const vendor = vendorOf(profile, settings);
      return [provider, new VendorHealthChecker(provider, profile, vendor, options.errorClassification, clock)];
    }),
  );
}
