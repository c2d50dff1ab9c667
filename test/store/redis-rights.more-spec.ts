import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { add, eventually, RecordingWatcher, set } from '../../src/key-management/store/contract/contract-support';
import { RedisKeyStore } from '../../src/key-management/store/redis/redis-key-store';
import type { RedisKeyStoreSettings } from '../../src/key-management/store/redis/redis-session';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const PASSWORD = 'acl-7Kq2WmX9tRz4HcVb1NyS';
/** As Redis takes it, so that no command shows it. */
const HASH = `#${createHash('sha256').update(PASSWORD).digest('hex')}`;
/** The commands that the page gives to an operator. */
const RULE = /^ACL SETUSER keys .*$/m.exec(readFileSync('docs/stores.md', 'utf8'))![0];

describeWithRedis('a Redis and what it must give', () => {
  let server: RedisServer;
  const stores: RedisKeyStore[] = [];

  const open = async (options: RedisKeyStoreSettings & { url?: string }) => {
    const reports: string[] = [];
    const report = (message: string): void => void reports.push(message);
    const [store, watcher] = [
      new RedisKeyStore({ url: server.url, timeoutMs: 2_000, report, ...options }),
      new RecordingWatcher(),
    ];
    stores.push(store);
    await store.open(watcher);
    return { store, watcher, reports };
  };

  beforeAll(async () => (server = await RedisServer.start()));
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await server.command('CONFIG', 'SET', 'maxmemory', 0, 'maxmemory-policy', 'noeviction');
  });
  afterAll(() => server.stop());

  // What is kept in one shard is divided over four.
  it.each([1, 4])(
    'C13: works with exactly the rights that the page names, on %i shards, and not beyond its namespace',
    async (shards) => {
      await server.command('ACL', 'LOG', 'RESET');
      const [name, ...args] = RULE.replace('>PASSWORD', HASH).split(' ');
      await server.command(name!, ...args);
      const url = `redis://keys:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}`;
      await server.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lfu');
      const [one, other] = [await open({ url, shards }), await open({ url, shards })];
      await one.store.write(
        [set('d', 'f', 1), add('d', 's', 2), { kind: 'max', doc: 'd', field: 'm', value: 3 }],
        'w:1',
      );
      await one.store.write([add('d', 's', 2)], 'w:1');
      for (let n = 0; n < 10; n += 1) await one.store.write([set(`e${n}`, 'f', 1)]);
      await other.watcher.until('the changes', () => other.watcher.of('d').length >= 3);
      expect(await other.store.load('d')).toMatchObject([{ registers: { f: { value: 1 } }, maxima: { m: 3 } }]);
      expect(await other.store.lock('job', 'a', 1_000)).toBe(true);
      await other.store.unlock('job', 'a');
      const cursor = (await other.store.changesSince())?.cursor;
      await one.store.write([set('d', 'f', 3, 3)], 'w:2', { instance: 'another' });
      await one.store.write([{ kind: 'drop', doc: 'd' }]);
      expect((await other.store.changesSince(cursor))?.changes).toEqual([{ kind: 'drop', doc: 'd' }]);
      expect(await other.store.load('d')).toEqual([]);
      expect(await other.store.load('')).toHaveLength(10);
      expect(one.reports).toEqual([expect.stringContaining('allkeys-lfu')]);
      await expect(open({ url, shards, namespace: 'another', timeoutMs: 500 })).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/NOPERM.*docs\/stores\.md/) as string,
      });
      // Nothing was refused but the other namespace.
      const log = (await server.command('ACL', 'LOG')) as unknown[][];
      expect(log.map((entry) => entry[entry.indexOf('object') + 1])).toEqual(['{akm:another}:']);
    },
  );

  it.each(RULE.split(' ').filter((right) => /^\+(?!client|info)/.test(right)))(
    'C13: the page asks for no right without need: %s',
    async (right) => {
      const rule = RULE.replace('>PASSWORD', HASH).replace(` ${right}`, ` ${right.replace('+', '-')}`);
      const [name, ...args] = rule.split(' ');
      await server.command('ACL', 'DELUSER', 'keys');
      await server.command('ACL', 'LOG', 'RESET');
      await server.command(name!, ...args);
      const url = `redis://keys:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}`;
      await server.command('FLUSHALL');
      await server.command('SCRIPT', 'FLUSH');
      const uses = async (): Promise<void> => {
        const { store } = await open({ url, timeoutMs: 400 });
        await store.write([set('d', 'f', 1), add('d', 's', 2)], 'w:1');
        await store.load('');
        const cursor = (await store.changesSince())?.cursor;
        await store.write([set('d', 'f', 2)], 'w:2', { instance: 'another' });
        await store.write([set('d', 'f', 3)], 'w:3', 'nobody');
        await store.changesSince(cursor);
        await store.lock('job', 'a', 1_000);
        await store.unlock('job', 'a');
        await store.write([{ kind: 'drop', doc: 'd' }]);
      };
      const refused = (): Promise<boolean> => server.command('ACL', 'LOG').then((log) => (log as unknown[]).length > 0);
      await uses().catch(() => undefined);
      await eventually('a refusal', refused);
    },
  );

  it('C5: warns once of each policy that evicts, at the start and after a reconnect, with the mend', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru');
    const { reports, watcher, store } = await open({});
    expect(reports).toEqual([expect.stringMatching(/maxmemory-policy allkeys-lru.*noeviction/)]);
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => undefined);
    await watcher.until('the return', () => watcher.connections.at(-1) === true);
    expect(reports).toHaveLength(1);
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => undefined);
    await eventually('the warning', () => Promise.resolve(reports.length === 2));
    expect(reports[1]).toContain('volatile-ttl');
    await store.close();
  });

  it.each([
    ['noeviction', '100mb'],
    ['allkeys-lru', '0'],
  ])('C5: says nothing of %s with a maxmemory of %s', async (policy, maxmemory) => {
    await server.command('CONFIG', 'SET', 'maxmemory', maxmemory, 'maxmemory-policy', policy);
    expect((await open({})).reports).toEqual([]);
  });

  it('C5: an app logs the warning', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-random');
    const lines: string[] = [];
    const warn = (message: unknown): void => void lines.push(String(message));
    const app = await startKeyManagement(
      { store: { kind: 'redis', url: server.url } },
      { logger: { log: () => undefined, error: warn, warn } },
    );
    await app.close();
    expect(lines.filter((line) => line.includes('noeviction'))).toHaveLength(1);
  });

  it('C4: says that the database is none, instead of using another', async () => {
    await expect(open({ url: `${server.url}/99`, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('DB index is out of range') as string,
    });
  });
});
