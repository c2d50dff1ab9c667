import { ApiProperty, type ApiPropertyOptions } from '../openapi';

const RESULTS: ApiPropertyOptions = {
  type: 'object',
  additionalProperties: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } },
};

/** What Terminus answers. */
export class HealthDto {
  @ApiProperty({ enum: ['ok', 'degraded', 'error', 'shutting_down'], example: 'ok' }) status!: string;
  @ApiProperty({ ...RESULTS, example: { key_pools: { status: 'up' }, key_store: { status: 'up' } } }) info!: object;
  @ApiProperty({ ...RESULTS, example: {} }) error!: object;
  @ApiProperty({ ...RESULTS, example: { key_pools: { status: 'up' }, key_store: { status: 'up' } } }) details!: object;
}
