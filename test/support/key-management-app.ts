import type { LoggerService } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { CLOCK, KeyManagementModule, RANDOM, type KeyManagementModuleOptions } from '../../src/key-management';
import type { Clock, Random } from '../../src/key-management';
import { HealthCheckTimer } from '../../src/key-management/health/health-check-timer.service';

export interface TestAppOptions {
  clock?: Clock;
  random?: Random;
  /** Default false: the health check job is driven by the test. */
  schedule?: boolean;
  logger?: LoggerService;
}

/** A booted module on a memory store, with time and chance in the test's hands. */
export async function startKeyManagement(
  options: KeyManagementModuleOptions,
  test: TestAppOptions = {},
): Promise<TestingModule> {
  const module = Test.createTestingModule({
    imports: [
      ...(test.schedule ? [ScheduleModule.forRoot()] : []),
      KeyManagementModule.forRoot({ store: { kind: 'memory' }, admin: false, ...options }),
    ],
  });
  if (!test.schedule) module.overrideProvider(HealthCheckTimer).useValue({});
  if (test.clock) module.overrideProvider(CLOCK).useValue(test.clock);
  if (test.random) module.overrideProvider(RANDOM).useValue(test.random);
  const compiled = await module.compile();
  compiled.useLogger(test.logger ?? false);
  return compiled.init();
}
