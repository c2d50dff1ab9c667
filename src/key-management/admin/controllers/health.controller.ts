import { applyDecorators, Get, Res, UseGuards, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { healthReport, type HealthReport, type IndicatorResult } from '../../health/health-result';
import { KeyPoolHealthIndicator } from '../../health/key-pool.health-indicator';
import { ProviderHealthIndicator } from '../../health/provider.health-indicator';
import { KeyStoreHealthIndicator } from '../../health/key-store.health-indicator';
import { RequiredAccess } from '../access/access.decorator';
import { AccessGuard } from '../access/access.guard';
import { Answer, ApiOperation, ApiTags } from '../openapi';
import { ModuleController, PublicToHost } from '../routes/module-controller.decorator';
import { keepAnswer } from '../routes/own-answer';
import { HEALTH } from '../schemas/answers';

const Answers = (when503: string): MethodDecorator =>
  applyDecorators(
    Answer(200, () => HEALTH),
    Answer(503, () => HEALTH, { description: when503 }),
  );

/** For orchestrators: open to anyone, so no keys, masks or counts. Answers as Terminus does, with Terminus or without. */
@ApiTags('health')
@ModuleController('health', 'health')
@PublicToHost()
@UseGuards(AccessGuard)
@RequiredAccess('public')
export class HealthController implements BeforeApplicationShutdown {
  #isShuttingDown = false;

  constructor(
    private readonly pools: KeyPoolHealthIndicator,
    private readonly providers: ProviderHealthIndicator,
    private readonly store: KeyStoreHealthIndicator,
    private readonly adapters: HttpAdapterHost,
  ) {}

  beforeApplicationShutdown(): void {
    this.#isShuttingDown = true;
  }

  @Get()
  @ApiOperation({
    summary: 'Is every provider served?',
    description: 'With the state of each, as `GET /health/keys` explains it.',
  })
  @Answers('A provider has too few usable keys, or is called and is `failing` or has `no_usable_key`.')
  all(@Res({ passthrough: true }) response: object): void {
    this.#answer(response, [
      this.pools.check('key_pools'),
      this.providers.check('providers'),
      this.store.check('key_store'),
    ]);
  }

  @Get('live')
  @ApiOperation({ summary: 'Does the process answer?' })
  @Answer(200, () => HEALTH)
  live(@Res({ passthrough: true }) response: object): void {
    // Also while the app shuts down: who is killed for it would not finish its calls.
    this.#send(response, healthReport([], false));
  }

  @Get('ready')
  @ApiOperation({
    summary: 'May calls be sent to this instance?',
    description:
      'Instances share their keys and their vendors, so providers that serve nobody, also all of them, take no instance out of service: they show as `degraded`.',
  })
  @Answers('The app is shutting down.')
  ready(@Res({ passthrough: true }) response: object): void {
    this.#answer(response, [
      this.pools.check('key_pools', { trouble: 'degraded' }),
      this.providers.check('providers', { trouble: 'degraded' }),
      this.store.check('key_store'),
    ]);
  }

  #answer(response: object, results: readonly IndicatorResult[]): void {
    this.#send(response, healthReport(results, this.#isShuttingDown));
  }

  #send(response: object, report: HealthReport): void {
    const { httpAdapter } = this.adapters;
    httpAdapter.setHeader(response, 'Cache-Control', 'no-cache, no-store, must-revalidate');
    httpAdapter.reply(response, report, report.status === 'ok' ? 200 : 503);
    keepAnswer(response);
  }
}
