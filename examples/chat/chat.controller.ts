import { Body, Controller, HttpCode, Post, Res, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CallErrorFilter } from './call-error.filter';
import { ChatAnswer, ChatRequest } from './chat.dto';
import { ChatService } from './chat.service';

@ApiTags('chat')
@Controller('chat')
@UseFilters(CallErrorFilter)
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask a question' })
  @ApiResponse({ status: 200, type: ChatAnswer })
  @ApiResponse({ status: 503, description: 'No key is left; `Retry-After` says when one may be back.' })
  @ApiResponse({ status: 504, description: 'The vendor took too long.' })
  async ask(@Body() request: ChatRequest, @Res({ passthrough: true }) response: Response): Promise<ChatAnswer> {
    const client = new AbortController();
    // A client that leaves ends the call, so that nobody pays for an unread answer.
    response.once('close', () => {
      client.abort();
    });
    return this.chat.ask(request, client.signal);
  }
}
