// Added to an app of the Nest CLI: one managed call.
import { Controller, Get } from '@nestjs/common';
import { InjectManagedFetch, type ManagedFetch } from 'nestjs-ai-key-management';

@Controller('chat')
export class ChatController {
  constructor(@InjectManagedFetch('openai') private readonly openai: ManagedFetch) {}

  @Get()
  async ask(): Promise<{ answer: string }> {
    const response = await this.openai(`${process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1'}/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', input: 'Hi' }),
    });
    return (await response.json()) as { answer: string };
  }
}
