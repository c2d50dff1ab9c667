import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { KeyManagementModule, KeyPoolService, type KeyManagementModuleOptions } from '../../src/key-management';
import { InstanceCommands } from './instance-commands';
import { storeOf, type InstanceStore } from './instance-store';

export type InstanceOptions = Omit<KeyManagementModuleOptions, 'store'> & { store?: InstanceStore };

/** What the parent hands over in `APP_INSTANCE`. */
export interface InstanceSettings {
  options: InstanceOptions;
  /** Whether the health checks run by themselves. */
  schedule: boolean;
}

@Module({})
class HostModule {}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const log = (level: string) => (message: unknown) => say({ log: level, message: String(message) });
const logger: LoggerService = { log: log('log'), warn: log('warn'), error: log('error') };

/**
 * One instance of an app with the real module. Takes commands as JSON lines, answers each with a line that carries its `id`, prints the
 * log as lines too, and ends when its input does.
 */
async function main(): Promise<void> {
  const { options, schedule } = JSON.parse(process.env.APP_INSTANCE ?? '{}') as InstanceSettings;
  const startedAt = performance.now();
  const imports = [
    ...(schedule ? [ScheduleModule.forRoot()] : []),
    KeyManagementModule.forRoot({ admin: false, ...options, store: storeOf(options.store) }),
  ];
  const app = await NestFactory.createApplicationContext({ module: HostModule, imports }, { logger });
  say({ ready: true, startMs: performance.now() - startedAt });

  const commands = new InstanceCommands(app, app.get(KeyPoolService));
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const { id, ...command } = JSON.parse(line) as { id: number; do: string };
    commands.run(command).then(
      (result) => say({ id, result: result ?? null }),
      (error: unknown) => say({ id, error: String(error) }),
    );
  });
  input.once('close', () => void app.close());
}

void main();
