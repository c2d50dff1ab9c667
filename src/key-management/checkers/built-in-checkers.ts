import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { profileOf, vendorOf } from '../vendors/vendor-of';
import type { BaseHealthChecker } from './base-health-checker';
import { VendorHealthChecker } from './vendor-health-checker';

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
