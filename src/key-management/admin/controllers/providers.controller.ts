import { HttpCode, Inject, Post } from '@nestjs/common';
import { stateFields } from '../../analytics/comprehensive-status';
import { HealthCheckerRegistry } from '../../checkers/health-checker.registry';
import type { Clock } from '../../common/clock';
import { ProviderHealthService } from '../../health/provider-health.service';
import { CLOCK } from '../../key-management.constants';
import { KeyPoolService } from '../../pool/key-pool.service';
import { ApiController } from '../api-controller.decorator';
import { invalidRequest } from '../api-problem';
import { AdminRoute } from '../audit/admin-route.decorator';
import { ErrorAnswers, StoreAnswer } from '../error-answers';
import { JsonBody, ProviderParam } from '../input/request.decorators';
import { Answer, ApiOperation } from '../openapi';
import { PROVIDER_STATE, type ProviderStateView } from '../schemas/operations';
import { PAUSE_PROVIDER, type PauseProvider } from '../schemas/requests';

@ApiController('admin/providers/:provider', 'operations')
export class ProvidersController {
  constructor(
    private readonly pools: KeyPoolService,
    private readonly registry: HealthCheckerRegistry,
    private readonly health: ProviderHealthService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('pause')
  @HttpCode(200)
  @AdminRoute('pause_provider')
  @ApiOperation({
    summary: 'Have a provider serve no calls, until a time or until it is resumed',
    description:
      'Calls fail at once and say so, those in flight end normally, and keys are checked as ever. For all instances that share the store, and over ' +
      'restarts. Idempotent; another `until` changes the end.',
  })
  @Answer(200, () => PROVIDER_STATE)
  @ErrorAnswers(400, 413, 415)
  @StoreAnswer()
  async pause(
    @ProviderParam() provider: string,
    @JsonBody(() => PAUSE_PROVIDER, { required: false }) { until }: PauseProvider,
  ): Promise<ProviderStateView> {
    this.registry.assertKnown(provider, this.pools);
    const ends = until === undefined ? undefined : new Date(until);
    if (ends !== undefined && !(ends.getTime() > this.clock.now()))
      throw invalidRequest([
        {
          field: 'until',
          problem: 'must be a time in the future; left out, the pause lasts until the provider is resumed',
        },
      ]);
    this.pools.ensurePool(provider);
    await this.pools.pause(provider, { until: ends });
    return this.#view(provider);
  }

  @Post('resume')
  @HttpCode(200)
  @AdminRoute('resume_provider')
  @ApiOperation({
    summary: 'Have a paused provider serve calls again',
    description: 'Everywhere. Idempotent: of a provider that is not paused nothing changes.',
  })
  @Answer(200, () => PROVIDER_STATE)
  @ErrorAnswers(400, 415)
  @StoreAnswer()
  async resume(@ProviderParam() provider: string): Promise<ProviderStateView> {
    this.registry.assertKnown(provider, this.pools);
    this.pools.ensurePool(provider);
    await this.pools.resume(provider);
    return this.#view(provider);
  }

  #view(provider: string): ProviderStateView {
    const health = this.health.one(this.pools.ensurePool(provider));
    return { provider, ...stateFields(health), persistence: this.pools.keepsPauses ? 'stored' : 'memory_only' };
  }
}
