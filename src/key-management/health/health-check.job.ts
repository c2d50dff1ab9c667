import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { ConfigurationService } from '../configuration/configuration.service';
import { CLOCK, HEALTH_CHECK_JOB } from '../key-management.constants';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import { CheckLeadership } from './check-leadership';
import { dueKeys } from './due-keys';
import { HealthCheckService } from './health-check.service';
import { Cron } from './scheduler';

const MINUTE_MS = 60_000;
/** Between two ticks, whoever makes them; milliseconds. */
export const TICK_MS = 3_000;
/** An instance without the lead checks what the leader left undone for so long: keys that only it has, say. */
const LEFT_UNDONE_MS = 30_000;

/** Every few seconds: probes the keys that are due. What is due follows the interval in force, so it changes at run time. */
@Injectable()
export class HealthCheckJob implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #running = new Set<KeyPool>();
  #closed = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly checks: HealthCheckService,
    private readonly configuration: ConfigurationService,
    private readonly leadership: CheckLeadership,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleDestroy(): void {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Ticks of one provider never overlap, and a slow provider does not hold up the others. */
  @Cron('*/3 * * * * *', { name: HEALTH_CHECK_JOB, unrefTimeout: true })
  async tick(): Promise<void> {
    if (this.#closed) return;
    const graceMs = (await this.leadership.held()) ? 0 : LEFT_UNDONE_MS;
    await Promise.all(Array.from(this.pools.pools(), (pool) => this.#tick(pool, graceMs)));
  }

  async #tick(pool: KeyPool, graceMs: number): Promise<void> {
    if (this.#running.has(pool)) return;
    this.#running.add(pool);
    try {
      const now = this.clock.now();
      pool.wake(now);
      const intervalMs = this.configuration.current.healthCheckIntervalMinutes * MINUTE_MS;
      await this.checks.checkAll(pool, dueKeys(pool.records(), intervalMs, now - graceMs, this.checks.isDeep));
    } catch (error) {
      const said = error instanceof Error ? error.message : 'unknown error';
      this.#logger.error(`The health check of ${pool.provider} failed: ${said}`);
    } finally {
      this.#running.delete(pool);
    }
  }
}
