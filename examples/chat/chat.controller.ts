import { Body, Controller, HttpCode, Post, Res, UseFilters } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { CallErrorFilter } from './call-error.filter';
import { CHAT_REQUEST, ChatAnswer, type ChatRequest } from './chat.dto';
import { ChatService } from './chat.service';
import { ZodPipe } from './zod.pipe';

@ApiTags('chat')
@Controller('chat')
@UseFilters(CallErrorFilter)
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask a question' })
  @ApiBody({ schema: z.toJSONSchema(CHAT_REQUEST, { target: 'openapi-3.0' }) as object })
  @ApiResponse({ status: 200, type: ChatAnswer })
  @ApiResponse({ status: 503, description: 'No key is left; `Retry-After` says when one may be back.' })
  @ApiResponse({ status: 504, description: 'The vendor took too long.' })
  async ask(
    @Body(new ZodPipe(CHAT_REQUEST)) request: ChatRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ChatAnswer> {
    const client = new AbortController();
    // A client that leaves ends the call, so that nobody pays for an unread answer.
    response.once('close', () => {
      client.abort();
    });
    return this.chat.ask(request, client.signal);
  }
}
