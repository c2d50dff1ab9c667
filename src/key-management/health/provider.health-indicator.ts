import { Injectable } from '@nestjs/common';
import { indicated, type IndicatorResult } from './health-result';
import { ProviderHealthService } from './provider-health.service';

export interface ProviderHealthOptions {
  /** `down`: a provider that is called and serves nobody makes the check fail. `degraded`: it is only told. Default `down`. */
  trouble?: 'down' | 'degraded';
}

/** How the providers stand: their states alone, with no reason, count or mask. */
@Injectable()
export class ProviderHealthIndicator {
  constructor(private readonly health: ProviderHealthService) {}

  check<const Key extends string>(key: Key, { trouble = 'down' }: ProviderHealthOptions = {}): IndicatorResult<Key> {
    const { states, serveNobody, areDegraded } = this.health.summary();
    if (serveNobody && trouble === 'down') return indicated(key, 'down', { states });
    return indicated(key, 'up', areDegraded ? { degraded: true, states } : { states });
  }
}
