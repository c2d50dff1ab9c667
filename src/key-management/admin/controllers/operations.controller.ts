import { Body, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '../openapi';
import { EventLog } from '../../events/event-log';
import { ConfigurationService, type Configuration } from '../../configuration/configuration.service';
import { HealthSweepService } from '../../health/health-sweep.service';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { invalidRequest } from '../api-problem';
import { Audited } from '../audit/audited.decorator';
import { ErrorAnswers, StoreAnswer } from '../dto/errors.dto';
import { ListEventsQuery } from '../dto/queries.dto';
import { ConfigurationDto, EventPageDto, HealthCheckReportDto } from '../dto/reports.dto';
import { RunHealthChecksDto, UpdateConfigurationDto } from '../dto/requests.dto';
import { cursorOf, positionOf } from '../input/cursor';
import { eventView, reportView } from '../key-views';

const configurationView = (
  { maxRetries, healthCheckIntervalMinutes }: Configuration,
  isKept: boolean,
): ConfigurationDto => ({
  max_retries: maxRetries,
  health_check_interval_minutes: healthCheckIntervalMinutes,
  persistence: isKept ? 'stored' : 'memory_only',
});

@ApiTags('operations')
@ApiBearerAuth()
@ApiController('admin')
export class OperationsController {
  constructor(
    private readonly sweep: HealthSweepService,
    private readonly configuration: ConfigurationService,
    private readonly log: EventLog,
  ) {}

  @Post('health-checks')
  @HttpCode(200)
  @RequiredAccess('admin')
  @Audited('run_health_checks')
  @ApiOperation({ summary: 'Check all keys now, or those of one provider; disabled ones are left out' })
  @ApiBody({ type: RunHealthChecksDto, required: false })
  @ApiResponse({ status: 200, type: HealthCheckReportDto })
  @ErrorAnswers(400, 413, 415)
  async check(@Body() { provider }: RunHealthChecksDto): Promise<HealthCheckReportDto> {
    return reportView(await this.sweep.checkNow(provider));
  }

  @Get('configuration')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the settings that change at run time' })
  @ApiResponse({ status: 200, type: ConfigurationDto })
  @ErrorAnswers()
  settings(): ConfigurationDto {
    return configurationView(this.configuration.current, this.configuration.isKept);
  }

  @Patch('configuration')
  @RequiredAccess('admin')
  @Audited('update_configuration')
  @ApiOperation({
    summary: 'Change settings, for calls and checks from now on',
    description: 'For all instances that share the store, and over restarts, until they are changed again.',
  })
  @ApiResponse({ status: 200, type: ConfigurationDto })
  @ErrorAnswers(400, 413, 415)
  @StoreAnswer()
  async update(@Body() changes: UpdateConfigurationDto): Promise<ConfigurationDto> {
    const { max_retries: maxRetries, health_check_interval_minutes: healthCheckIntervalMinutes } = changes;
    if (maxRetries === undefined && healthCheckIntervalMinutes === undefined) {
      throw invalidRequest([{ field: 'body', problem: 'must have max_retries or health_check_interval_minutes' }]);
    }
    const changed = await this.configuration.update({ maxRetries, healthCheckIntervalMinutes });
    return configurationView(changed, this.configuration.isKept);
  }

  @Get('events')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the latest changes of keys and acts of administrators, newest first' })
  @ApiResponse({ status: 200, type: EventPageDto })
  @ErrorAnswers(400)
  events(@Query() { limit, cursor, provider, type }: ListEventsQuery): EventPageDto {
    const position = positionOf(cursor, /^\d{1,15}$/);
    const before = position === undefined ? undefined : Number(position);
    const found = this.log.latest({ limit: limit + 1, before, provider, type });
    const entries = found.slice(0, limit);
    return {
      events: entries.map(eventView),
      next_cursor: found.length > limit ? cursorOf(String(entries.at(-1)!.id)) : null,
    };
  }
}
