import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { ConfigurationService } from '../configuration/configuration.service';
import { CLOCK, HEALTH_CHECK_JOB } from '../key-management.constants';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import { PersistenceService } from '../store/persistence.service';
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
  /** Not before this does an instance without the lead read again what others did; milliseconds since the epoch. */
  #readsAt = -Infinity;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly checks: HealthCheckService,
    private readonly configuration: ConfigurationService,
    private readonly leadership: CheckLeadership,
    private readonly persistence: PersistenceService,
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
    const leads = await this.leadership.held();
    const due = Array.from(this.pools.pools()).filter(
      (pool) => !this.#running.has(pool) && this.#isAnyDue(pool, leads),
    );
    if (due.length === 0 || !(await this.#knowsOthers(leads))) return;
    await Promise.all(due.map((pool) => this.#check(pool, leads)));
  }

  async #check(pool: KeyPool, leads: boolean): Promise<void> {
    if (this.#running.has(pool)) return;
    this.#running.add(pool);
    try {
      await this.checks.checkAll(pool, this.#due(pool, leads));
    } catch (error) {
      this.#failed(pool, error);
    } finally {
      this.#running.delete(pool);
    }
  }

  #failed({ provider }: KeyPool, error: unknown): void {
    const said = error instanceof Error ? error.message : 'unknown error';
    this.#logger.error(`The health check of ${provider} failed: ${said}`);
  }

  #due(pool: KeyPool, leads: boolean): Iterable<KeyRecord> {
    const before = this.clock.now() - (leads ? 0 : LEFT_UNDONE_MS);
    const intervalMs = this.configuration.current.healthCheckIntervalMinutes * MINUTE_MS;
    return dueKeys(pool.records(), intervalMs, before, this.checks.isDeep);
  }

  #isAnyDue(pool: KeyPool, leads: boolean): boolean {
    try {
      pool.wake(this.clock.now());
      for (const _ of this.#due(pool, leads)) return true;
    } catch (error) {
      this.#failed(pool, error);
    }
    return false;
  }

  /** Reads when others used and checked the keys: what looks due may not be. Without the lead that is not read with every tick. */
  async #knowsOthers(leads: boolean): Promise<boolean> {
    const { link } = this.persistence;
    if (leads) return link.freshen(TICK_MS);
    const now = this.clock.now();
    if (link.readsLater && now < this.#readsAt) return false;
    this.#readsAt = now + Math.max(MINUTE_MS, link.countInstances() * 1_000);
    return link.freshen(0);
  }
}
