import assert from 'node:assert/strict';
import { Module, type ConsoleLogger, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { KeyManagementModule, keyIdOf, KeyPoolService, RetryExecutorService } from '../../../src/key-management';
import { as, type Players } from '../sample';

const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(url, { headers })).status;
const admin = (): Record<string, string> => ({ authorization: `Bearer ${process.env.ADMIN_TOKEN}` });

const refused = Object.assign(new Error('refused'), { status: 401, headers: {}, error: { code: 'invalid_api_key' } });

@Module({ imports: [KeyManagementModule.forRoot()] })
class HostModule {}

const hostWith = (...providers: Type[]): DynamicModule => ({ module: HostModule, providers });

export const inYourApp: Players = {
  MovedRoutesModule: async (exported, stage) => {
    const url = await stage.serve(as<Type>(exported, 'MovedRoutesModule'));
    assert.equal(await statusOf(`${url}/internal/keys/health/keys`, admin()), 200);
    assert.equal(await statusOf(`${url}/internal/keys/key-health`), 200);
    assert.equal(await statusOf(`${url}/internal/keys/metrics`, admin()), 404);
    assert.notEqual(await statusOf(`${url}/internal/keys/key-pools`), 404);
  },

  GuardedModule: async (exported, stage) => {
    const url = await stage.serve(as<Type>(exported, 'GuardedModule'));
    assert.equal(await statusOf(`${url}/health/live`), 200);
    assert.equal(await statusOf(`${url}/health/keys`, admin()), 200);
    assert.equal(await statusOf(`${url}/health/keys`), 401);
  },

  OwnUsersModule: async (exported, stage) => {
    const url = await stage.serve(as<Type>(exported, 'OwnUsersModule'));
    const check = async (user: string): Promise<number> =>
      (await fetch(`${url}/admin/health-checks`, { method: 'POST', headers: { 'x-user': user } })).status;
    assert.equal(await statusOf(`${url}/health/keys`), 403);
    assert.equal(await statusOf(`${url}/health/keys`, { 'x-user': 'bob' }), 200);
    assert.deepEqual([await check('bob'), await check('ann')], [403, 200]);
  },

  VersionedModule: async (exported, stage) => {
    const setUp = as<(app: INestApplication) => void>(exported, 'setUp');
    const url = await stage.serve(as<Type>(exported, 'VersionedModule'), setUp);
    assert.equal(await statusOf(`${url}/api/v1/chat`), 200);
    assert.equal(await statusOf(`${url}/api/health/keys`, admin()), 200);
  },

  createFastifyApp: async (exported, stage) => {
    const app = await as<() => Promise<INestApplication>>(exported, 'createFastifyApp')();
    app.useLogger(false);
    const url = await stage.listen(app);
    assert.equal(await statusOf(`${url}/health/keys`, admin()), 200);
  },

  serveDocs: async (exported, stage) => {
    const url = await stage.serve(HostModule, as<(app: INestApplication) => void>(exported, 'serveDocs'));
    const document = (await (await fetch(`${url}/internal/docs-json`)).json()) as { paths: object };
    assert('/health/keys' in document.paths);
  },

  HealthzModule: async (exported, stage) => {
    const url = await stage.serve(as<Type>(exported, 'HealthzModule'));
    const answer = await fetch(`${url}/healthz`);
    assert.deepEqual([answer.status, ((await answer.json()) as { status: string }).status], [200, 'ok']);
    assert.equal(await statusOf(`${url}/health`), 404);
  },

  Alarm: async (exported, stage) => {
    const Alarm = as<Type<{ messages: string[] }>>(exported, 'Alarm');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }), Alarm);
    await app.get(RetryExecutorService).executeOpenAi(() => Promise.reject(refused), { maxWaitMs: 0 });
    assert.match(app.get(Alarm).messages.join('\n'), /^openai: sk-proj\.\.\.\w{4} is invalid \(/);
  },

  Pager: async (exported, stage) => {
    const Pager = as<Type<{ pages: string[] }>>(exported, 'Pager');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }), Pager);
    await app.get(RetryExecutorService).executeOpenAi(() => Promise.reject(refused), { maxWaitMs: 0 });
    await new Promise(setImmediate);
    assert.equal(app.get(Pager).pages[0], 'openai: status_changed');
  },

  Rotation: async (exported, stage) => {
    const Rotation = as<Type<{ replace(oldKeyId: string, newKey: string): Promise<boolean> }>>(exported, 'Rotation');
    const app = await stage.start(KeyManagementModule.forRoot({ admin: false }), Rotation);
    const pool = app.get(KeyPoolService);
    const [old] = pool.list('openai');
    const [dead, fresh] = stage.simulator.openai.newKeys(2);
    stage.simulator.openai.key(dead!, { kind: 'invalid' });
    assert.equal(await app.get(Rotation).replace(old!.id, dead!), false);
    assert.equal(await app.get(Rotation).replace(old!.id, fresh!), true);
    assert.deepEqual(
      [pool.get('openai', old!.id)?.status, pool.get('openai', keyIdOf(fresh!))?.status],
      ['disabled', 'healthy'],
    );
  },

  JsonLogger: (exported) => {
    const Logger = as<new () => ConsoleLogger>(exported, 'JsonLogger');
    const written: string[] = [];
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text: string | Uint8Array) => {
      written.push(String(text));
      return true;
    };
    try {
      new Logger().log('attempt provider=openai outcome=ok');
    } finally {
      process.stdout.write = write;
    }
    assert.doesNotThrow(() => JSON.parse(written.join('')) as unknown);
  },

  Shutdown: async (exported, stage) => {
    const url = await stage.serve(hostWith(as<Type>(exported, 'Shutdown')));
    const stream = await fetch(`${url}/admin/events/stream`, { headers: admin() });
    assert.equal(stream.status, 200);
    const ended = stream.text();
    await stage.clear();
    assert.match(await ended, /^retry: \d+$/m);
  },
};
