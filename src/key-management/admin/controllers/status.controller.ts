import { Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '../openapi';
import { AnalyticsService } from '../../analytics/analytics.service';
import type { ComprehensiveStatus } from '../../analytics/comprehensive-status';
import type { ProviderAnalytics } from '../../analytics/provider-analytics';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { ProviderAnalyticsDto } from '../dto/analytics.dto';
import { ErrorAnswers } from '../dto/errors.dto';
import { ProviderParam } from '../dto/parameters';
import { ComprehensiveStatusDto } from '../dto/status.dto';
import { ProviderNamePipe } from '../input/path.pipes';

@ApiTags('status')
@ApiBearerAuth()
@ApiController('')
export class StatusController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('health/keys')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show all pools and all keys, masked, with the figures of all calls' })
  @ApiResponse({ status: 200, type: ComprehensiveStatusDto })
  @ErrorAnswers()
  status(): ComprehensiveStatus {
    return this.analytics.comprehensiveStatus();
  }

  @Get('analytics/:provider')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the figures, the timeline and the latest events of one provider' })
  @ProviderParam()
  @ApiResponse({ status: 200, type: ProviderAnalyticsDto })
  @ErrorAnswers(400)
  provider(@Param('provider', ProviderNamePipe) provider: string): ProviderAnalytics {
    return this.analytics.providerAnalytics(provider);
  }
}
