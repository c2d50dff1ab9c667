import { ApiProperty } from '../openapi';
import { plainToInstance, Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsInstance,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MOST_KEYS } from '../input/hostile-input';

/*
 * Of the rules of a field class-validator asks the lowest first, so the type stands last, and only the first problem is told.
 */

/** Absent is fine, null is not: most rules of class-validator's `IsOptional` let null pass. */
const IfPresent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** As OpenAPI 3.0 says "more than 0". */
const POSITIVE = { minimum: 0, exclusiveMinimum: true } as const;
/** Beyond it a number in JSON is no longer the one that was meant, or none at all. */
const MOST = Number.MAX_SAFE_INTEGER;
const KEY_TEXT = { minLength: 1, maxLength: 1_024, pattern: '\\S' } as const;

const FAKE_KEY = 'sk-proj-FAKE-0000000000000000000000000000';

export class KeyLimitsDto {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    required: false,
    minimum: 1,
    maximum: MOST,
    example: 4,
    description: 'Calls in flight at once.',
  })
  @IsOptional()
  @Max(MOST)
  @IsPositive()
  @IsInt()
  concurrency?: number | null;

  @ApiProperty({ type: 'number', nullable: true, required: false, ...POSITIVE, maximum: MOST, example: 500 })
  @IsOptional()
  @Max(MOST)
  @IsPositive()
  @IsNumber()
  requests_per_minute?: number | null;

  @ApiProperty({ type: 'number', nullable: true, required: false, ...POSITIVE, maximum: MOST, example: 200_000 })
  @IsOptional()
  @Max(MOST)
  @IsPositive()
  @IsNumber()
  tokens_per_minute?: number | null;
}

export class NewKeyDto {
  @ApiProperty({ description: 'The API key itself. It is never shown again.', ...KEY_TEXT, example: FAKE_KEY })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @MaxLength(1_024)
  @IsNotEmpty()
  @IsString()
  key!: string;

  @ApiProperty({ required: false, maxLength: 100, example: 'team-a' })
  @IfPresent()
  @MaxLength(100)
  @IsString()
  label?: string;

  @ApiProperty({
    required: false,
    ...POSITIVE,
    maximum: 1_000,
    example: 1,
    description: 'Share of calls relative to the other keys.',
  })
  @IfPresent()
  @Max(1_000)
  @IsPositive()
  @IsNumber()
  weight?: number;

  @ApiProperty({
    required: false,
    minLength: 1,
    maxLength: 100,
    description: 'Keys of one vendor project share its limits: name it.',
  })
  @IfPresent()
  @MaxLength(100)
  @IsNotEmpty()
  @IsString()
  quota_group?: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: 200 },
    maxItems: 100,
    required: false,
    description: 'The only models this key may be used for.',
  })
  @IfPresent()
  @MaxLength(200, { each: true })
  @IsString({ each: true })
  @ArrayMaxSize(100)
  @IsArray()
  models?: string[];

  @ApiProperty({ type: () => KeyLimitsDto, required: false })
  @IfPresent()
  @IsInstance(KeyLimitsDto, { message: 'must be an object' })
  @ValidateNested()
  @Type(() => KeyLimitsDto)
  limits?: KeyLimitsDto;
}

export class AddKeysDto {
  @ApiProperty({
    description: `1 to ${MOST_KEYS} keys, each as text or with what is known of it. Every key is checked before it is added.`,
    type: 'array',
    minItems: 1,
    maxItems: MOST_KEYS,
    items: { oneOf: [{ type: 'string', ...KEY_TEXT }, { $ref: '#/components/schemas/NewKeyDto' }] },
    example: [FAKE_KEY, { key: 'sk-proj-FAKE-1111111111111111111111111111', label: 'team-a' }],
  })
  @Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? value.map(asKey) : value))
  @ValidateNested({ each: true })
  @ArrayMaxSize(MOST_KEYS)
  @ArrayNotEmpty()
  @IsArray()
  @Type(() => NewKeyDto)
  keys!: NewKeyDto[];
}

export class UpdateKeyDto {
  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    maxLength: 100,
    example: 'team-b',
    description: 'null takes it away.',
  })
  @IsOptional()
  @MaxLength(100)
  @IsString()
  label?: string | null;

  @ApiProperty({ required: false, ...POSITIVE, maximum: 1_000, example: 2 })
  @IfPresent()
  @Max(1_000)
  @IsPositive()
  @IsNumber()
  weight?: number;

  @ApiProperty({
    type: () => KeyLimitsDto,
    required: false,
    description: 'Named limits are set, null takes one away, others stay.',
  })
  @IfPresent()
  @IsInstance(KeyLimitsDto, { message: 'must be an object' })
  @ValidateNested()
  @Type(() => KeyLimitsDto)
  limits?: KeyLimitsDto;

  @ApiProperty({
    required: false,
    example: false,
    description: 'false takes the key out of use until it is true again.',
  })
  @IfPresent()
  @IsBoolean()
  enabled?: boolean;
}

export class RunHealthChecksDto {
  @ApiProperty({ required: false, maxLength: 64, example: 'openai', description: 'Only this provider. Left out: all.' })
  @IfPresent()
  @MaxLength(64)
  @IsString()
  provider?: string;
}

export class UpdateConfigurationDto {
  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: 100, example: 5 })
  @IfPresent()
  @Max(100)
  @Min(0)
  @IsInt()
  max_retries?: number;

  @ApiProperty({ required: false, minimum: 0.05, maximum: 10_080, example: 15 })
  @IfPresent()
  @Max(10_080)
  @Min(0.05)
  @IsNumber()
  health_check_interval_minutes?: number;
}

/** Text alone is the short form of a key. Anything else that is no object is taken for a key too, and refused as one, by its index. */
const asKey = (each: unknown): unknown =>
  each instanceof NewKeyDto ? each : plainToInstance(NewKeyDto, { key: each });
