import { ApiProperty } from '@nestjs/swagger';
import { z } from 'zod';

export const MODELS = ['gpt-5-nano', 'gpt-5-mini', 'gpt-4o'] as const;

/** What `POST /chat` takes. */
export const CHAT_REQUEST = z.strictObject({
  message: z.string().min(1).max(8_000).meta({ example: 'Hello!' }),
  model: z.enum(MODELS).optional(),
});
export type ChatRequest = z.infer<typeof CHAT_REQUEST>;

export class ChatMetadata {
  @ApiProperty({ type: 'integer', example: 1 }) attempts!: number;
  @ApiProperty({ example: 0.8, description: 'Seconds, waits included.' }) total_time!: number;
}

export class ChatAnswer {
  @ApiProperty({ example: 'Hi there!' }) response!: string;
  @ApiProperty({ type: () => ChatMetadata }) metadata!: ChatMetadata;
}
