import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { STORE_HEALTH, type StoreHealth } from '../key-management.constants';

/** How the store is. Without it the pools work on, so a store that is away is `up` with `degraded: true`: Terminus 11 knows no better word. */
@Injectable()
export class KeyStoreHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(STORE_HEALTH) private readonly store: StoreHealth,
  ) {}

  check<const Key extends string>(key: Key): HealthIndicatorResult<Key> {
    const session = this.indicators.check(key);
    const { condition } = this.store;
    return condition === 'up' ? session.up() : session.up({ degraded: true, condition });
  }
}
