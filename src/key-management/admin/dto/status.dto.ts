import { ApiExtraModels, ApiProperty, getSchemaPath } from '../openapi';
import type { ProviderStatus } from '../../analytics/comprehensive-status';
import { KeyStatusDto } from './keys.dto';

export class SystemInfoDto {
  @ApiProperty({ type: 'integer', example: 3 }) max_retries!: number;
  @ApiProperty({ type: [String], example: ['openai'] }) initialized_providers!: string[];
  @ApiProperty({ example: false }) firebase_available!: boolean;
  @ApiProperty({ example: 10 }) health_check_interval_minutes!: number;
  @ApiProperty({ example: 'file' }) store!: string;
  @ApiProperty({ format: 'uuid' }) instance_id!: string;
}

export class ProviderStatusDto {
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
