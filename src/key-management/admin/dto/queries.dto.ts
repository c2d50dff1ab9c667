import { ApiProperty } from '../openapi';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { LogEntryType } from '../../events/event-log';
import { PROVIDER_NAME } from '../../configuration/options-schema';
import { KEY_EVENT_TYPES } from '../../pool/key-events';
import { KEY_STATUSES, type KeyStatus } from '../../pool/key/key-state';

/** The text as it came where it is no whole number, so that the rule refuses it. */
const wholeNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

export class PageQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: 500, default: 50 })
  @IsOptional()
  @Transform(wholeNumber)
  @Max(500)
  @Min(1)
  @IsInt()
  limit: number = 50;

  @ApiProperty({ required: false, maxLength: 64, description: 'The `next_cursor` of the page before.' })
  @IsOptional()
  @MaxLength(64)
  @IsString()
  cursor?: string;
}

/** As many as a page may have: an analytics document without its keys is about as large. */
export class AnalyticsQuery extends PageQuery {
  @ApiProperty({
    type: 'integer',
    required: false,
    minimum: 1,
    maximum: 500,
    default: 500,
    description: 'Of the keys.',
  })
  override limit: number = 500;
}

export class ListKeysQuery extends PageQuery {
  @ApiProperty({ required: false, enum: KEY_STATUSES })
  @IsOptional()
  @IsIn(KEY_STATUSES)
  status?: KeyStatus;
}

export const LOG_ENTRY_TYPES = [
  ...KEY_EVENT_TYPES,
  'admin_action',
  'store_damaged',
] as const satisfies readonly LogEntryType[];

export class ListEventsQuery extends PageQuery {
  @ApiProperty({ required: false, pattern: PROVIDER_NAME.source, example: 'openai' })
  @IsOptional()
  @Matches(PROVIDER_NAME, { message: 'must be a provider name' })
  @IsString()
  provider?: string;

  @ApiProperty({ required: false, enum: LOG_ENTRY_TYPES })
  @IsOptional()
  @IsIn(LOG_ENTRY_TYPES)
  type?: LogEntryType;
}
