import { Get } from '@nestjs/common';
import { Answer, ApiOperation } from '../openapi';
import { AnalyticsService } from '../../analytics/analytics.service';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { KeyIdParam, ProviderParam, QueryParams } from '../input/request.decorators';
import { TIMELINE, type TimelineView } from '../schemas/answers';
import { ErrorAnswers } from '../error-answers';
import { TIMELINE_RANGE, type TimelineRange } from '../schemas/requests';

@ApiController('analytics/:provider', 'status')
export class TimelineController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('timeline')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the calls of a provider by minute or hour, of all instances' })
  @Answer(200, () => TIMELINE)
  @ErrorAnswers(400)
  provider(@ProviderParam() provider: string, @QueryParams(() => TIMELINE_RANGE) range: TimelineRange): TimelineView {
    const timeline = this.analytics.timeline(provider, range);
    return { provider, resolution: range.resolution, timeline };
  }

  @Get('keys/:id/timeline')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show the attempts with one key by minute or hour, of all instances' })
  @Answer(200, () => TIMELINE)
  @ErrorAnswers(400)
  key(
    @ProviderParam() provider: string,
    @KeyIdParam('Id of the key; one that was deleted still has its timeline.') id: string,
    @QueryParams(() => TIMELINE_RANGE) range: TimelineRange,
  ): TimelineView {
    const timeline = this.analytics.keyTimeline(provider, id, range);
    return { provider, key_id: id, resolution: range.resolution, timeline };
  }
}
