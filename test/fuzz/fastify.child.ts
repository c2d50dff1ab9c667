import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { KeyManagementExceptionFilter, KeyManagementModule, setupKeyManagementDocs } from '../../src/key-management';

@Module({
  imports: [KeyManagementModule.forRoot()],
  providers: [{ provide: APP_FILTER, useClass: KeyManagementExceptionFilter }],
})
class HostModule {}

/** The module on Fastify, with all settings from the environment, as the host app has it on Express. */
async function main(): Promise<void> {
  const adapter = new FastifyAdapter({ trustProxy: 'loopback', bodyLimit: 1_048_576, requestTimeout: 60_000 });
  const app = await NestFactory.create<NestFastifyApplication>(HostModule, adapter);
  app.enableShutdownHooks();
  setupKeyManagementDocs(app);
  await app.listen(Number(process.env.PORT), '127.0.0.1');
  console.log(`Listening on ${await app.getUrl()}`);
}

void main();
