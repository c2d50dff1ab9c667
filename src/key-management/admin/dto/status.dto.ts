import { ApiExtraModels, ApiProperty, getSchemaPath } from '../openapi';
import type { ProviderStatus } from '../../analytics/comprehensive-status';
import { PROVIDER_STATES, type ProviderState } from '../../pool/key-events';
import { KeyStatusDto } from './keys.dto';

export class SystemInfoDto {
  @ApiProperty({ type: 'integer', example: 3 }) max_retries!: number;
  @ApiProperty({ type: [String], example: ['openai'] }) initialized_providers!: string[];
  @ApiProperty({ example: false }) firebase_available!: boolean;
  @ApiProperty({ example: 10 }) health_check_interval_minutes!: number;
  @ApiProperty({ example: 'file' }) store!: string;
  @ApiProperty({ example: 'default' }) namespace!: string;
  @ApiProperty({ format: 'uuid' }) instance_id!: string;
}

export class ProviderStatusDto {
  @ApiProperty({ enum: PROVIDER_STATES, example: 'serving', description: 'As this instance sees it, gravest first.' })
  state!: ProviderState;
  @ApiProperty({ example: '38 calls in the last five minutes, and none failed by a fault of the vendor or the keys.' })
  state_reason!: string;
  @ApiProperty({ format: 'date-time' }) state_since!: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'When the state may end, where that is known.',
  })
  state_until!: string | null;
  @ApiProperty({ type: 'integer', example: 5 }) total_keys!: number;
  @ApiProperty({ type: 'integer', example: 3 }) healthy_keys!: number;
  @ApiProperty({ type: 'integer', example: 2 }) removed_keys!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { healthy: 3, invalid_key: 1, quota_exceeded: 1 },
  })
  status_breakdown!: Record<string, number>;
  @ApiProperty({ type: () => [KeyStatusDto] }) keys!: KeyStatusDto[];
}

@ApiExtraModels(ProviderStatusDto)
export class KeyPoolsDto {
  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(ProviderStatusDto) } })
  providers!: Record<string, ProviderStatus>;
}

export class GlobalStatsDto {
  @ApiProperty({ type: 'integer', example: 150, description: 'Calls, not attempts.' }) total_requests!: number;
  @ApiProperty({ type: 'integer', example: 12 }) total_failures!: number;
  @ApiProperty({ type: 'integer', example: 3 }) keys_removed!: number;
}

/** The specification's comprehensive status. */
export class ComprehensiveStatusDto {
  @ApiProperty({ type: () => SystemInfoDto }) system_info!: SystemInfoDto;
  @ApiProperty({ type: () => KeyPoolsDto }) key_pools!: KeyPoolsDto;
  @ApiProperty({ type: () => GlobalStatsDto }) global_stats!: GlobalStatsDto;
}
