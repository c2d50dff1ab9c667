import { EMPTY } from 'rxjs';
import { EventArchiveService } from '../../src/key-management/events/event-archive.service';
import { EventLog } from '../../src/key-management/events/event-log';
import { SeriesService } from '../../src/key-management/analytics/series/series.service';
import type { Outcome } from '../../src/key-management/vendors/contract/outcome';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPoolService } from '../../src/key-management/pool/key-pool.service';
import type { KeyRecord } from '../../src/key-management/pool/key/key-record';
import type { PersistenceService } from '../../src/key-management/store/persistence.service';
import type { KeyStore } from '../../src/key-management/store/port/key-store';
import { StoreLink } from '../../src/key-management/store/sync/store-link';
import { seededRandom, type FakeClock } from '../support/fake-clock';
import { keyText } from '../support/pool';

let instances = 0;

/** Pools, figures and log of one instance on a store of the test's, without Nest. */
export class AnalyticsInstance {
  readonly pools: KeyPoolService;
  readonly link: StoreLink;
  readonly series: SeriesService;
  readonly log: EventLog;

  constructor(
    store: KeyStore,
    readonly clock: FakeClock,
    readonly name = `instance-${++instances}`,
  ) {
    this.pools = new KeyPoolService(clock, seededRandom(1));
    this.link = new StoreLink(store, name, clock, { warn: () => undefined, info: () => undefined });
    // As much of the service as these owners use.
    const persistence = {
      link: this.link,
      damages$: EMPTY,
      own: (owner: Parameters<StoreLink['own']>[0]) => this.link.own(owner),
    } as unknown as PersistenceService;
    this.series = new SeriesService(this.pools, persistence, clock);
    this.log = new EventLog(this.pools, clock);
    new EventArchiveService(this.log, persistence, clock, name);
  }

  async open(): Promise<this> {
    await this.link.open();
    return this;
  }

  addKey(n: number, provider = 'openai'): KeyRecord {
    const pool = this.pools.ensurePool(provider);
    const record = pool.add(new ApiKey(keyText(n)), {}, 'configuration', 'configuration');
    pool.leaseForProbe(record).settle('ok');
    return record;
  }

  /** One call with one attempt. */
  async call(outcome: Outcome = 'ok', durationMs = 100, provider = 'openai'): Promise<void> {
    const lease = this.pools.lease(provider);
    if (!lease) throw new Error('There is no key to be had.');
    await this.clock.advance(durationMs);
    lease.settle(outcome);
    this.pools.pool(provider)!.calls.ended(outcome === 'ok', 1, durationMs);
  }

  /** Ends as the app does: what was counted is written. */
  async close(): Promise<void> {
    this.series.beforeApplicationShutdown();
    this.series.onModuleDestroy();
    await this.link.close(1_000);
  }
}
