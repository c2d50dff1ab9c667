import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, keysFromDirectory, RetryExecutorService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const CALLERS = 8;
const ROTATIONS = 3;
/** A read that was under way when the files changed, the one after it, and one more for a slow machine: at 2 s each within 5 s. */
const MOST_READS = 3;

describeWithRedis(
  'a key that is rotated in a mounted directory, on two instances over a real Redis, under load',
  () => {
    let redis: RedisServer;
    let simulator: VendorSimulator;
    let folder: string;
    const apps: TestingModule[] = [];
    /** Reads of each instance's source. */
    const reads = [0, 0];
    let isOver = false;
    const failures: unknown[] = [];
    let calls = 0;
    /** The tokens of the latest calls that began, by instance. */
    const used: (string | undefined)[] = [];

    beforeAll(async () => {
      [redis, simulator] = await Promise.all([RedisServer.start(), VendorSimulator.start()]);
      folder = await mkdtemp(join(tmpdir(), 'mounted-'));
    }, 60_000);
    afterAll(async () => {
      isOver = true;
      for (const app of apps) await app.close();
      await Promise.all([redis.stop(), simulator.close(), rm(folder, { recursive: true, force: true })]);
    });

    /** As Kubernetes does: a new folder, and one link that is renamed. */
    let mounted = 0;
    async function mount(files: Readonly<Record<string, string>>): Promise<void> {
      const version = `..${(mounted += 1)}`;
      await mkdir(join(folder, version));
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(folder, version, name), text);
        await symlink(join('..data', name), join(folder, name)).catch(() => undefined);
      }
      await symlink(version, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    }

    async function start(index: number): Promise<void> {
      const directory = keysFromDirectory(folder);
      const source = {
        ...directory,
        read: (request: Parameters<typeof directory.read>[0]) => {
          reads[index]! += 1;
          return directory.read(request);
        },
      };
      apps.push(
        await startKeyManagement({
          store: { kind: 'redis', url: redis.url },
          providers: { openai: { source, baseUrl: simulator.openai.baseUrl } },
        }),
      );
    }

    async function caller(index: number): Promise<void> {
      const executor = apps[index]!.get(RetryExecutorService);
      const body = JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'ping' }] });
      while (!isOver) {
        const result = await executor.execute('openai', ({ apiKey, fetch, signal }) => {
          used[index] = apiKey;
          const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
          return fetch(`${simulator.openai.baseUrl}/v1/chat/completions`, { method: 'POST', headers, body, signal });
        });
        calls += 1;
        if (result.success) await result.response.text();
        else failures.push(result.errorMessage);
        await sleep(5);
      }
    }

    const token = (n: number): string => simulator.openai.key(fakeKey('openai', 700 + n));
    async function until(condition: () => boolean): Promise<void> {
      while (!condition()) await sleep(10);
    }

    it('is in use on both within a few reads, with no failed call', async () => {
      let current = token(0);
      await mount({ 'team-a': current });
      await start(0);
      await start(1);
      const load = [0, 1].flatMap((index) => Array.from({ length: CALLERS }, () => caller(index)));
      await until(() => used[0] === current && used[1] === current);
      for (let n = 1; n <= ROTATIONS; n += 1) {
        const next = token(n);
        const before = [...reads];
        await mount({ 'team-a': next });
        await until(() => used[0] === next && used[1] === next);
        for (const index of [0, 1]) expect(reads[index]! - before[index]!).toBeLessThanOrEqual(MOST_READS);
        // The vendor ends the old one: whoever still called with it gets the new one.
        simulator.openai.forget(current);
        current = next;
        const done = calls;
        await until(() => calls > done + 200);
      }
      // A key of another name: it is added first, and the other one goes.
      const last = token(ROTATIONS + 1);
      await mount({ 'team-b': last });
      await rm(join(folder, 'team-a'));
      await until(() => used[0] === last && used[1] === last);
      simulator.openai.forget(current);
      const done = calls;
      await until(() => calls > done + 200);
      isOver = true;
      await Promise.all(load);
      expect(failures).toEqual([]);
      expect(calls).toBeGreaterThan(800);
      for (const app of apps) {
        const pools = app.get(KeyPoolService);
        await until(() => pools.list('openai').length === 1);
        expect(pools.list('openai')).toMatchObject([{ id: 'team-b', status: 'healthy', origin: 'directory' }]);
      }
      const stored = JSON.stringify(await redis.command('keys', '*'));
      expect(stored).not.toContain(last);
    }, 120_000);
  },
);
