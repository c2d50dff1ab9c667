import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  keyIdOf,
  KeyPoolService,
  STORE_HEALTH,
  type KeyStore,
  type KeyStoreOptions,
} from '../../src/key-management';
import { eventually } from '../../src/key-management/store/contract/contract-support';
import { secret } from '../canary/canary';
import { FirebaseServer } from '../firebase-server';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { redisAvailable, RedisServer } from '../support/redis-server';
import { Cluster as SharedMemory } from '../support/cluster-store';

const [CONFIGURED, ADDED] = [fakeKey('openai', 1), fakeKey('openai', 2)] as [string, string];
const encryptionSecret = secret('seal-2Vn6XcQ9tRz4HkWb7JyS');

describe('two apps', () => {
  let simulator: VendorSimulator;
  let apps: TestingModule[] = [];

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    for (const key of [CONFIGURED, ADDED]) simulator.openai.key(key);
  });
  afterEach(() => close());
  afterAll(() => simulator.close());

  const close = async (): Promise<void> => {
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
  };
  const start = async (store: KeyStoreOptions | KeyStore, logger?: LoggerService) => {
    const providers = { openai: { keys: [CONFIGURED], baseUrl: simulator.openai.baseUrl } };
    const app = await startKeyManagement({ providers, store }, { logger });
    apps.push(app);
    return { app, pools: app.get(KeyPoolService), manager: app.get(KeyManagerService) };
  };
  const statusOf = ({ pools }: { pools: KeyPoolService }, key: string) => pools.get('openai', keyIdOf(key))?.status;

  const SHARED: [string, () => Promise<{ store: KeyStoreOptions; stop(): Promise<void> }>][] = [
    [
      'Firebase database',
      async () => {
        const server = await FirebaseServer.start();
        return { store: { kind: 'firebase', url: server.url() }, stop: () => server.stop() };
      },
    ],
  ];
  if (redisAvailable()) {
    SHARED.push([
      'Redis',
      async () => {
        const server = await RedisServer.start();
        return { store: { kind: 'redis', url: server.url }, stop: () => server.stop() };
      },
    ]);
  }

  it.each(SHARED)(
    'C8: of two namespaces on one %s share nothing, of one namespace all',
    async (_, startServer) => {
      const server = await startServer();
      const settings = { ...server.store, encryptionSecret };
      const shop = await start({ ...settings, namespace: 'shop' });
      const crm = await start({ ...settings, namespace: 'crm_2' });
      const twin = await start({ ...settings, namespace: 'shop' });
      const other = await start(settings);
      await shop.manager.addNewKeys('openai', [ADDED]);
      await shop.pools.disable('openai', keyIdOf(CONFIGURED));
      await eventually('the twin to know', () =>
        Promise.resolve(statusOf(twin, CONFIGURED) === 'disabled' && statusOf(twin, ADDED) === 'healthy'),
      );
      for (const { pools } of [crm, other]) {
        expect(pools.list('openai').map(({ id, status }) => [id, status])).toEqual([[keyIdOf(CONFIGURED), 'healthy']]);
      }
      await close();
      const again = [
        await start({ ...settings, namespace: 'crm_2' }),
        await start(settings),
        await start({ ...settings, namespace: 'shop' }),
      ];
      expect(again.map((app) => [statusOf(app, CONFIGURED), statusOf(app, ADDED)])).toEqual([
        ['healthy', undefined],
        ['healthy', undefined],
        ['disabled', 'healthy'],
      ]);
      expect(again.map(({ manager }) => manager.getComprehensiveStatus().system_info.namespace)).toEqual([
        'crm_2',
        'default',
        'shop',
      ]);
      await close();
      await server.stop();
    },
    30_000,
  );

  it('C8: of two namespaces share a folder at once, and `default` reads what is there', async () => {
    const path = await mkdtemp(join(tmpdir(), 'akm-namespaces-'));
    const [one, other] = [
      await start({ kind: 'file', path }),
      await start({ kind: 'file', path, namespace: 'key-store' }),
    ];
    await one.pools.disable('openai', keyIdOf(CONFIGURED));
    expect(statusOf(other, CONFIGURED)).toBe('healthy');
    await close();
    expect(statusOf(await start({ kind: 'file', path, namespace: 'key-store' }), CONFIGURED)).toBe('healthy');
    expect(statusOf(await start({ kind: 'file', path, namespace: 'default' }), CONFIGURED)).toBe('disabled');
    await close();
    await rm(path, { recursive: true });
  });

  it('C9: on a store of their own share it, and it is closed with them', async () => {
    const shared = new SharedMemory();
    const members = [shared.member(), shared.member()];
    const [one, other] = [await start(members[0]!), await start(members[1]!)];
    await one.pools.disable('openai', keyIdOf(CONFIGURED));
    await eventually('the other to know', () => Promise.resolve(statusOf(other, CONFIGURED) === 'disabled'));
    expect(one.manager.getComprehensiveStatus().system_info.store).toBe('cluster');
    await close();
    expect(shared.members.size).toBe(0);
  });

  it('C11: an app says once that its Firebase database refuses, and once that it is back', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const server = await FirebaseServer.start();
    const lines: string[] = [];
    const note = (message: unknown): void => void lines.push(String(message));
    const { app, pools } = await start({ kind: 'firebase', url: server.url() }, { log: note, warn: note, error: note });
    const health = app.get<{ status(): string }>(STORE_HEALTH);
    server.allow({ read: true, write: false });
    const disabled = pools.disable('openai', keyIdOf(CONFIGURED)).catch((error: unknown) => error);
    await eventually('the loss', () => Promise.resolve(health.status() === 'degraded'));
    await eventually('more sessions', () => Promise.resolve(server.connectionsTaken >= 4));
    server.allow({ read: true, write: true });
    await eventually('the return', () => Promise.resolve(health.status() === 'up'));
    await disabled;
    await eventually('the change', () => Promise.resolve(server.dump().includes('disabled')));
    expect(lines.filter((line) => line.includes('the firebase store is away'))).toEqual([
      expect.stringContaining('refuses access'),
    ]);
    // At the start, and now.
    expect(lines.filter((line) => line.includes('the firebase store is there'))).toHaveLength(2);
    await close();
    await server.stop();
  }, 30_000);
});
