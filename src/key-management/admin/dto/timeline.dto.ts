import { ApiProperty } from '../openapi';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { regexes } from 'zod';
import type { TimelineQuery } from '../../analytics/series/series.service';
import { RESOLUTIONS, type Resolution } from '../../analytics/series/measures';
import { TimelineEntryDto } from './analytics.dto';

/** RFC 3339, as `format: date-time` means it. ISO 8601 has weeks and days of the year too, of which Date.parse makes no time. */
const TIME = regexes.datetime({ offset: true });

export class TimelineRangeQuery {
  @ApiProperty({
    required: false,
    enum: RESOLUTIONS,
    default: 'minute',
    description: '`minute`: up to the last 3 hours. `hour`: up to the last 30 days.',
  })
  @IsOptional()
  @IsIn(RESOLUTIONS)
  resolution: Resolution = 'minute';

  @ApiProperty({ required: false, format: 'date-time', description: 'Default: all that is kept.' })
  @IsOptional()
  @Matches(TIME, { message: 'must be a time as 2026-11-23T12:00:00Z' })
  @IsString()
  from?: string;

  @ApiProperty({ required: false, format: 'date-time', description: 'Default: now.' })
  @IsOptional()
  @Matches(TIME, { message: 'must be a time as 2026-11-23T12:00:00Z' })
  @IsString()
  to?: string;
}

export const timelineQuery = ({ resolution, from, to }: TimelineRangeQuery): TimelineQuery => ({
  resolution,
  from: from === undefined ? undefined : Date.parse(from),
  to: to === undefined ? undefined : Date.parse(to),
});

export class TimelineDto {
  @ApiProperty({ example: 'openai' }) provider!: string;
  @ApiProperty({ required: false, example: '3f1c9a0b7d2e4a61' }) key_id?: string;
  @ApiProperty({ enum: RESOLUTIONS }) resolution!: Resolution;
  @ApiProperty({
    type: () => [TimelineEntryDto],
    description: 'Every minute or hour from the first that holds anything. Of a provider, calls; of a key, attempts.',
  })
  timeline!: TimelineEntryDto[];
}

export class EventStreamQuery {
  @ApiProperty({
    required: false,
    maxLength: 80,
    description: '`Last-Event-ID`, for clients that cannot set a header.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(80)
  last_event_id?: string;
}
