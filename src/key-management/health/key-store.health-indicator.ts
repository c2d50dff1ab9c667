import { Inject, Injectable } from '@nestjs/common';
import { STORE_HEALTH, type StoreHealth } from '../key-management.constants';
import { indicated, type IndicatorResult } from './health-result';

/** How the store is. Without it the pools work on, so a store that is away is `up` with `degraded: true`: Terminus 11 knows no better word. */
@Injectable()
export class KeyStoreHealthIndicator {
  constructor(@Inject(STORE_HEALTH) private readonly store: StoreHealth) {}

  check<const Key extends string>(key: Key): IndicatorResult<Key> {
    const { condition } = this.store;
    return indicated(key, 'up', condition === 'up' ? {} : { degraded: true, condition });
  }
}
