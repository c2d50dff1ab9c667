import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { filter, firstValueFrom } from 'rxjs';
import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CheckLeadership } from './check-leadership';
import { HealthCheckService } from './health-check.service';
import { CLOCK, RESOLVED_OPTIONS } from '../key-management.constants';
import type { KeyPool } from '../pool/key-pool';
import type { KeyRecord } from '../pool/key/key-record';
import { countStatuses, countsText } from '../pool/key/status-counts';
import { KeyPoolService } from '../pool/key-pool.service';
import { forEachInChunks } from '../common/event-loop';
import { KeySourcesService } from './key-sources.service';
import { startNotices } from './start-notices';
import { unpricedBudget } from './unpriced-budgets';
import { PersistenceService } from '../store/persistence.service';
import { within } from '../common/settles-within';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';

/** Brings the configured keys into their pools, and has them checked before the app serves. */
@Injectable()
export class StartupService implements OnModuleInit, OnApplicationBootstrap {
  readonly #logger = new Logger('KeyManagement');
  /** Providers of which the log says that they have budgets in US dollars and no price. */
  readonly #warnedUnpriced = new Set<string>();
  /** The checkers are registered, and the first keys are there: it is known which vendor serves a provider. */
  #isSetUp = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly checks: HealthCheckService,
    private readonly persistence: PersistenceService,
    private readonly leadership: CheckLeadership,
    private readonly registry: HealthCheckerRegistry,
    private readonly sources: KeySourcesService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    pools.observe({
      usdCounted: (provider) => this.#warnUnpriced(provider),
      poolClosed: (provider) => this.#warnedUnpriced.delete(provider),
    });
  }

  /** The store first: what it knows of a key counts from the moment the key is there. */
  async onModuleInit(): Promise<void> {
    const reserved = [...this.options.providers].flatMap(([provider, { keys }]) =>
      keys.flatMap(({ key }) => (key.isNamed ? [{ provider, keyId: key.id }] : [])),
    );
    const sourced = await this.sources.readFirst();
    this.persistence.keys.reserve([...reserved, ...sourced]);
    await this.persistence.start();
    for (const [provider, { keys, keysFrom }] of this.options.providers) {
      const pool = this.pools.ensurePool(provider);
      pool.configuredBy = keysFrom;
      await forEachInChunks(keys, ({ key, ...input }) => {
        if (this.persistence.keys.isDeleted(provider, key.id)) {
          this.persistence.keys.named(provider, key.id);
          this.#logger.log(
            `${provider} key ${key.masked} stays out: an administrator deleted it; add it again to have it back`,
          );
          return;
        }
        const { origin, id } = pool.add(key, input, 'configuration', 'configuration');
        if (id !== key.id)
          this.#logger.warn(
            `${provider} key ${key.masked} is in the pool under the id "${id}", not "${key.id}": it was added at run time; delete it there, and it has its new id after the next start`,
          );
        // It was there already, added at run time: the record does not say that the configuration names it.
        if (origin === 'runtime') this.persistence.keys.named(provider, id);
      });
    }
    this.sources.register();
    this.persistence.keys.reserve([]);
  }

  /** Waits for the first checks, but no longer than the limit: the rest go on behind the app's start. */
  async onApplicationBootstrap(): Promise<void> {
    this.sources.start();
    for (const notice of startNotices(this.options, this.registry, this.pools)) this.#logger.warn(notice);
    this.#isSetUp = true;
    for (const { provider } of this.pools.pools()) this.#warnUnpriced(provider);
    const pools = [...this.pools.pools()].filter(({ size }) => size > 0);
    if (pools.length === 0) return;
    const limit = this.options.startupCheckTimeoutMs;
    const done = await within(limit, this.#checked(pools), this.clock);
    if (!done)
      this.#logger.warn(`The first health checks are not done after ${limit} ms; they go on while the app starts.`);
    for (const pool of pools) this.#logger.log(`${pool.provider}: ${countsText(countStatuses(pool)).join(', ')}`);
  }

  /** Says once of each provider that money is counted of which no price is known: at the start, or when its first budget in US dollars comes. */
  #warnUnpriced(provider: string): void {
    const pool = this.#isSetUp && !this.#warnedUnpriced.has(provider) ? this.pools.pool(provider) : undefined;
    const notice = pool && unpricedBudget(pool, this.options.providers);
    if (notice === undefined) return;
    this.#warnedUnpriced.add(provider);
    this.#logger.warn(notice);
  }

  /** The leader checks; the others wait until it has classified every key. */
  async #checked(pools: readonly KeyPool[]): Promise<unknown> {
    if (!(await this.leadership.held())) return this.#checkedByLeader(pools);
    return Promise.all(pools.map((pool) => this.checks.checkAll(pool, unchecked(pool))));
  }

  #checkedByLeader(pools: readonly KeyPool[]): Promise<unknown> {
    const left = pools.map((pool) => new UncheckedKeys(pool));
    const isDone = (): boolean => left.every((each) => each.isEmpty);
    if (isDone()) return Promise.resolve();
    return firstValueFrom(this.pools.events$.pipe(filter(isDone)), { defaultValue: undefined });
  }
}

/** As they are when they are taken. */
function* unchecked(pool: KeyPool): Generator<KeyRecord, undefined> {
  for (const record of pool.records()) if (record.state.status === 'unchecked') yield record;
  return undefined;
}

/** The keys of a pool that no instance has checked yet. Goes through them once, however often `isEmpty` is read. */
class UncheckedKeys {
  readonly #keys: Iterator<KeyRecord, undefined>;
  #first: KeyRecord | undefined;

  constructor(pool: KeyPool) {
    this.#keys = unchecked(pool);
    this.#next();
  }

  get isEmpty(): boolean {
    while (this.#first && (this.#first.deleted || this.#first.state.status !== 'unchecked')) this.#next();
    return this.#first === undefined;
  }

  #next(): void {
    this.#first = this.#keys.next().value;
  }
}
