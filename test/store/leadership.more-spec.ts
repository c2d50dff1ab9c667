import { fakeKey, VendorSimulator } from '../simulator';
import { describeWithRedis, RedisServer } from '../support/redis-server';
import { AppInstance, until } from './app-instance';

const KEYS = Array.from({ length: 5 }, (_, n) => fakeKey('openai', n));
const INTERVAL_MS = 3_000;

describeWithRedis('three instances that check keys', () => {
  let simulator: VendorSimulator;
  let redis: RedisServer;
  let instances: AppInstance[] = [];
  let readyAt = 0;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    redis = await RedisServer.start();
    for (const key of KEYS) simulator.openai.key(key);
    const options = {
      providers: { openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl } },
      healthCheckIntervalMinutes: INTERVAL_MS / 60_000,
      healthCheckDepth: 'light' as const,
      store: { kind: 'redis' as const, url: redis.url },
    };
    instances = await AppInstance.startAll(3, options, { schedule: true });
    readyAt = Date.now();
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.kill9()));
    await redis.stop();
    await simulator.close();
  });

  const probesOf = (key: string): number[] => simulator.openai.calls.of(key).map(({ at }) => at);
  const leaders = async (): Promise<AppInstance[]> => {
    const leading = await Promise.all(instances.map((instance) => instance.ask<boolean>({ do: 'lead' })));
    return instances.filter((_, i) => leading[i]);
  };

  it('probe each key once per interval, from their start together on', async () => {
    const probes = (key: string): number[] => probesOf(key).filter((at) => at >= readyAt);
    await until('six probes of each key', () => KEYS.every((key) => probes(key).length >= 6));
    const gaps = KEYS.flatMap((key) => probes(key).flatMap((at, i, all) => (i === 0 ? [] : [at - all[i - 1]!])));
    // From when all were ready: a slow machine makes the time longer, and the probes no more. One may be late from before. Three instances
    // that all probed would make three times as many.
    for (const key of KEYS)
      expect(probes(key).length).toBeLessThanOrEqual((probes(key).at(-1)! - readyAt) / INTERVAL_MS + 2);
    process.stdout.write(`      ${gaps.length + KEYS.length} probes, at least ${Math.min(...gaps)} ms apart\n`);
  });

  it('pass to another instance when the leader is killed', async () => {
    const [leader, ...others] = await leaders();
    expect(others).toEqual([]);
    await leader!.kill9();
    const killedAt = Date.now();
    instances = instances.filter((instance) => instance !== leader);
    const takenOverMs = await until('another leader', async () => (await leaders()).length === 1);
    process.stdout.write(`      another leads ${takenOverMs} ms after the leader's death\n`);
    await until('each key to be probed again', () => KEYS.every((key) => probesOf(key).at(-1)! > killedAt));
    await Promise.all(instances.map((instance) => instance.end()));
  });
});
