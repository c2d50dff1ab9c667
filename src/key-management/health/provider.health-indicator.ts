import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ProviderHealthService } from './provider-health.service';

export interface ProviderHealthOptions {
  /** `down`: a provider that is called and serves nobody makes the check fail. `degraded`: it is only told. Default `down`. */
  trouble?: 'down' | 'degraded';
}

/** How the providers stand: their states alone, with no reason, count or mask. */
@Injectable()
export class ProviderHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly health: ProviderHealthService,
  ) {}

  check<const Key extends string>(
    key: Key,
    { trouble = 'down' }: ProviderHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const { states, serveNobody, areDegraded } = this.health.summary();
    const session = this.indicators.check(key);
    if (serveNobody && trouble === 'down') return session.down({ states });
    return areDegraded ? session.up({ degraded: true, states }) : session.up({ states });
  }
}
