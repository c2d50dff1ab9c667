import { PROVIDER_STATES } from '../../pool/key-events';
import { ApiProperty, type ApiPropertyOptions } from '../openapi';

const RESULTS: ApiPropertyOptions = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    required: ['status'],
    properties: {
      status: { type: 'string' },
      degraded: { type: 'boolean' },
      states: {
        type: 'object',
        additionalProperties: { type: 'string', enum: [...PROVIDER_STATES] },
        description: 'Of `providers`: the state of each that has keys or is called.',
      },
      providers: { type: 'array', items: { type: 'string' }, description: 'Of `key_pools`: those with too few keys.' },
    },
  },
};

/** What Terminus answers. */
export class HealthDto {
  @ApiProperty({ enum: ['ok', 'degraded', 'error', 'shutting_down'], example: 'ok' }) status!: string;
  @ApiProperty({ ...RESULTS, example: { key_pools: { status: 'up' }, key_store: { status: 'up' } } }) info!: object;
  @ApiProperty({ ...RESULTS, example: {} }) error!: object;
  @ApiProperty({ ...RESULTS, example: { key_pools: { status: 'up' }, key_store: { status: 'up' } } }) details!: object;
}
