import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { KeyManagerService, keyIdOf, KeyPoolService, type KeyStoreOptions } from '../../src/key-management';
import { FileKeyStore } from '../../src/key-management/store/file/file-key-store';
import { secret } from '../canary/canary';
import { findLeaks } from '../canary/scan/find-leaks';
import { FirebaseServer } from '../firebase-server';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const IN_ENVIRONMENT = fakeKey('openai', 1);
const ADDED = fakeKey('openai', 2);
const encryptionSecret = secret('seal-5Wq8ZtR1xKv7MbJ3yHc9');

function expectNoKeyIn(text: string): void {
  // Otherwise it would be no wonder.
  expect(text).toContain(keyIdOf(ADDED));
  expect(text).toContain(keyIdOf(IN_ENVIRONMENT));
  expect(findLeaks(text, [ADDED, IN_ENVIRONMENT, encryptionSecret])).toEqual([]);
}

async function bytesOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

describe('a store that keeps a key added at run time', () => {
  let simulator: VendorSimulator;
  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    for (const key of [IN_ENVIRONMENT, ADDED]) simulator.openai.key(key);
  });
  afterAll(() => simulator.close());

  async function useOn(store: KeyStoreOptions): Promise<void> {
    const providers = { openai: { keys: [IN_ENVIRONMENT], baseUrl: simulator.openai.baseUrl } };
    const app = await startKeyManagement({ providers, store: { ...store, encryptionSecret } });
    await app.get(KeyManagerService).addNewKeys('openai', [ADDED]);
    const pools = app.get(KeyPoolService);
    for (let call = 0; call < 4; call += 1) pools.lease('openai')!.settle('ok');
    for (const key of [ADDED, IN_ENVIRONMENT]) await pools.update('openai', keyIdOf(key), { label: 'used' });
    await app.close();
  }

  it('holds it nowhere in the files of the file store', async () => {
    const path = await mkdtemp(join(tmpdir(), 'akm-secrets-'));
    await useOn({ kind: 'file', path });
    const store = new FileKeyStore({ path });
    await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
    // LevelDB may compress what its files hold.
    const documents = JSON.stringify(await store.load(''));
    await store.close();
    expectNoKeyIn(`${await bytesOf(path)}\n${documents}`);
    await rm(path, { recursive: true });
  });

  describeWithRedis('on Redis', () => {
    it('holds it nowhere in a dump, in the append-only file or under a key', async () => {
      const server = await RedisServer.start();
      await useOn({ kind: 'redis', url: server.url });
      const redis = new Redis(server.url);
      await redis.config('SET', 'rdbcompression', 'no');
      await redis.save();
      const [, folder = ''] = await redis.config('GET', 'dir');
      const values: unknown[] = [];
      for (const key of await redis.keys('*')) {
        const kind = await redis.type(key);
        values.push(key, kind === 'hash' ? await redis.hgetall(key) : kind === 'string' ? await redis.get(key) : kind);
      }
      await redis.quit();
      expectNoKeyIn(`${await bytesOf(folder)}\n${JSON.stringify(values)}`);
      await server.stop();
    });
  });

  it('holds it nowhere in the tree of Firebase', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'akm-secrets-'));
    const dataFile = join(folder, 'data');
    const server = await FirebaseServer.start({ dataFile });
    await useOn({ kind: 'firebase', url: server.url() });
    await server.stop();
    expectNoKeyIn(await bytesOf(folder));
    await rm(folder, { recursive: true });
  });
});
