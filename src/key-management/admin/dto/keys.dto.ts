import { ApiProperty } from '../openapi';
import { OUTCOMES, type Outcome } from '../../vendors/contract/outcome';
import { PERSISTENCES, type Persistence } from '../../store/keys/key-vault';
import { KEY_STATUSES, type KeyStatus } from '../../pool/key/key-state';

const ID = { example: '3f1c9a0b7d2e4a61', description: 'First 16 hex digits of the SHA-256 of the key.' };
const MASKED = { example: 'sk-1234...cdef' };
const TIME = { type: String, format: 'date-time', nullable: true, example: '2026-11-01T12:00:00.000Z' };

/** A key as the status and the analytics show it. */
export class KeyStatusDto {
  @ApiProperty(ID) id!: string;
  @ApiProperty(MASKED) masked_key!: string;
  @ApiProperty({ enum: KEY_STATUSES, example: 'healthy' }) status!: KeyStatus;
  @ApiProperty({ example: 95.5, description: 'Per cent.' }) success_rate!: number;
  @ApiProperty({ type: Number, nullable: true, example: 1.2, description: 'Seconds, exponentially weighted.' })
  response_time!: number | null;
  @ApiProperty({ type: 'integer', example: 1 }) error_count!: number;
  @ApiProperty({ type: 'integer', example: 21 }) success_count!: number;
  @ApiProperty({ type: 'integer', example: 0 }) in_flight!: number;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why the key is not healthy.' })
  reason!: string | null;
  @ApiProperty({ ...TIME, description: 'Until then the key is not chosen.' }) cooldown_until!: string | null;
  @ApiProperty({ ...TIME, description: 'When the removed key is checked again.' }) recheck_at!: string | null;
  @ApiProperty(TIME) last_used_at!: string | null;
  @ApiProperty(TIME) last_checked_at!: string | null;
}

export class KeyLimitsViewDto {
  @ApiProperty({ type: 'integer', nullable: true, example: 4 }) concurrency!: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 500 }) requests_per_minute!: number | null;
  @ApiProperty({ type: Number, nullable: true, example: null }) tokens_per_minute!: number | null;
}

export class ModelCooldownDto {
  @ApiProperty({ required: false, example: 'gpt-5-nano' }) model?: string;
  @ApiProperty({ required: false, example: '/v1/embeddings' }) endpoint?: string;
  @ApiProperty({ format: 'date-time' }) until!: string;
  @ApiProperty({ enum: OUTCOMES, example: 'rate_limited' }) outcome!: Outcome;
}

export class KeyDto extends KeyStatusDto {
  @ApiProperty({ example: 'openai' }) provider!: string;
  @ApiProperty({ type: String, nullable: true, example: 'team-a' }) label!: string | null;
  @ApiProperty({ example: true }) enabled!: boolean;
  @ApiProperty({ example: 1 }) weight!: number;
  @ApiProperty({ type: () => KeyLimitsViewDto }) limits!: KeyLimitsViewDto;
  @ApiProperty({ type: String, nullable: true, example: null }) quota_group!: string | null;
  @ApiProperty({ type: [String], nullable: true, example: null, description: 'null: any model.' })
  models!: string[] | null;
  @ApiProperty({ type: () => [ModelCooldownDto], description: 'Cooldowns for single models and endpoints.' })
  cooldowns!: ModelCooldownDto[];
  @ApiProperty({ enum: PERSISTENCES, example: 'stored' }) persistence!: Persistence;
}

export class KeyPageDto {
  @ApiProperty({ example: 'openai' }) provider!: string;
  @ApiProperty({ type: 'integer', example: 5, description: 'All keys of the provider, whatever the filter.' })
  total_keys!: number;
  @ApiProperty({ type: () => [KeyDto], description: 'In the order of their ids.' }) keys!: KeyDto[];
  @ApiProperty({ type: String, nullable: true, example: null, description: 'null on the last page.' })
  next_cursor!: string | null;
}

export class KeyVerdictDto {
  @ApiProperty(ID) id!: string;
  @ApiProperty(MASKED) masked_key!: string;
  @ApiProperty({
    enum: ['added', 'present', 'refused'],
    description: '`present`: was there already and is changed in nothing; `refused`: proved invalid and is not kept.',
  })
  verdict!: 'added' | 'present' | 'refused';
  @ApiProperty({ type: String, nullable: true, example: 'healthy', description: 'null for a refused key.' })
  status!: KeyStatus | null;
  @ApiProperty({ enum: OUTCOMES, example: 'ok' }) outcome!: Outcome;
  @ApiProperty({ type: String, nullable: true, example: null }) reason!: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'stored',
    description: `${PERSISTENCES.join(', ')}; null for a refused key.`,
  })
  persistence!: Persistence | null;
}

export class RejectedKeyDto {
  @ApiProperty(MASKED) masked_key!: string;
  @ApiProperty({ enum: OUTCOMES, example: 'invalid_key' }) outcome!: Outcome;
  @ApiProperty({ example: 'Incorrect API key provided' }) reason!: string;
}

export class AddedKeysDto {
  @ApiProperty({ example: 'openai' }) provider!: string;
  @ApiProperty({ type: 'integer', example: 2, description: 'Different keys in the request.' }) total_keys!: number;
  @ApiProperty({ type: 'integer', example: 1 }) healthy_keys_added!: number;
  @ApiProperty({ type: () => [KeyVerdictDto], description: 'One verdict per different key, in the order given.' })
  keys!: KeyVerdictDto[];
  @ApiProperty({
    type: () => [RejectedKeyDto],
    description: 'Keys that no call will use: refused, or kept as removed.',
  })
  rejected!: RejectedKeyDto[];
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Says so when added keys live in memory only.',
  })
  notice!: string | null;
}

export class CheckedKeyDto {
  @ApiProperty({ enum: OUTCOMES, example: 'ok' }) outcome!: Outcome;
  @ApiProperty({ type: String, nullable: true, example: null }) reason!: string | null;
  @ApiProperty({ type: () => KeyDto, description: 'The key after the check.' }) key!: KeyDto;
}
