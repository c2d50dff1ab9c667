import { Get, HttpCode, Patch, Post } from '@nestjs/common';
import { Answer, ApiOperation } from '../openapi';
import { EventLog } from '../../events/event-log';
import { ConfigurationService } from '../../configuration/configuration.service';
import { HealthSweepService } from '../../health/health-sweep.service';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { invalidRequest } from '../api-problem';
import { AdminRoute } from '../audit/admin-route.decorator';
import { cursorOf, positionOf } from '../input/cursor';
import { JsonBody, QueryParams } from '../input/request.decorators';
import { eventView, reportView } from '../key-views';
import {
  CONFIGURATION,
  EVENT_PAGE,
  HEALTH_CHECK_REPORT,
  type ConfigurationView,
  type EventPage,
  type HealthCheckReportView,
} from '../schemas/answers';
import { ErrorAnswers, StoreAnswer } from '../error-answers';
import {
  LIST_EVENTS,
  RUN_HEALTH_CHECKS,
  UPDATE_CONFIGURATION,
  type ListEvents,
  type RunHealthChecks,
  type UpdateConfiguration,
} from '../schemas/requests';

@ApiController('admin', 'operations')
export class OperationsController {
  constructor(
    private readonly sweep: HealthSweepService,
    private readonly configuration: ConfigurationService,
    private readonly log: EventLog,
  ) {}

  @Post('health-checks')
  @HttpCode(200)
  @AdminRoute('run_health_checks')
  @ApiOperation({ summary: 'Check all keys now, or those of one provider; disabled ones are left out' })
  @Answer(200, () => HEALTH_CHECK_REPORT)
  @ErrorAnswers(400, 413, 415)
  async check(
    @JsonBody(() => RUN_HEALTH_CHECKS, { required: false }) { provider }: RunHealthChecks,
  ): Promise<HealthCheckReportView> {
    return reportView(await this.sweep.checkNow(provider));
  }

  @Get('configuration')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the settings that change at run time' })
  @Answer(200, () => CONFIGURATION)
  @ErrorAnswers()
  settings(): ConfigurationView {
    const { maxRetries, healthCheckIntervalMinutes } = this.configuration.current;
    return {
      max_retries: maxRetries,
      health_check_interval_minutes: healthCheckIntervalMinutes,
      persistence: this.configuration.isKept ? 'stored' : 'memory_only',
    };
  }

  @Patch('configuration')
  @AdminRoute('update_configuration')
  @ApiOperation({
    summary: 'Change settings, for calls and checks from now on',
    description: 'For all instances that share the store, and over restarts, until they are changed again.',
  })
  @Answer(200, () => CONFIGURATION)
  @ErrorAnswers(400, 413, 415)
  @StoreAnswer()
  async update(@JsonBody(() => UPDATE_CONFIGURATION) changes: UpdateConfiguration): Promise<ConfigurationView> {
    const { max_retries: maxRetries, health_check_interval_minutes: healthCheckIntervalMinutes } = changes;
    if (maxRetries === undefined && healthCheckIntervalMinutes === undefined) {
      throw invalidRequest([{ field: 'body', problem: 'must have max_retries or health_check_interval_minutes' }]);
    }
    await this.configuration.update({ maxRetries, healthCheckIntervalMinutes });
    return this.settings();
  }

  @Get('events')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the latest changes of keys and acts of administrators, newest first' })
  @Answer(200, () => EVENT_PAGE)
  @ErrorAnswers(400)
  events(@QueryParams(() => LIST_EVENTS) { limit, cursor, provider, type, key_id: keyId }: ListEvents): EventPage {
    const position = positionOf(cursor, /^\d{1,15}$/);
    const before = position === undefined ? undefined : Number(position);
    const found = this.log.latest({ limit: limit + 1, before, provider, type, keyId });
    const entries = found.slice(0, limit);
    return {
      events: entries.map(eventView),
      next_cursor: found.length > limit ? cursorOf(String(entries.at(-1)!.id)) : null,
    };
  }
}
