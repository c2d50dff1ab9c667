import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyManagementModuleOptions, KeyStoreOptions } from '../../src/key-management';
import { fakeKey, startSimulatorProcess, type SimulatorProcess } from '../simulator';
import { redisAvailable, RedisServer } from '../support/redis-server';
import { ADMIN, VIEWER } from './admin-client';
import { PROVIDERS, scriptFaults } from './faults';

const STEADY_KEYS = 8;
/** Short, so that connections to the vendor are closed when a lull is sampled. Clients close before the server does. */
const KEEP_ALIVE_MS = 3_000;

/** The services that the app under soak talks to, each a process. */
export interface Services {
  readonly simulator: SimulatorProcess;
  readonly store: KeyStoreOptions;
  close(): Promise<void>;
}

export async function startServices(): Promise<Services> {
  const simulator = await startSimulatorProcess({ keepAliveMs: KEEP_ALIVE_MS });
  await scriptFaults(simulator);
  for (const vendor of PROVIDERS) {
    for (const key of steadyKeys(vendor)) await simulator.control({ do: 'key', vendor, key });
  }
  const encryptionSecret = 'encryption-secret-of-the-soak';
  if (redisAvailable()) {
    const redis = await RedisServer.start();
    return {
      simulator,
      store: { kind: 'redis', url: redis.url, encryptionSecret },
      close: async () => void (await Promise.all([redis.stop(), simulator.close()])),
    };
  }
  const path = await mkdtemp(join(tmpdir(), 'akm-soak-'));
  return {
    simulator,
    store: { kind: 'file', path, encryptionSecret },
    close: async () => void (await Promise.all([rm(path, { recursive: true, force: true }), simulator.close()])),
  };
}

const steadyKeys = (vendor: string): string[] => Array.from({ length: STEADY_KEYS }, (_, n) => fakeKey(vendor, n));

export function optionsFor({ simulator, store }: Services): KeyManagementModuleOptions {
  const providers = PROVIDERS.map((name) => [name, { keys: steadyKeys(name), baseUrl: simulator.baseUrl(name) }]);
  return {
    providers: Object.fromEntries(providers),
    store,
    adminToken: ADMIN,
    viewerToken: VIEWER,
    healthCheckIntervalMinutes: 0.25,
    backoff: { initialMs: 10, maxMs: 100 },
  };
}
