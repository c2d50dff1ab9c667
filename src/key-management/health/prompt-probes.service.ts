import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { CLOCK } from '../key-management.constants';
import type { KeyRecord } from '../pool/key/key-record';
import { KeyPoolService } from '../pool/key-pool.service';
import { HealthCheckService } from './health-check.service';

/** One key is probed out of turn no more often than this, so that no stream of refusals becomes a stream of probes. Milliseconds. */
const PROMPT_GAP_MS = 10_000;

/**
 * Probes keys at once for which the pool asks for it, without waiting for the next tick of the health check job, within the provider's bound of
 * checks under way. The instance that saw the refusal probes, whichever one leads the sweeps.
 */
@Injectable()
export class PromptProbes implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #probedAt = new WeakMap<KeyRecord, number>();
  readonly #stop: () => void;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly checks: HealthCheckService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#stop = pools.observe({
      probeWanted: (record) => void this.#probe(record),
    });
  }

  onModuleDestroy(): void {
    this.#stop();
  }

  async #probe(record: KeyRecord): Promise<void> {
    const pool = this.pools.pool(record.provider);
    const now = this.clock.now();
    if (!pool || record.probing || now - (this.#probedAt.get(record) ?? -Infinity) < PROMPT_GAP_MS) return;
    this.#probedAt.set(record, now);
    try {
      await this.checks.checkAll(pool, [record]);
    } catch (error) {
      const said = error instanceof Error ? error.message : 'unknown error';
      this.#logger.error(`The health check of a key of ${record.provider} failed: ${said}`);
    }
  }
}
