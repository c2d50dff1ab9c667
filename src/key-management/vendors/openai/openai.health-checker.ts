import { Inject } from '@nestjs/common';
import type { Clock } from '../../clock';
import type { ResolvedOptions } from '../../configuration/resolved-options';
import { CLOCK, RESOLVED_OPTIONS } from '../../key-management.constants';
import { HealthChecker } from '../health-checker.decorator';
import { VendorHealthChecker } from '../vendor-health-checker';
import { openAiKnowledge } from './openai-knowledge';

/** Checks keys of OpenAI and reads its errors. */
@HealthChecker('openai')
export class OpenAiHealthChecker extends VendorHealthChecker {
  constructor(@Inject(RESOLVED_OPTIONS) options: ResolvedOptions, @Inject(CLOCK) clock: Clock) {
    super(openAiKnowledge, options, clock);
  }
}
