import { applyDecorators, Controller, Get, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { KeyPoolHealthIndicator } from '../../health/key-pool.health-indicator';
import { ProviderHealthIndicator } from '../../health/provider.health-indicator';
import { KeyStoreHealthIndicator } from '../../health/key-store.health-indicator';
import { RequiredAccess } from '../access/access.decorator';
import { AccessGuard } from '../access/access.guard';
import { HealthDto } from '../dto/health.dto';

const Answers = (when503: string): MethodDecorator =>
  applyDecorators(
    ApiResponse({ status: 200, type: HealthDto }),
    ApiResponse({ status: 503, type: HealthDto, description: when503 }),
  );

/** For orchestrators: open to anyone, so no keys, masks or counts. */
@ApiTags('health')
@Controller('health')
@UseGuards(AccessGuard)
@RequiredAccess('public')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly pools: KeyPoolHealthIndicator,
    private readonly providers: ProviderHealthIndicator,
    private readonly store: KeyStoreHealthIndicator,
  ) {}

  @Get()
  @HealthCheck({ swaggerDocumentation: false, noCache: true })
  @ApiOperation({
    summary: 'Is every provider served?',
    description: 'With the state of each, as `GET /health/keys` explains it.',
  })
  @Answers('A provider has too few usable keys, or is called and is `failing` or has `no_usable_key`.')
  all(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.pools.check('key_pools'),
      () => this.providers.check('providers'),
      () => this.store.check('key_store'),
    ]);
  }

  @Get('live')
  @HealthCheck({ swaggerDocumentation: false, noCache: true })
  @ApiOperation({ summary: 'Does the process answer?' })
  @Answers('The app is shutting down.')
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('ready')
  @HealthCheck({ swaggerDocumentation: false, noCache: true })
  @ApiOperation({
    summary: 'May calls be sent to this instance?',
    description:
      'Instances share their keys and their vendors, so a provider that serves nobody takes no instance out of service: it shows as `degraded`.',
  })
  @Answers('No provider has a usable key.')
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.pools.check('key_pools', { providers: 'any' }),
      () => this.providers.check('providers', { trouble: 'degraded' }),
      () => this.store.check('key_store'),
    ]);
  }
}
