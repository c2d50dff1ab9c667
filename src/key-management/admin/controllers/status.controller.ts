import { Readable } from 'node:stream';
import { Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '../openapi';
import { AnalyticsService } from '../../analytics/analytics.service';
import type { ComprehensiveStatus } from '../../analytics/comprehensive-status';
import { KEY_ID } from '../../pool/key/api-key';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { ProviderAnalyticsDto } from '../dto/analytics.dto';
import { ErrorAnswers } from '../dto/errors.dto';
import { ProviderParam } from '../dto/parameters';
import { AnalyticsQuery } from '../dto/queries.dto';
import { ComprehensiveStatusDto } from '../dto/status.dto';
import { cursorOf, positionOf } from '../input/cursor';
import { ProviderNamePipe } from '../input/path.pipes';

/** Of more keys than this the document is sent in pieces. */
const MANY_KEYS = 1_000;

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
  @ProviderParam()
  @ApiResponse({ status: 200, type: ProviderAnalyticsDto })
  @ErrorAnswers(400)
  async provider(
    @Param('provider', ProviderNamePipe) provider: string,
    @Query() { limit, cursor }: AnalyticsQuery,
  ): Promise<ProviderAnalyticsDto> {
    const page = { limit, after: positionOf(cursor, KEY_ID) };
    const { analytics, isLast } = await this.analytics.providerAnalyticsPage(provider, page);
    return { ...analytics, next_cursor: isLast ? null : cursorOf(analytics.keys.at(-1)!.id) };
  }
}
