import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { KeyManagementModule } from '../../src/key-management';
import { ChatController } from './chat.controller';
import { ChatService } from './chat.service';

/** Keys and settings come from the environment: OPENAI_API_KEYS=sk-…,sk-… */
@Module({
  imports: [ScheduleModule.forRoot(), KeyManagementModule.forRoot()],
  controllers: [ChatController],
  providers: [ChatService],
})
export class ChatModule {}
