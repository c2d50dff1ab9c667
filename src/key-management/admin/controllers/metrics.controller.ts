import { Get, Header } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '../openapi';
import { KeyMetricsService } from '../../metrics/key-metrics.service';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { ErrorAnswers } from '../error-answers';

@ApiController('metrics', 'status', 'metrics')
export class MetricsController {
  constructor(private readonly metrics: KeyMetricsService) {}

  @Get()
  @RequiredAccess('viewer')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Metrics of this instance for Prometheus', description: 'Text format 0.0.4.' })
  @ApiResponse({ status: 200, content: { 'text/plain': { schema: { type: 'string' } } } })
  @ErrorAnswers()
  all(): Promise<string> {
    return this.metrics.text();
  }
}
