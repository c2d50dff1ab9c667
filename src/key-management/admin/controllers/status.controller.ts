import { Readable } from 'node:stream';
import { Get, StreamableFile } from '@nestjs/common';
import { Answer, ApiOperation } from '../openapi';
import { AnalyticsService } from '../../analytics/analytics.service';
import { COMPREHENSIVE_STATUS, type ComprehensiveStatus } from '../../analytics/documents';
import { KEY_ID } from '../../pool/key/api-key';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { cursorOf, positionOf } from '../input/cursor';
import { ProviderParam, QueryParams } from '../input/request.decorators';
import { PROVIDER_ANALYTICS_PAGE, type ProviderAnalyticsPage } from '../schemas/answers';
import { ErrorAnswers } from '../error-answers';
import { PAGE_OF_ANALYTICS, type PageOfAnalytics } from '../schemas/requests';

/** Of more keys than this the document is sent in pieces. */
const MANY_KEYS = 1_000;

@ApiController('', 'status')
export class StatusController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('health/keys')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show all pools and all keys, masked, with the figures of all calls' })
  @Answer(200, () => COMPREHENSIVE_STATUS)
  @ErrorAnswers()
  status(): ComprehensiveStatus | StreamableFile {
    if (this.analytics.keyCount <= MANY_KEYS) return this.analytics.comprehensiveStatus();
    const text = Readable.from(this.analytics.comprehensiveStatusText());
    return new StreamableFile(text, { type: 'application/json; charset=utf-8' });
  }

  @Get('analytics/:provider')
  @RequiredAccess('viewer')
  @ApiOperation({
    summary: 'Show the figures, the timeline, the latest events and the keys, by pages, of one provider',
  })
  @Answer(200, () => PROVIDER_ANALYTICS_PAGE)
  @ErrorAnswers(400)
  async provider(
    @ProviderParam() provider: string,
    @QueryParams(() => PAGE_OF_ANALYTICS) { limit, cursor }: PageOfAnalytics,
  ): Promise<ProviderAnalyticsPage> {
    const page = { limit, after: positionOf(cursor, KEY_ID) };
    const { analytics, isLast } = await this.analytics.providerAnalyticsPage(provider, page);
    return { ...analytics, next_cursor: isLast ? null : cursorOf(analytics.keys.at(-1)!.id) };
  }
}
