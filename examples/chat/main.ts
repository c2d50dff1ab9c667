import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { setupKeyManagementDocs } from '../../src/key-management';
import { ChatModule } from './chat.module';

async function start(): Promise<void> {
  const app = await NestFactory.create(ChatModule);
  app.enableShutdownHooks();
  setupKeyManagementDocs(app);
  await app.listen(process.env.PORT ?? 3000);
}

void start();
