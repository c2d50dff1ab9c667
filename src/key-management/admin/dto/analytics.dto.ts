import { ApiProperty } from '../openapi';
import { OUTCOMES, type Outcome } from '../../vendors/contract/outcome';
import { PROVIDER_STATES, type ProviderState } from '../../pool/key-events';
import { KeyStatusDto } from './keys.dto';

const SECONDS = { type: Number, nullable: true, example: 1.2, description: 'Seconds; null before the first success.' };

export class AnalyticsSummaryDto {
  @ApiProperty({ type: 'integer', example: 5 }) total_keys!: number;
  @ApiProperty({ type: 'integer', example: 3 }) healthy_keys!: number;
  @ApiProperty({ example: 60, description: 'Per cent.' }) health_percentage!: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 92,
    description: 'Per cent of the calls; null before the first.',
  })
  success_rate!: number | null;
  @ApiProperty(SECONDS) average_response_time!: number | null;
  @ApiProperty(SECONDS) response_time_p50!: number | null;
  @ApiProperty(SECONDS) response_time_p95!: number | null;
  @ApiProperty({ type: 'integer', example: 150 }) requests!: number;
  @ApiProperty({ type: 'integer', example: 12 }) failures!: number;
  @ApiProperty({ type: 'integer', example: 20 }) retries!: number;
  @ApiProperty({ type: 'integer', example: 2 }) keys_removed!: number;
}

export class TimelineEntryDto {
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ type: 'integer' }) requests!: number;
  @ApiProperty({ type: 'integer' }) failures!: number;
  @ApiProperty({ type: 'integer' }) rate_limited!: number;
  @ApiProperty({ type: 'integer' }) keys_removed!: number;
  @ApiProperty(SECONDS) average_response_time!: number | null;
}

export class RecentEventDto {
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ example: 'status_changed' }) type!: string;
  @ApiProperty({ required: false, example: '3f1c9a0b7d2e4a61', description: 'Missing where it is of the provider.' })
  key_id?: string;
  @ApiProperty({ required: false, example: 'sk-1234...cdef' }) masked_key?: string;
  @ApiProperty({ example: 'call' }) by!: string;
  @ApiProperty({ required: false, example: 'healthy' }) from?: string;
  @ApiProperty({ required: false, example: 'invalid_key' }) to?: string;
  @ApiProperty({ required: false, enum: OUTCOMES }) outcome?: Outcome;
  @ApiProperty({ required: false, example: 'Incorrect API key provided' }) reason?: string;
  @ApiProperty({ required: false, enum: PROVIDER_STATES, example: 'failing' }) state?: ProviderState;
}

export class ProviderAnalyticsDto {
  @ApiProperty({ example: 'openai' }) provider!: string;
  @ApiProperty({ type: () => AnalyticsSummaryDto }) summary!: AnalyticsSummaryDto;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Attempts by outcome.',
    example: { ok: 138, rate_limited: 20 },
  })
  outcomes!: Partial<Record<Outcome, number>>;
  @ApiProperty({ type: () => [TimelineEntryDto] }) timeline!: TimelineEntryDto[];
  @ApiProperty({ type: () => [KeyStatusDto], description: 'A page of them, in the order of their ids.' })
  keys!: KeyStatusDto[];
  @ApiProperty({ type: () => [RecentEventDto], description: 'Newest first.' }) recent_events!: RecentEventDto[];
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Of the keys; null on the last page.' })
  next_cursor!: string | null;
}
