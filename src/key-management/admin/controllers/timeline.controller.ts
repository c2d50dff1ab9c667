import { Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '../openapi';
import { AnalyticsService } from '../../analytics/analytics.service';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { ErrorAnswers } from '../dto/errors.dto';
import { KeyIdParam, ProviderParam } from '../dto/parameters';
import { TimelineDto, TimelineRangeQuery, timelineQuery } from '../dto/timeline.dto';
import { KeyIdPipe, ProviderNamePipe } from '../input/path.pipes';

@ApiTags('status')
@ApiBearerAuth()
@ProviderParam()
@ApiController('analytics/:provider')
export class TimelineController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('timeline')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the calls of a provider by minute or hour, of all instances' })
  @ApiResponse({ status: 200, type: TimelineDto })
  @ErrorAnswers(400)
  provider(@Param('provider', ProviderNamePipe) provider: string, @Query() query: TimelineRangeQuery): TimelineDto {
    const timeline = this.analytics.timeline(provider, timelineQuery(query));
    return { provider, resolution: query.resolution, timeline };
  }

  @Get('keys/:id/timeline')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the attempts with one key by minute or hour, of all instances' })
  @KeyIdParam('Id of the key; one that was deleted still has its timeline.')
  @ApiResponse({ status: 200, type: TimelineDto })
  @ErrorAnswers(400)
  key(
    @Param('provider', ProviderNamePipe) provider: string,
    @Param('id', KeyIdPipe) id: string,
    @Query() query: TimelineRangeQuery,
  ): TimelineDto {
    const timeline = this.analytics.keyTimeline(provider, id, timelineQuery(query));
    return { provider, key_id: id, resolution: query.resolution, timeline };
  }
}
