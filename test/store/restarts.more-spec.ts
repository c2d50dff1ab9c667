import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, keyIdOf, KeyPoolService, type KeyManagementModuleOptions } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { figure } from './app-instance';

const [ONE, TWO, ADDED] = [1, 2, 3].map((n) => fakeKey('openai', n)) as [string, string, string];
const SECRET = 'the first secret of this test';
const NEXT_SECRET = 'the second secret of this test';

describe('an app on the file store that is started again', () => {
  let simulator: VendorSimulator;
  let path: string;
  let app: TestingModule | undefined;
  let logs: string[] = [];

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of [ONE, TWO, ADDED]) simulator.openai.key(key);
    path = await mkdtemp(join(tmpdir(), 'akm-restarts-'));
  });
  afterEach(async () => {
    delete process.env.KEY_ENCRYPTION_SECRET_PREVIOUS;
    await app?.close();
    app = undefined;
    await simulator.close();
    await rm(path, { recursive: true });
  });

  async function start(
    keys: string[],
    encryptionSecret?: string,
    more: KeyManagementModuleOptions = {},
  ): Promise<KeyPoolService> {
    await app?.close();
    logs = [];
    const note = (message: unknown): void => void logs.push(String(message));
    const logger: LoggerService = { log: () => undefined, warn: note, error: note };
    const providers = { openai: { keys, baseUrl: simulator.openai.baseUrl } };
    app = await startKeyManagement({ providers, store: { kind: 'file', path, encryptionSecret }, ...more }, { logger });
    return app.get(KeyPoolService);
  }
  const statusOf = (pools: KeyPoolService, key: string) => pools.get('openai', keyIdOf(key))?.status;

  it('retires a key that is gone from the environment, and takes its history up when it is back', async () => {
    let pools = await start([ONE, TWO]);
    for (let call = 0; call < 10; call += 1) pools.lease('openai')!.settle('ok');
    await pools.disable('openai', keyIdOf(TWO));
    const { successCount } = pools.get('openai', keyIdOf(TWO))!;
    pools = await start([ONE]);
    expect(pools.list().map(({ id }) => id)).toEqual([keyIdOf(ONE)]);
    pools = await start([ONE, TWO]);
    expect(pools.get('openai', keyIdOf(TWO))).toMatchObject({ status: 'disabled', successCount });
    expect(successCount).toBeGreaterThan(0);
  });

  it('keeps a deleted environment key out until it is added again, history and all', async () => {
    let pools = await start([ONE, TWO]);
    for (let call = 0; call < 10; call += 1) pools.lease('openai')!.settle('ok');
    const { successCount } = pools.get('openai', keyIdOf(TWO))!;
    await pools.remove('openai', keyIdOf(TWO));
    pools = await start([ONE, TWO]);
    expect(statusOf(pools, TWO)).toBeUndefined();
    await app!.get(KeyManagerService).addNewKeys('openai', [TWO]);
    expect(pools.get('openai', keyIdOf(TWO))).toMatchObject({ status: 'healthy', successCount });
    pools = await start([ONE, TWO]);
    expect(statusOf(pools, TWO)).toBe('healthy');
  });

  it('has keys added at run time again with a secret, and without one not', async () => {
    await start([ONE], SECRET);
    await app!.get(KeyManagerService).addNewKeys('openai', [ADDED]);
    expect(statusOf(await start([ONE], SECRET), ADDED)).toBe('healthy');

    await start([ONE]);
    await app!.get(KeyManagerService).addNewKeys('openai', [TWO]);
    expect(statusOf(await start([ONE]), TWO)).toBeUndefined();
  });

  it('names the mend for a wrong secret, loses nothing by it, and rotates', async () => {
    await start([ONE], SECRET);
    await app!.get(KeyManagerService).addNewKeys('openai', [ADDED]);
    expect(statusOf(await start([ONE], NEXT_SECRET), ADDED)).toBeUndefined();
    expect(logs.join('\n')).toContain('KEY_ENCRYPTION_SECRET_PREVIOUS');
    expect(statusOf(await start([ONE], SECRET), ADDED)).toBe('healthy');

    process.env.KEY_ENCRYPTION_SECRET_PREVIOUS = SECRET;
    expect(statusOf(await start([ONE], NEXT_SECRET), ADDED)).toBe('healthy');
    delete process.env.KEY_ENCRYPTION_SECRET_PREVIOUS;
    expect(statusOf(await start([ONE], NEXT_SECRET), ADDED)).toBe('healthy');
  });

  it('uses fresh verdicts at once: 200 keys, each probe 50 ms', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => fakeKey('openai', 100 + n));
    for (const key of keys) simulator.openai.key(key, { kind: 'slow', latencyMs: 50 });
    const timed = async (what: string): Promise<number> => {
      await app?.close();
      app = undefined;
      simulator.openai.calls.reset();
      const startedAt = Date.now();
      const pools = await start(keys);
      expect(pools.lease('openai')).toBeDefined();
      const probes = simulator.openai.calls.total;
      figure(`${what}: ${probes} probes before the first call`, [Date.now() - startedAt]);
      return probes;
    };
    expect(await timed('cold')).toBeGreaterThanOrEqual(200);
    expect(await timed('warm')).toBe(0);
  });
});
