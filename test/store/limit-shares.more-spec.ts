import type { TestingModule } from '@nestjs/testing';
import { RetryExecutorService, type KeyLimits } from '../../src/key-management';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';
import { AppInstance, figure, until } from './app-instance';

const MAX_WAIT_MS = 3_000;

const optionsFor = (redis: RedisServer, limits: KeyLimits, keys = 3) => ({
  store: { kind: 'redis' as const, url: redis.url },
  providers: { openai: { keys: Array.from({ length: keys }, (_, n) => ({ key: fakeKey('openai', n), limits })) } },
});

const documentsOf = async (redis: RedisServer): Promise<string[]> =>
  ((await redis.command('ZRANGEBYLEX', '{akm:default}:docs', '[shares/', '[shares/\xff')) as string[]).sort();

describeWithRedis('instances on one Redis that divide limits', () => {
  let redis: RedisServer;
  let apps: TestingModule[] = [];
  let instances: AppInstance[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await Promise.all(instances.map((instance) => instance.kill9()));
    [apps, instances] = [[], []];
    await redis.stop();
  });

  const call = async (app: TestingModule, maxWaitMs = MAX_WAIT_MS): Promise<string> => {
    const result = await app.get(RetryExecutorService).execute('openai', async () => 1, { maxWaitMs });
    return result.success ? 'ok' : `${result.error.code}: ${result.errorMessage}`;
  };

  it.each<[KeyLimits, number]>([
    [{ concurrency: 1 }, 2],
    [{ concurrency: 4 }, 5],
    [{ requestsPerMinute: 5 }, 8],
    [{ tokensPerMinute: 1_000 }, 3],
  ])('each get their first call while keys idle: %j, %d instances', async (limits, count) => {
    for (let i = 0; i < count; i += 1) apps.push(await startKeyManagement(optionsFor(redis, limits)));
    const waits: number[] = [];
    const results = await Promise.all(
      apps.map(async (app) => {
        const startedAt = performance.now();
        const result = await call(app);
        waits.push(performance.now() - startedAt);
        return result;
      }),
    );
    expect(results).toEqual(apps.map(() => 'ok'));
    figure(`first call of ${count} instances at once, ${JSON.stringify(limits)}`, waits);
  });

  it('are given a part within milliseconds once others have theirs', async () => {
    for (let i = 0; i < 3; i += 1) apps.push(await startKeyManagement(optionsFor(redis, { concurrency: 6 }, 1)));
    await call(apps[0]!);
    const waits: number[] = [];
    for (const app of apps.slice(1)) {
      const startedAt = performance.now();
      expect(await call(app)).toBe('ok');
      waits.push(performance.now() - startedAt);
    }
    figure('first call of an instance while another has all parts', waits);
  });

  it('serve on while siblings crash again and again', async () => {
    const options = optionsFor(redis, { concurrency: 4 });
    instances = await AppInstance.startAll(2, options);
    const busy = instances.map((instance) =>
      instance.ask<{ at: number[]; errors: string[] }>({
        do: 'busy',
        forMs: 15_000,
        holdMs: 50,
        maxWaitMs: MAX_WAIT_MS,
      }),
    );
    let ended = false;
    const crashing = (async () => {
      while (!ended) {
        const sibling = await AppInstance.start(options);
        void sibling.ask({ do: 'busy', forMs: 10_000, holdMs: 200, maxWaitMs: 1_000 }).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 300));
        await sibling.kill9();
      }
    })();
    const results = await Promise.all(busy);
    ended = true;
    await crashing;
    for (const { at, errors } of results) {
      expect(errors).toEqual([]);
      expect(at.length).toBeGreaterThan(50);
    }
  });

  it.each([0, 1])('have the part of one that is killed within 5 s (the %d. of two)', async (which) => {
    instances = await AppInstance.startAll(2, optionsFor(redis, { concurrency: 1 }, 1));
    const dead = instances[which]!;
    const left = instances[1 - which]!;
    await left.ask({ do: 'busy', forMs: 500, holdMs: 10, maxWaitMs: MAX_WAIT_MS });
    let isHolding = false;
    void dead.ask({ do: 'busy', forMs: 1, holdMs: 60_000, maxWaitMs: 5_000 }).catch(() => undefined);
    // It holds the only part for a call that does not end.
    await until('the other instance to have the part', async () => {
      const { errors } = await left.ask<{ errors: string[] }>({ do: 'busy', forMs: 1, holdMs: 1, maxWaitMs: 300 });
      isHolding = errors.length > 0;
      return isHolding;
    });
    await dead.kill9();
    instances = [left];
    const killedAt = performance.now();
    await until('a call here', async () => {
      const { errors } = await left.ask<{ errors: string[] }>({ do: 'busy', forMs: 1, holdMs: 1, maxWaitMs: 6_000 });
      return errors.length === 0;
    });
    const tookMs = performance.now() - killedAt;
    figure('part of a killed instance is used by another after', [tookMs]);
    expect(tookMs).toBeLessThan(6_500);
  });

  it('never have more calls in flight than the limit, all together', async () => {
    instances = await AppInstance.startAll(4, optionsFor(redis, { concurrency: 3 }, 2));
    const holdMs = 100;
    const results = await Promise.all(
      instances.flatMap((instance) =>
        Array.from({ length: 3 }, () =>
          instance.ask<{ at: number[]; errors: string[] }>({ do: 'busy', forMs: 6_000, holdMs, maxWaitMs: 5_000 }),
        ),
      ),
    );
    expect(results.flatMap(({ errors }) => errors)).toEqual([]);
    const begins = results.flatMap(({ at }) => at).sort((a, b) => a - b);
    // Calls last at least so long: what began within it runs at the same time.
    const most = Math.max(...begins.map((at, i) => begins.slice(i).findIndex((other) => other - at >= holdMs - 5)));
    expect(most).toBeLessThanOrEqual(6);
    process.stdout.write(
      `      ${begins.length} calls of 4 instances through 2 x 3 at a time, at most ${most} at once\n`,
    );
  });

  it('write nothing where nothing is limited, and nothing while nobody calls', async () => {
    const app = await startKeyManagement(optionsFor(redis, {}));
    const other = await startKeyManagement(optionsFor(redis, {}));
    apps.push(app, other);
    for (let i = 0; i < 20; i += 1) expect(await call(i % 2 ? app : other)).toBe('ok');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await documentsOf(redis)).toEqual([]);
  });

  it('leave no documents behind in good order', async () => {
    for (let i = 0; i < 3; i += 1) apps.push(await startKeyManagement(optionsFor(redis, { concurrency: 6 }, 1)));
    for (const app of apps) expect(await call(app)).toBe('ok');
    expect((await documentsOf(redis)).length).toBeGreaterThan(1);
    for (const app of apps) await app.close();
    apps = [];
    expect(await documentsOf(redis)).toEqual(['shares/leader']);
  });
});
