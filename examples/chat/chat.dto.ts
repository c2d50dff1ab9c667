import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

export const MODELS = ['gpt-5-nano', 'gpt-5-mini', 'gpt-4o'] as const;

export class ChatRequest {
  @ApiProperty({ maxLength: 8_000, example: 'Hello!' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(8_000)
  message!: string;

  @ApiProperty({ enum: MODELS, required: false })
  @IsOptional()
  @IsIn(MODELS)
  model?: string;
}

export class ChatMetadata {
  @ApiProperty({ type: 'integer', example: 1 }) attempts!: number;
  @ApiProperty({ example: 0.8, description: 'Seconds, waits included.' }) total_time!: number;
}

export class ChatAnswer {
  @ApiProperty({ example: 'Hi there!' }) response!: string;
  @ApiProperty({ type: () => ChatMetadata }) metadata!: ChatMetadata;
}
