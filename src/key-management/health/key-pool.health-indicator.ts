import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../configuration/resolved-options';
import type { Clock } from '../common/clock';
import { CLOCK, RESOLVED_OPTIONS } from '../key-management.constants';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyPool } from '../pool/key-pool';
import { isCoolingDown } from '../pool/key/key-state';
import { indicated, type IndicatorResult } from './health-result';

export interface KeyPoolHealthOptions {
  /** Usable keys that a provider needs. Default: the module's `minimumUsableKeys`, 1. */
  minimum?: number;
  /** Whether every provider needs them, or one is enough. Default `all`. */
  providers?: 'all' | 'any';
  /** `down`: a lack of usable keys makes the check fail. `degraded`: it is only told. Default `down`. */
  trouble?: 'down' | 'degraded';
}

/**
 * Whether the providers have usable keys. A key that cools down is usable: it comes back by itself. Providers without keys, and those
 * whose keys are all switched off, those that an administrator paused, and pools that were opened at run time, are not asked for any. Tells names of providers, and no counts or masks.
 */
@Injectable()
export class KeyPoolHealthIndicator {
  constructor(
    private readonly pools: KeyPoolService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  check<const Key extends string>(key: Key, options: KeyPoolHealthOptions = {}): IndicatorResult<Key> {
    const { minimum = this.options.minimumUsableKeys, providers = 'all', trouble = 'down' } = options;
    const now = this.clock.now();
    const pools = [...this.pools.pools()].filter(
      (pool) => pool.pauseAt(now) === undefined && this.pools.templateOf(pool.provider) === undefined && isInUse(pool),
    );
    const lacking = pools.filter((pool) => !hasUsable(pool, minimum));
    const isLacking = lacking.length > 0 && (providers === 'all' || lacking.length === pools.length);
    if (!isLacking) return indicated(key, 'up');
    const names = lacking.map(({ provider }) => provider);
    if (trouble === 'degraded') return indicated(key, 'up', { degraded: true, providers: names });
    return indicated(key, 'down', { providers: names });
  }
}

function isInUse(pool: KeyPool): boolean {
  for (const { enabled } of pool.records()) if (enabled) return true;
  return false;
}

function hasUsable(pool: KeyPool, minimum: number): boolean {
  let usable = 0;
  for (const { enabled, state } of pool.records()) {
    if (enabled && (state.status === 'healthy' || isCoolingDown(state))) usable += 1;
    if (usable >= minimum) return true;
  }
  return usable >= minimum;
}
