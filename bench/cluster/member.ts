import type { INestApplicationContext } from '@nestjs/common';
import { KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { fill, startApp } from '../lib/pool-app';
import type { Command, Told } from './messages';

const PROVIDER = 'fleet';
const PULSE_MS = 10;

/** Milliseconds since the epoch, to the microsecond: the same for all processes of this machine. */
const preciseNow = (): number => performance.timeOrigin + performance.now();
const tell = (told: Told): void => void process.send!(told);

/** Calls at an even pace, each resolved at once. */
async function callFor(app: INestApplicationContext, durationMs: number, perSecond: number): Promise<number> {
  const executor = app.get(RetryExecutorService);
  const begin = performance.now();
  let calls = 0;
  for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - begin) {
    for (const due = (elapsed / 1_000) * perSecond; calls < due; calls += 1) {
      await executor.execute(PROVIDER, ({ keyId }) => Promise.resolve(keyId));
    }
    await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
  }
  return calls;
}

/** One instance of an app, driven by its parent. Arguments: the store's URL, and the number of keys. */
async function main([url = '', keys = '0']: string[]): Promise<void> {
  const app = await startApp({
    providers: { [PROVIDER]: { compatibleWith: 'openai', baseUrl: 'http://127.0.0.1:9' } },
    store: { kind: 'redis', url },
  });
  fill(app, PROVIDER, Number(keys));
  const pools = app.get(KeyPoolService);
  pools.events$.subscribe((event) => {
    if (event.type === 'status_changed' && event.by === 'instance' && event.to === 'invalid_key')
      tell({ kind: 'heard', keyId: event.keyId, at: preciseNow() });
  });
  const obey = async (command: Command): Promise<void> => {
    if (command.do === 'call') {
      const cpuBefore = process.cpuUsage();
      const calls = await callFor(app, command.ms, command.perSecond);
      const { user, system } = process.cpuUsage(cpuBefore);
      tell({ kind: 'called', calls, cpuMs: (user + system) / 1_000 });
    } else if (command.do === 'remove') {
      const lease = pools.lease(PROVIDER)!;
      const at = preciseNow();
      lease.settle('invalid_key');
      tell({ kind: 'removed', keyId: lease.keyId, at });
    } else {
      await app.close();
      process.disconnect();
    }
  };
  process.on('message', (command: Command) => void obey(command));
  tell({ kind: 'ready' });
}

void main(process.argv.slice(2));
