import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as turn } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { keyIdOf, KeyManagementModule, KeyPoolService, type KeyStoreOptions } from '../../src/key-management';
import { FirebaseServer } from '../firebase-server';
import { fakeKey, VendorSimulator } from '../simulator';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const KEY = fakeKey('openai', 1);
const ID = keyIdOf(KEY);

/** A store whose server is there, and refuses writes while the test wants it. */
interface Refusing {
  readonly options: KeyStoreOptions;
  /** What the log says of it. */
  readonly inTheLog: RegExp;
  refuse(): Promise<unknown>;
  take(): Promise<unknown>;
  stop(): Promise<void>;
}

async function refusingFirebase(): Promise<Refusing> {
  const server = await FirebaseServer.start();
  return {
    options: { kind: 'firebase', url: server.url() },
    inTheLog: /firebase store .*refuses access/,
    refuse: () => Promise.resolve(server.allow({ read: true, write: false })),
    take: () => Promise.resolve(server.allow({ read: true, write: true })),
    stop: () => server.stop(),
  };
}

/** As a server whose disk is full: it cannot save, and takes no writes until it can. */
async function unsavableRedis(): Promise<Refusing> {
  const server = await RedisServer.start();
  await server.command('CONFIG', 'SET', 'save', '3600 1000000');
  const [, folder] = (await server.command('CONFIG', 'GET', 'dir')) as string[];
  const dump = join(folder!, 'dump.rdb');
  return {
    options: { kind: 'redis', url: server.url },
    inTheLog: /redis store .*MISCONF.*look at its log and at its disk/,
    refuse: async () => {
      // What it saves cannot get the name that a folder has.
      await mkdir(join(dump, 'a folder'), { recursive: true });
      await server.command('BGSAVE');
      while ((await server.info('rdb_last_bgsave_status')) !== 'err') await turn(20);
    },
    take: async () => {
      await rm(dump, { recursive: true });
      await server.command('BGSAVE');
    },
    stop: () => server.stop(),
  };
}

const refused = (name: string, start: () => Promise<Refusing>) => () => {
  let simulator: VendorSimulator;
  let store: Refusing;
  let app: INestApplication<Server>;
  const warnings: string[] = [];
  const warn = (message: unknown): void => void warnings.push(String(message));
  beforeEach(async () => {
    // The SDK of Firebase prints each operation that is refused.
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    simulator = await VendorSimulator.start();
    simulator.openai.key(KEY);
    store = await start();
    const providers = { openai: { keys: [KEY], baseUrl: simulator.openai.baseUrl } };
    const testing = await Test.createTestingModule({
      imports: [KeyManagementModule.forRoot({ store: store.options, providers })],
    }).compile();
    testing.useLogger({ log: () => undefined, warn, error: warn });
    app = await testing.createNestApplication<INestApplication<Server>>().init();
  });
  afterEach(async () => {
    await app.close();
    await store.stop();
    await simulator.close();
    warnings.splice(0);
  });

  it(`C2, C12: ${name}: readiness says degraded, the log says it once, and what waits is written afterwards`, async () => {
    const ready = async () => {
      const { status, body } = await request(app.getHttpServer()).get('/health/ready');
      return { status, store: body.details.key_store as { status: string; degraded?: boolean } };
    };
    expect(await ready()).toEqual({ status: 200, store: { status: 'up' } });
    await store.refuse();
    const disabling = app.get(KeyPoolService).disable('openai', ID);
    await expect(disabling).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', applied: true, willBeWritten: true });
    expect(await ready()).toMatchObject({ status: 200, store: { status: 'up', degraded: true } });
    expect(warnings.filter((line) => store.inTheLog.test(line))).toHaveLength(1);

    await store.take();
    while ((await ready()).store.degraded) await turn(50);
    await app.get(KeyPoolService).enable('openai', ID);
  }, 60_000);
};

describe('Firebase that refuses writes', refused('Firebase', refusingFirebase));
describeWithRedis('a Redis that cannot save', refused('MISCONF', unsavableRedis));
