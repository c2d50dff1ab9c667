import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { forEachInChunks } from '../common/event-loop';
import { ConfigurationService } from '../configuration/configuration.service';
import { CLOCK, HEALTH_CHECK_JOB } from '../key-management.constants';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyPool } from '../pool/key-pool';
import { KeyPoolService } from '../pool/key-pool.service';
import { PersistenceService } from '../store/persistence.service';
import { CheckLeadership } from './check-leadership';
import { nextProbeAt } from './due-keys';
import { HealthCheckService } from './health-check.service';
import { Cron } from './scheduler';

const MINUTE_MS = 60_000;
/** Between two ticks, whoever makes them; milliseconds. */
export const TICK_MS = 3_000;
/** An instance without the lead checks what the leader left undone for so long: keys that only it has, say. */
const LEFT_UNDONE_MS = 30_000;
/** Keys that are looked at between two turns of the event loop: that takes about a millisecond. */
const LOOKED_AT = 1_000;

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
    const due = new Map<KeyPool, KeyRecord[]>();
    for (const pool of [...this.pools.pools()]) {
      const records = this.#running.has(pool) ? [] : await this.#look(pool, leads);
      if (records.length > 0) due.set(pool, records);
    }
    if (due.size === 0 || !(await this.#knowsOthers(leads))) return;
    await Promise.all(Array.from(due, ([pool, records]) => this.#check(pool, records, leads)));
  }

  async #check(pool: KeyPool, records: readonly KeyRecord[], leads: boolean): Promise<void> {
    if (this.#running.has(pool)) return;
    this.#running.add(pool);
    try {
      // As of when its turn comes: calls may have proven the key meanwhile.
      await this.checks.checkAll(pool, filter(records, this.#isDue(leads)));
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

  /** Whether a key is due as of now. */
  #isDue(leads: boolean): (record: KeyRecord) => boolean {
    const before = this.clock.now() - (leads ? 0 : LEFT_UNDONE_MS);
    const intervalMs = this.configuration.current.healthCheckIntervalMinutes * MINUTE_MS;
    const { isDeep } = this.checks;
    return (record) => nextProbeAt(record, intervalMs, isDeep) <= before;
  }

  /** The keys that are due, looked for in chunks: those of a large pool take some tens of milliseconds. */
  async #look(pool: KeyPool, leads: boolean): Promise<KeyRecord[]> {
    const due: KeyRecord[] = [];
    const isDue = this.#isDue(leads);
    try {
      pool.wake(this.clock.now());
      await forEachInChunks(pool.records(), (record) => isDue(record) && due.push(record), LOOKED_AT);
    } catch (error) {
      this.#failed(pool, error);
    }
    return due;
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

function* filter<T>(items: Iterable<T>, isWanted: (item: T) => boolean): Iterable<T> {
  for (const item of items) if (isWanted(item)) yield item;
}
