import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFirebaseServerProcess, type FirebaseServerProcess } from '../firebase-server';
import { describeWithPostgres, PostgresServer } from '../support/postgres-server';
import { RedisServer, describeWithRedis } from '../support/redis-server';
import type { InstanceStore } from './instance-store';

/** A store that instances share, on a real server in a process of its own. */
export interface SharedStore {
  readonly options: InstanceStore;
  /** As a crash. */
  kill(): Promise<void>;
  restart(how: { empty: boolean }): Promise<void>;
  stop(): Promise<void>;
}

export interface SharedStoreCase {
  readonly name: string;
  readonly describe: (name: string, body: () => void) => void;
  start(): Promise<SharedStore>;
}

async function startRedis(shards: number): Promise<SharedStore> {
  const server = await RedisServer.start();
  return {
    options: { kind: 'redis', url: server.url, shards },
    kill: () => server.kill9(),
    restart: (how) => server.restart(how),
    stop: () => server.stop(),
  };
}

async function startPostgres(): Promise<SharedStore> {
  const server = await PostgresServer.start();
  return {
    options: { kind: 'postgres', url: server.url },
    kill: () => server.kill(),
    restart: (how) => server.restart(how),
    stop: () => server.stop(),
  };
}

async function startFirebase(): Promise<SharedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'akm-firebase-'));
  const dataFile = join(folder, 'data');
  let server: FirebaseServerProcess = await startFirebaseServerProcess({ dataFile });
  const { port } = server;
  return {
    options: { kind: 'firebase', url: server.url() },
    kill: () => server.kill(),
    restart: async ({ empty }) => {
      await server.kill();
      if (empty) await rm(dataFile, { force: true });
      server = await startFirebaseServerProcess({ dataFile, port });
    },
    stop: async () => {
      await server.kill();
      await rm(folder, { recursive: true });
    },
  };
}

export const SHARED_STORES: readonly SharedStoreCase[] = [
  { name: 'Redis', describe: describeWithRedis, start: () => startRedis(1) },
  { name: 'Redis of four shards', describe: describeWithRedis, start: () => startRedis(4) },
  { name: 'Postgres', describe: describeWithPostgres, start: startPostgres },
  { name: 'Firebase server', describe, start: startFirebase },
];
