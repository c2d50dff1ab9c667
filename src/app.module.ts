import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { GracefulShutdown } from './graceful-shutdown';
import { KeyManagementExceptionFilter, KeyManagementModule } from './key-management';

/** Serves the admin API with all settings from the environment, which `.env` may add to. */
@Module({
  imports: [ConfigModule.forRoot({ cache: true }), ScheduleModule.forRoot(), KeyManagementModule.forRoot()],
  providers: [GracefulShutdown, { provide: APP_FILTER, useClass: KeyManagementExceptionFilter }],
})
export class AppModule {}
