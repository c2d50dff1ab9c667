import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { VendorHealthChecker } from './vendor-health-checker';
import { compatibleKnowledge } from '../vendors';

/** Checks keys of an OpenAI-compatible vendor, under whatever name it has in the pool. */
export class CompatibleHealthChecker extends VendorHealthChecker {
  constructor(name: string, options: ResolvedOptions, clock: Clock) {
    const { baseUrl, probeModel } = options.providers.get(name) ?? {};
    super(compatibleKnowledge({ name, baseUrl, probeModel }), options, clock);
  }
}
