import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdOf } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator } from '../simulator';
import { describeWithRedis, RedisServer } from '../support/redis-server';
import { AppInstance, until } from './app-instance';

const KEY = fakeKey('openai', 1);
const ID = keyIdOf(KEY);
const errorsOf = (instance: AppInstance): string =>
  instance.logs.flatMap(({ level, message }) => (level === 'error' ? [message] : [])).join('\n');

describe('an app whose store cannot be used', () => {
  let simulator: VendorSimulator;
  let instances: AppInstance[] = [];
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    simulator.openai.key(KEY, { kind: 'slow', latencyMs: 150 });
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.kill9()));
    instances = [];
    await simulator.close();
  });
  const begin = async (...given: Parameters<typeof AppInstance.start>): Promise<AppInstance> => {
    const instance = await AppInstance.start(...given);
    instances.push(instance);
    return instance;
  };
  const providers = (limits?: { concurrency: number }) => ({
    openai: { keys: [{ key: KEY, limits }], baseUrl: simulator.openai.baseUrl },
  });

  it('names path and mend where another process has the folder, and runs on in memory', async () => {
    const path = await mkdtemp(join(tmpdir(), 'akm-trouble-'));
    const options = { providers: providers(), store: { kind: 'file' as const, path } };
    await begin(options);
    const second = await begin(options);
    expect(errorsOf(second)).toContain(path);
    expect(errorsOf(second)).toMatch(/KEY_STORE=redis or KEY_STORE=firebase/);
    expect(await second.ask({ do: 'execute', times: 2, url: simulator.openai.baseUrl })).toMatchObject({ good: 2 });
    expect(await second.ask({ do: 'store' })).toMatchObject({
      up: false,
      health: { store: { status: 'up', degraded: true } },
    });
    await Promise.all(instances.map((instance) => instance.end()));
    await rm(path, { recursive: true });
  });

  describeWithRedis('on Redis', () => {
    let redis: RedisServer;
    beforeEach(async () => (redis = await RedisServer.start()));
    afterEach(() => redis.stop());

    it('starts without the store, says so, and reconciles later', async () => {
      await redis.kill9();
      const options = { providers: providers(), store: { kind: 'redis' as const, url: redis.url } };
      const instance = await begin(options);
      expect(errorsOf(instance)).toMatch(/REDIS_URL.*reconciles when the store is there/);
      expect(await instance.ask({ do: 'store' })).toMatchObject({
        health: { store: { status: 'up', degraded: true } },
      });
      expect(await instance.ask({ do: 'execute', times: 2, url: simulator.openai.baseUrl })).toMatchObject({ good: 2 });
      void instance.ask({ do: 'change', what: 'disable', keyIds: [ID] }).catch(() => undefined);
      await redis.restart();
      await until('everything to be written', async () => {
        const { up, backlog } = await instance.ask<{ up: boolean; backlog: number }>({ do: 'store' });
        return up && backlog === 0;
      });
      expect(await instance.ask({ do: 'store' })).toMatchObject({ health: { store: { status: 'up' } } });
      const other = await begin(options);
      expect(await other.keys()).toMatchObject([{ id: ID, status: 'disabled', successCount: 2 }]);
    });

    it('divides a stated limit among the instances', async () => {
      const options = { providers: providers({ concurrency: 4 }), store: { kind: 'redis' as const, url: redis.url } };
      await begin(options);
      await begin(options);
      simulator.openai.calls.reset();
      const call = { do: 'execute', times: 12, url: simulator.openai.baseUrl, maxWaitMs: 20_000 } as const;
      const counts = await Promise.all(instances.map((instance) => instance.ask(call)));
      expect(counts).toMatchObject([{ good: 12 }, { good: 12 }]);
      const { peakInFlight } = simulator.openai.calls.totals;
      process.stdout.write(`      limit 4, two instances: at most ${peakInFlight} calls in flight\n`);
      expect(peakInFlight).toBeLessThanOrEqual(4);
      await Promise.all(instances.map((instance) => instance.end()));
    });
  });
});
