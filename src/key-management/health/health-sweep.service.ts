import { Inject, Injectable } from '@nestjs/common';
import type { Outcome } from '../vendors/contract/outcome';
import type { Clock } from '../common/clock';
import { CLOCK } from '../key-management.constants';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyPool } from '../pool/key-pool';
import type { KeyRecord } from '../pool/key/key-record';
import { isRemovedStatus, type KeyStatus } from '../pool/key/key-state';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { HealthCheckService } from './health-check.service';

/** What the report says of one checked key. */
export interface CheckedKey {
  provider: string;
  keyId: string;
  maskedKey: string;
  outcome: Outcome;
  reason?: string;
  /** Its status after the check. */
  status: KeyStatus;
}

export interface HealthCheckReport {
  checkedKeys: number;
  healthyKeys: number;
  /** Keys that left the pool by this check. */
  removedKeys: number;
  durationMs: number;
  keys: CheckedKey[];
}

/** Health checks on demand. */
@Injectable()
export class HealthSweepService {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly checks: HealthCheckService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Checks every key that is not disabled. @throws UnknownProviderError */
  async checkNow(provider?: string): Promise<HealthCheckReport> {
    if (provider !== undefined) this.registry.assertKnown(provider, this.pools);
    const pool = provider === undefined ? undefined : this.pools.pool(provider);
    const startedAt = this.clock.now();
    const pools = provider === undefined ? [...this.pools.pools()] : pool ? [pool] : [];
    const keys = (await Promise.all(pools.map((each) => this.#check(each)))).flat();
    return {
      checkedKeys: keys.length,
      healthyKeys: keys.filter(({ status }) => status === 'healthy').length,
      removedKeys: keys.filter(({ status, before }) => isRemovedStatus(status) && !isRemovedStatus(before)).length,
      durationMs: this.clock.now() - startedAt,
      keys: keys.map(({ before: _, ...key }) => key),
    };
  }

  async #check(pool: KeyPool): Promise<(CheckedKey & { before: KeyStatus })[]> {
    const before = new Map<KeyRecord, KeyStatus>();
    for (const record of pool.records()) if (record.enabled) before.set(record, record.status);
    const checks = await this.checks.checkAll(pool, before.keys(), 'administrator');
    return checks.map(({ record, result }) => ({
      provider: record.provider,
      keyId: record.id,
      maskedKey: record.key.masked,
      outcome: result.outcome,
      reason: result.reason,
      status: pool.snapshot(record).status,
      before: before.get(record)!,
    }));
  }
}
