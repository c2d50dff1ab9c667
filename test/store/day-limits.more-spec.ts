import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestingModule } from '@nestjs/testing';
import { keyIdOf, KeyPoolService, RetryExecutorService, type KeyStoreOptions } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const KEY = fakeKey('openai', 1);
const ID = keyIdOf(KEY);
const LIMIT = 120;

let simulator: VendorSimulator;
const apps: TestingModule[] = [];

beforeEach(async () => {
  simulator = await VendorSimulator.start();
  simulator.openai.key(KEY);
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await simulator.close();
});

async function start(store: KeyStoreOptions, limits: object = { requestsPerDay: LIMIT }): Promise<TestingModule> {
  const openai = { keys: [{ key: KEY, limits }], baseUrl: simulator.openai.baseUrl };
  const app = await startKeyManagement({ providers: { openai }, store, healthCheckDepth: 'light' });
  apps.push(app);
  return app;
}

/** How many of so many calls succeed, some at a time. None waits. */
async function succeeding(app: TestingModule, calls: number, maxWaitMs = 2_000): Promise<number> {
  const executor = app.get(RetryExecutorService);
  let good = 0;
  let left = calls;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { success } = await executor.execute('openai', () => Promise.resolve('ok'), { maxWaitMs });
      if (success) good += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return good;
}

const keyOf = (app: TestingModule) => app.get(KeyPoolService).get('openai', ID)!;

describe('a limit by the day on the file store', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'akm-day-limits-'));
  });
  afterEach(async () => {
    await rm(path, { recursive: true });
  });

  it('holds over restarts: what was used counts, what was not is not lost, and the cooldown goes on', async () => {
    let app = await start({ kind: 'file', path });
    expect(await succeeding(app, 50)).toBe(50);
    await app.close();
    app = await start({ kind: 'file', path });
    expect(await succeeding(app, 100, 500)).toBe(LIMIT - 50);
    expect(keyOf(app)).toMatchObject({
      status: 'rate_limited',
      reason: expect.stringContaining(`The limit of ${LIMIT} requests a day is reached.`) as string,
    });
    await app.close();
    app = await start({ kind: 'file', path });
    expect(keyOf(app).status).toBe('rate_limited');
    expect(await succeeding(app, 5, 100)).toBe(0);
    await app.get(KeyPoolService).update('openai', ID, { limits: { requestsPerDay: LIMIT + 7 } });
    expect(await succeeding(app, 20, 500)).toBe(7);
    apps.splice(0);
    await app.close();
  });
});

describeWithRedis('a limit by the day on a real Redis', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await redis.stop();
  });

  it('is never exceeded by two instances together, and used to the last call', async () => {
    const store = { kind: 'redis', url: redis.url } as const;
    const [one, two] = [await start(store), await start(store)];
    const good = await Promise.all([succeeding(one, 200, 1_000), succeeding(two, 100, 1_000)]);
    expect(good[0] + good[1]).toBeLessThanOrEqual(LIMIT);
    expect(good[0] + good[1]).toBeGreaterThanOrEqual(LIMIT - 4);
    expect(keyOf(one).status).toBe('rate_limited');
    const three = await start(store);
    expect(await succeeding(three, 5, 200)).toBe(0);
  });

  it('counts for an instance that comes later', async () => {
    const store = { kind: 'redis', url: redis.url } as const;
    const one = await start(store);
    expect(await succeeding(one, 100)).toBe(100);
    const two = await start(store);
    const good = await succeeding(two, 60, 1_000);
    expect(100 + good).toBeLessThanOrEqual(LIMIT);
    expect(good).toBeGreaterThan(LIMIT - 100 - 10);
  });
});
