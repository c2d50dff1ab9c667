import 'reflect-metadata';
import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module';
import { portFrom, setUpApp } from './app-setup';
import { JsonLogger } from './json-logger';

const LEVELS: LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

function loggerFrom({ LOG_LEVEL = 'log', LOG_FORMAT }: NodeJS.ProcessEnv): ConsoleLogger {
  const least = LEVELS.indexOf(LOG_LEVEL as LogLevel);
  const logLevels = LEVELS.slice(least < 0 ? 2 : least);
  return LOG_FORMAT === 'json' ? new JsonLogger({ logLevels }) : new ConsoleLogger({ logLevels });
}

async function start(): Promise<void> {
  // Made after AppModule's file was read, so that .env counts here too.
  const logger = loggerFrom(process.env);
  const port = portFrom(process.env);
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger, abortOnError: false });
  setUpApp(app);
  await app.listen(port);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  new Logger('App').log(`Listening on ${url} · admin API ${url}/docs · dashboard ${url}/dashboard`);
}

start().catch((error: unknown) => {
  // The stack would bury the message, which says what to mend.
  new Logger('App').fatal(error instanceof Error ? error.message : 'The app could not start.');
  process.exitCode = 1;
});
