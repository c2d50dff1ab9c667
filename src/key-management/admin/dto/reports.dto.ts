import { ApiProperty } from '../openapi';
import { OUTCOMES, type Outcome } from '../../vendors/contract/outcome';
import { PROVIDER_STATES, type ProviderState } from '../../pool/key-events';
import { KEY_STATUSES, type KeyStatus } from '../../pool/key/key-state';
import { ADMIN_ACTIONS, type AdminAction } from '../audit/audited.decorator';
import type { Role } from '../access/access.decorator';
import type { LogEntryType } from '../../events/event-log';
import { LOG_ENTRY_TYPES } from './queries.dto';

export class ConfigurationDto {
  @ApiProperty({ type: 'integer', example: 3 }) max_retries!: number;
  @ApiProperty({ example: 10 }) health_check_interval_minutes!: number;
  @ApiProperty({
    enum: ['stored', 'memory_only'],
    example: 'stored',
    description: 'Whether changes are shared and outlive a restart; with the store `memory` they end with the process.',
  })
  persistence!: 'stored' | 'memory_only';
}

export class CheckReportEntryDto {
  @ApiProperty({ example: 'openai' }) provider!: string;
  @ApiProperty({ example: '3f1c9a0b7d2e4a61' }) id!: string;
  @ApiProperty({ example: 'sk-1234...cdef' }) masked_key!: string;
  @ApiProperty({ enum: OUTCOMES, example: 'ok' }) outcome!: Outcome;
  @ApiProperty({ type: String, nullable: true, example: null }) reason!: string | null;
  @ApiProperty({ enum: KEY_STATUSES, example: 'healthy', description: 'After the check.' }) status!: KeyStatus;
}

export class HealthCheckReportDto {
  @ApiProperty({ type: 'integer', example: 5 }) checked_keys!: number;
  @ApiProperty({ type: 'integer', example: 4 }) healthy_keys!: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'Keys that left the pool by this check.' })
  removed_keys!: number;
  @ApiProperty({ example: 0.8, description: 'Seconds.' }) duration!: number;
  @ApiProperty({ type: () => [CheckReportEntryDto] }) keys!: CheckReportEntryDto[];
}

/** One entry of the log; which of the optional fields are there depends on `type`. */
export class EventDto {
  @ApiProperty({ type: 'integer', example: 42, description: 'Grows by one with each entry.' }) id!: number;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ enum: LOG_ENTRY_TYPES, example: 'status_changed' }) type!: LogEntryType;
  @ApiProperty({ required: false, example: 'openai' }) provider?: string;
  @ApiProperty({ required: false, example: '3f1c9a0b7d2e4a61' }) key_id?: string;
  @ApiProperty({ required: false, example: 'sk-1234...cdef' }) masked_key?: string;
  @ApiProperty({ required: false, example: 'call', description: 'What or who changed the key.' }) by?: string;
  @ApiProperty({ required: false, enum: KEY_STATUSES }) status?: KeyStatus;
  @ApiProperty({ required: false, enum: KEY_STATUSES, example: 'healthy' }) from?: KeyStatus;
  @ApiProperty({ required: false, enum: KEY_STATUSES, example: 'invalid_key' }) to?: KeyStatus;
  @ApiProperty({ required: false, enum: OUTCOMES, example: 'invalid_key' }) outcome?: Outcome;
  @ApiProperty({ required: false, example: 'Incorrect API key provided' }) reason?: string;
  @ApiProperty({ required: false, format: 'date-time', description: 'End of the cooldown, or time of the next check.' })
  until?: string;
  @ApiProperty({ required: false, enum: PROVIDER_STATES, example: 'failing', description: 'Of the provider.' })
  state?: ProviderState;
  @ApiProperty({ required: false, format: 'date-time', description: 'When the trouble that is over had begun.' })
  since?: string;
  @ApiProperty({ required: false, example: 'gpt-5-nano' }) model?: string;
  @ApiProperty({ required: false, example: '/v1/embeddings' }) endpoint?: string;
  @ApiProperty({ type: [String], required: false, description: 'Fields that an administrator changed.' })
  fields?: string[];
  @ApiProperty({ required: false, enum: ADMIN_ACTIONS }) action?: AdminAction;
  @ApiProperty({ required: false, enum: ['admin', 'viewer'] }) role?: Role;
  @ApiProperty({ required: false, example: '192.0.2.7' }) address?: string;
  @ApiProperty({ required: false, enum: ['ok', 'refused', 'failed'] }) result?: string;
  @ApiProperty({ type: 'integer', required: false, example: 200, description: 'HTTP status of the answer.' })
  http_status?: number;
}

export class EventPageDto {
  @ApiProperty({ type: () => [EventDto], description: 'Newest first.' }) events!: EventDto[];
  @ApiProperty({ type: String, nullable: true, example: null, description: 'null on the last page.' })
  next_cursor!: string | null;
}
