import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import type { TimelineQuery } from '../../analytics/series.service';
import { RESOLUTIONS, type Resolution } from '../../analytics/series/measures';
import { TimelineEntryDto } from './analytics.dto';

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
  @IsISO8601({ strict: true }, { message: 'must be a time as 2026-11-23T12:00:00Z' })
  @MaxLength(40)
  from?: string;

  @ApiProperty({ required: false, format: 'date-time', description: 'Default: now.' })
  @IsOptional()
  @IsISO8601({ strict: true }, { message: 'must be a time as 2026-11-23T12:00:00Z' })
  @MaxLength(40)
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
