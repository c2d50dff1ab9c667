import type { LoggerService } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { CLOCK, KeyManagementModule, RANDOM, type KeyManagementModuleOptions } from '../../src/key-management';
import type { Clock, Random } from '../../src/key-management';
import { HealthCheckTimer } from '../../src/key-management/health/health-check-timer.service';

export interface TestAppOptions {
  clock?: Clock;
  random?: Random;
  /** Whether the scheduled health checks run. Default false: the test starts them. */
  schedule?: boolean;
  logger?: LoggerService;
}

/** Starts the module on a memory store. The test can replace clock and random source. */
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
