import { Inject } from '@nestjs/common';
import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CLOCK, RESOLVED_OPTIONS } from '../key-management.constants';
import { HealthChecker } from './health-checker.decorator';
import { VendorHealthChecker } from './vendor-health-checker';
import { BUILT_IN_VENDORS } from '../vendors';

/** Checks keys of OpenAI and reads its errors. */
@HealthChecker('openai')
export class OpenAiHealthChecker extends VendorHealthChecker {
  constructor(@Inject(RESOLVED_OPTIONS) options: ResolvedOptions, @Inject(CLOCK) clock: Clock) {
    super(BUILT_IN_VENDORS.openai, options, clock);
  }
}
