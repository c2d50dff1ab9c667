import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as turn } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request, { type Response } from 'supertest';
import { CLOCK, keyIdOf, KeyManagementModule, KeyManagerService, KeyPoolService } from '../../src/key-management';
import { RecordingWatcher } from '../../src/key-management/store/contract/contract-support';
import { FileKeyStore } from '../../src/key-management/store/file/file-key-store';
import { fakeKey, VendorSimulator } from '../simulator';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { describeWithRedis, RedisServer } from '../support/redis-server';
import { ADMIN } from '../support/tokens';

const [SWITCHED, DELETED, ADDED] = [1, 2, 3].map((n) => fakeKey('openai', n)) as [string, string, string];
const KEYS = '/admin/providers/openai/keys';
const CONFIGURATION = '/admin/configuration';

describe('changes that the store does not take', () => {
  let simulator: VendorSimulator;
  let path: string;
  let clock: FakeClock;
  let app: INestApplication<Server>;
  const start = async (): Promise<void> => {
    const testing = await Test.createTestingModule({
      imports: [
        KeyManagementModule.forRoot({
          store: { kind: 'file', path, encryptionSecret: 'The secret of these very tests' },
          providers: { openai: { keys: [SWITCHED, DELETED], baseUrl: simulator.openai.baseUrl } },
          adminToken: ADMIN,
          startupCheckTimeoutMs: 0,
        }),
      ],
    })
      .overrideProvider(CLOCK)
      .useValue(clock)
      .compile();
    testing.useLogger(false);
    app = testing.createNestApplication<INestApplication<Server>>();
    await app.listen(0, '127.0.0.1');
  };
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of [SWITCHED, DELETED, ADDED]) simulator.openai.key(key);
    path = await mkdtemp(join(tmpdir(), 'akm-unkept-'));
    clock = new FakeClock(Date.now());
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
    await rm(path, { recursive: true });
  });

  /** Time goes on while the answer is waited for. */
  const ask = async (method: 'get' | 'post' | 'patch' | 'delete', url: string, body?: object): Promise<Response> => {
    let answer: Response | undefined;
    const agent = request(app.getHttpServer());
    const sending = agent[method](url).set('authorization', `Bearer ${ADMIN}`).send(body);
    void sending.then((response) => (answer = response));
    while (!answer) {
      await clock.advance(50);
      await turn(5);
    }
    return answer;
  };

  it('C1, C2, C7, F6: are said to be in force and not kept, and are kept when the folder comes free', async () => {
    const other = new FileKeyStore({ path });
    await other.open(new RecordingWatcher());
    await start();
    const notKept = { statusCode: 503, code: 'STORE_UNAVAILABLE', applied: true, will_be_written: true };

    const added = await ask('post', KEYS, { keys: [ADDED] });
    expect(added.body).toMatchObject({ ...notKept, keys: [{ verdict: 'added', persistence: 'pending' }] });
    const answers = [
      await ask('patch', `${KEYS}/${keyIdOf(SWITCHED)}`, { enabled: false, label: 'told' }),
      await ask('delete', `${KEYS}/${keyIdOf(DELETED)}`),
      await ask('patch', CONFIGURATION, { max_retries: 7 }),
    ];
    for (const { status, body } of [added, ...answers]) {
      expect(status).toBe(503);
      expect(body).toMatchObject(notKept);
    }
    expect((await ask('get', `${KEYS}/${keyIdOf(SWITCHED)}`)).body).toMatchObject({
      status: 'disabled',
      label: 'told',
    });
    expect((await ask('get', `${KEYS}/${keyIdOf(ADDED)}`)).body).toMatchObject({ persistence: 'pending' });
    expect((await ask('get', `${KEYS}/${keyIdOf(DELETED)}`)).status).toBe(404);
    expect((await ask('get', '/health/ready')).body).toMatchObject({
      status: 'ok',
      details: { key_store: { status: 'up', degraded: true, condition: 'away' } },
    });
    expect((await ask('get', '/metrics')).text).toMatch(/^ai_keys_store_up 0$/m);

    await other.close();
    const ready = async (): Promise<boolean> => {
      const { body } = await ask('get', '/health/ready');
      return !(body as { details: { key_store: { degraded?: boolean } } }).details.key_store.degraded;
    };
    while (!(await ready())) await clock.advance(500);
    expect((await ask('get', `${KEYS}/${keyIdOf(ADDED)}`)).body).toMatchObject({ persistence: 'stored' });
    expect((await ask('patch', CONFIGURATION, { max_retries: 8 })).body).toEqual({
      max_retries: 8,
      health_check_interval_minutes: 10,
      persistence: 'stored',
    });

    await app.close();
    await start();
    expect((await ask('get', `${KEYS}/${keyIdOf(SWITCHED)}`)).body).toMatchObject({
      status: 'disabled',
      label: 'told',
    });
    expect((await ask('get', `${KEYS}/${keyIdOf(ADDED)}`)).status).toBe(200);
    expect((await ask('get', `${KEYS}/${keyIdOf(DELETED)}`)).status).toBe(404);
    expect((await ask('get', CONFIGURATION)).body).toMatchObject({ max_retries: 8 });
  }, 60_000);

  it('C2: reject the methods of the pools with the same facts', async () => {
    const other = new FileKeyStore({ path });
    await other.open(new RecordingWatcher());
    await start();
    const pools = app.get(KeyPoolService);
    const id = keyIdOf(SWITCHED);
    for (const change of [
      () => pools.disable('openai', id),
      () => pools.enable('openai', id),
      () => pools.remove('openai', id),
    ]) {
      const [said] = await Promise.allSettled([change(), clock.advance(5_000)]);
      expect(said).toMatchObject({
        status: 'rejected',
        reason: { name: 'StoreUnavailableError', code: 'STORE_UNAVAILABLE', applied: true, willBeWritten: true },
      });
    }
    await other.close();
  }, 60_000);

  it('C10: a store that had lost its latest writes says so in the log of events', async () => {
    await start();
    await app.get(KeyPoolService).disable('openai', keyIdOf(SWITCHED));
    await app.close();
    const folder = join(path, 'key-store');
    await rm(join(folder, 'CURRENT'));
    await start();
    const { body } = await ask('get', '/admin/events?type=store_damaged');
    expect(body).toMatchObject({ events: [{ type: 'store_damaged', reason: expect.stringContaining('set aside') }] });
  }, 60_000);
});

describeWithRedis('settings on a store that instances share', () => {
  it('C7: reach the other instances, and those that come later', async () => {
    const redis = await RedisServer.start();
    const options = { store: { kind: 'redis', url: redis.url } as const, maxRetries: 2 };
    const [one, other] = [await startKeyManagement(options), await startKeyManagement(options)];
    await one.get(KeyManagerService).updateConfiguration({ maxRetries: 9, healthCheckIntervalMinutes: 30 });
    const settings = { max_retries: 9, health_check_interval_minutes: 30 };
    while (other.get(KeyManagerService).getComprehensiveStatus().system_info.max_retries !== 9) await turn(20);
    const later = await startKeyManagement(options);
    for (const each of [other, later])
      expect(each.get(KeyManagerService).getComprehensiveStatus().system_info).toMatchObject(settings);
    await Promise.all([one, other, later].map((each) => each.close()));
    await redis.stop();
  }, 60_000);

  it('C5: evicted documents are noticed without a word of the server, and given back', async () => {
    const redis = await RedisServer.start();
    const options = { store: { kind: 'redis', url: redis.url } as const, providers: { openai: { keys: [SWITCHED] } } };
    const one = await startKeyManagement({ ...options, startupCheckTimeoutMs: 0 });
    const id = keyIdOf(SWITCHED);
    await one.get(KeyPoolService).disable('openai', id);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    const doc = `{akm:default}:doc:keys/openai/${id}`;
    await client.del(doc);
    while ((await client.hget(doc, 'radmin')) === null) await turn(50);
    await client.set(doc, 'something else');
    await one.get(KeyPoolService).enable('openai', id);
    expect(await client.hget(doc, 'radmin')).toContain('enabled');
    client.disconnect();
    await one.close();
    await redis.stop();
  }, 60_000);

  it('C5: what was evicted a moment before the app ends is given back, too', async () => {
    const redis = await RedisServer.start();
    const options = { store: { kind: 'redis', url: redis.url } as const, providers: { openai: { keys: [SWITCHED] } } };
    const one = await startKeyManagement({ ...options, startupCheckTimeoutMs: 0 });
    const id = keyIdOf(SWITCHED);
    await one.get(KeyPoolService).disable('openai', id);
    await redis.command('DEL', `{akm:default}:doc:keys/openai/${id}`);
    await one.close();
    const two = await startKeyManagement({ ...options, startupCheckTimeoutMs: 0 });
    expect(two.get(KeyPoolService).get('openai', id)).toMatchObject({ status: 'disabled' });
    await two.close();
    await redis.stop();
  }, 60_000);
});
