import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { KeyManagementModule, KeyPoolService, type KeyManagementModuleOptions } from '../../src/key-management';
import type { Prices } from '../../src/key-management/usage/prices';
import { InstanceCommands } from './instance-commands';
import { storeOf, type InstanceStore } from './instance-store';

export type InstanceOptions = Omit<KeyManagementModuleOptions, 'store'> & { store?: InstanceStore };

/** What the parent hands over in `APP_INSTANCE`. */
export interface InstanceSettings {
  options: InstanceOptions;
  /** Whether the health checks run by themselves. */
  schedule: boolean;
  /** US dollars for a million tokens, by vendor and model. */
  prices?: Record<string, { inputUsdPerMillion: number; outputUsdPerMillion: number }>;
}

@Module({})
class HostModule {}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const log = (level: string) => (message: unknown) => say({ log: level, message: String(message) });
const logger: LoggerService = { log: log('log'), warn: log('warn'), error: log('error') };

const pricesIn = (prices: NonNullable<InstanceSettings['prices']>): Prices => ({
  costOf: (vendor, model, { inputTokens, outputTokens }) => {
    const price = prices[`${vendor}/${model}`];
    return price && (inputTokens * price.inputUsdPerMillion + outputTokens * price.outputUsdPerMillion) / 1e6;
  },
});

/**
 * One instance of an app with the real module. Takes commands as JSON lines, answers each with a line that carries its `id`, prints the
 * log as lines too, and ends when its input does.
 */
async function main(): Promise<void> {
  const { options, schedule, prices = {} } = JSON.parse(process.env.APP_INSTANCE ?? '{}') as InstanceSettings;
  const startedAt = performance.now();
  const imports = [
    ...(schedule ? [ScheduleModule.forRoot()] : []),
    KeyManagementModule.forRoot({ admin: false, ...options, store: storeOf(options.store) }),
  ];
  const app = await NestFactory.createApplicationContext({ module: HostModule, imports }, { logger });
  app.get(KeyPoolService).usePrices(pricesIn(prices));
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
