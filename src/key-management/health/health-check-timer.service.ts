import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { Clock } from '../common/clock';
import { Timer } from '../common/coalescing-timer';
import { CLOCK, HEALTH_CHECK_JOB } from '../key-management.constants';
import { HealthCheckJob, TICK_MS } from './health-check.job';
import { schedule } from './scheduler';

/** Runs the health check job in an app whose scheduler does not. Keeps no process alive. */
@Injectable()
export class HealthCheckTimer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #ticks: Timer;

  constructor(
    private readonly job: HealthCheckJob,
    private readonly modules: ModuleRef,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#ticks = new Timer(clock, TICK_MS, () => this.#tick());
  }

  onApplicationBootstrap(): void {
    this.#logger.log(
      this.#scheduler()
        ? `Health checks run as the @Cron job "${HEALTH_CHECK_JOB}" of @nestjs/schedule.`
        : 'Health checks run on a timer of the module: the app has no ScheduleModule.forRoot() of @nestjs/schedule, and needs none for this.',
    );
    this.#ticks.start();
  }

  onModuleDestroy(): void {
    this.#ticks.stop();
  }

  /** A scheduler mounts its jobs when its turn comes, which may be after this module's, or not at all (`cronJobs: false`). */
  #tick(): void {
    if (this.job.closed || this.#scheduler()?.doesExist('cron', HEALTH_CHECK_JOB)) return;
    // A tick that takes long holds up no other one.
    this.#ticks.start();
    void this.job.tick();
  }

  #scheduler(): SchedulerRegistry | undefined {
    if (!schedule) return undefined;
    try {
      return this.modules.get(schedule.SchedulerRegistry, { strict: false });
    } catch {
      return undefined;
    }
  }
}
