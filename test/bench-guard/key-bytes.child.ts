import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { yieldToEventLoop } from '../../src/key-management/common/event-loop';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { keyText } from '../support/key-text';
import { heldBytes } from './heap-growth';

const FEW = 100;
const MANY = 10_000;

const started = (path: string, keys: string[], clock: FakeClock): Promise<TestingModule> =>
  startKeyManagement(
    { providers: { openai: { keys } }, store: { kind: 'file', path }, startupCheckTimeoutMs: 0 },
    { clock },
  );

async function written(app: TestingModule, clock: FakeClock): Promise<void> {
  const { link } = app.get(PersistenceService);
  await clock.advance(1_000);
  for (let turn = 0; turn < 1_000 && link.backlog > 0; turn += 1) await sleep(10);
}

/** Every key called once, with all that is written of it. */
async function callAll(app: TestingModule, clock: FakeClock, count: number): Promise<void> {
  const executor = app.get(RetryExecutorService);
  for (let call = 0; call < count; call += 1) {
    await executor.execute('openai', ({ apiKey }) => Promise.resolve(apiKey.length));
    if (call % 200 === 0) await yieldToEventLoop();
  }
  await written(app, clock);
}

/** A life in which every key is checked and called. */
async function firstLife(path: string, keys: string[]): Promise<void> {
  const clock = new FakeClock();
  const app = await started(path, [], clock);
  const pool = app.get(KeyPoolService).ensurePool('openai');
  for (const key of keys) {
    pool.leaseForProbe(pool.add(new ApiKey(key), {}, 'configuration', 'configuration')).settle('ok');
  }
  await callAll(app, clock, 100);
  await app.close();
}

/** What a start with these keys, and then a call with each, adds to what is held. */
async function secondLife(path: string, keys: string[]): Promise<{ idle: number; used: number }> {
  const before = heldBytes();
  const clock = new FakeClock();
  const app = await started(path, keys, clock);
  await written(app, clock);
  const idle = heldBytes() - before;
  await callAll(app, clock, keys.length);
  const used = heldBytes() - before;
  await app.close();
  return { idle, used };
}

// A process of its own: what other suites left in a worker of Jest would be counted too.
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'akm-bytes-'));
  const lives = async (name: string, count: number): Promise<{ idle: number; used: number }> => {
    const keys = Array.from({ length: count }, (_, n) => keyText(n));
    await firstLife(join(folder, name), keys);
    return secondLife(join(folder, name), keys);
  };
  // What an app costs apart from its keys, and what the first ones leave in the process.
  await lives('first', FEW);
  const few = await lives('few', FEW);
  const many = await lives('many', MANY);
  const perKey = (which: 'idle' | 'used'): number => (many[which] - few[which]) / (MANY - FEW);
  process.stdout.write(`${JSON.stringify({ idle: perKey('idle'), used: perKey('used') })}\n`);
  await rm(folder, { recursive: true });
}

void main();
