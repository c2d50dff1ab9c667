import { Redis } from 'ioredis';
import type { INestApplicationContext } from '@nestjs/common';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { RedisKeyStore } from '../../src/key-management/store/redis/redis-key-store';
import { RedisServer } from '../../test/support/redis-server';
import { setTimeout as sleep } from 'node:timers/promises';
import { fill, startApp } from '../lib/pool-app';
import type { Table } from '../lib/report';
import { say } from '../lib/say';
import { shown } from '../lib/statistics';
import { usageOf } from './redis-usage';

const PROVIDER = 'fleet';
const KEYS = 5_000;
const SIZES = [1, 4, 12, 24];
/** Fleets start so far apart that none finds the snapshot of the one before. Milliseconds. */
const FORGOTTEN_MS = 31_000;

interface Started {
  readonly instances: number;
  readonly bytesOut: number;
  readonly commands: number;
  readonly redisMs: number;
}

const start = (url: string): Promise<INestApplicationContext> =>
  startApp({
    providers: { [PROVIDER]: { compatibleWith: 'openai', baseUrl: 'http://127.0.0.1:9' } },
    store: new RedisKeyStore({ url, timeoutMs: 60_000 }),
    healthCheckIntervalMinutes: 24 * 60,
  });

/** What Redis sends while fleets of some sizes start at once on a store that holds many keys. */
export async function measureStarts(): Promise<Started[]> {
  const server = await RedisServer.start();
  const redis = new Redis(server.url);
  try {
    const first = await start(server.url);
    fill(first, PROVIDER, KEYS);
    const { link } = first.get(PersistenceService);
    for (link.flush(); link.backlog > 0;) await sleep(100);
    await first.close();
    const found: Started[] = [];
    for (const instances of SIZES) {
      say(`cluster: ${instances} instances start at once`);
      const { found: apps, used } = await usageOf(redis, () =>
        Promise.all(Array.from({ length: instances }, () => start(server.url))),
      );
      found.push({ instances, bytesOut: used.bytesOut, commands: used.commands, redisMs: used.cpuMs });
      await Promise.all(apps.map((app) => app.close()));
      await sleep(FORGOTTEN_MS);
    }
    return found;
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

export const startTable = (found: readonly Started[]): Table => ({
  title: `n instances that start at once on a Redis with ${KEYS.toLocaleString('en')} keys`,
  columns: ['instances', 'kB from Redis', 'kB each', 'commands each', "ms of Redis' processor each"],
  rows: found.map(({ instances, bytesOut, commands, redisMs }) => [
    instances,
    ...[bytesOut / 1_000, bytesOut / 1_000 / instances, commands / instances, redisMs / instances].map(shown),
  ]),
});
