import { Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { Server } from 'node:http';
import { KeyManagementModule, KeyPoolHealthIndicator, keyIdOf } from '../../src/key-management';
import { HealthController } from '../../src/key-management/admin/controllers/health.controller';
import { VendorSimulator } from '../simulator';
import { routesFor } from './routes';
import { ADAPTERS, ADMIN, startApi } from './support';

@Module({ imports: [RouterModule.register([{ path: 'internal', module: KeyManagementModule }])] })
class PrefixModule {}

describe.each(ADAPTERS)('in an app of somebody else, on %s', (adapter) => {
  let simulator: VendorSimulator;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
  });
  afterAll(() => simulator.close());

  it('mounts nothing where admin is false, and still has its health indicators', async () => {
    const api = await startApi({ adapter, options: { admin: false } });
    for (const { method, path, body } of routesFor('0123456789abcdef')) {
      await api.send(method, path).send(body).expect(404);
    }
    expect(api.app.get(KeyPoolHealthIndicator).check('pools')).toEqual({ pools: { status: 'up' } });
    await api.app.close();
  });

  it('stands under the prefix of a router module', async () => {
    const api = await startApi({ adapter, imports: [PrefixModule] });
    await api.send('get', '/internal/health', null).expect(200);
    await api.send('get', '/internal/admin/providers/openai/keys').expect(200);
    await api.send('get', '/admin/providers/openai/keys').expect(404);
    await api.send('get', '/internal/health/keys', null).expect(401);
    await api.app.close();
  });

  it('stands under a global prefix', async () => {
    const api = await startApi({ adapter, globalPrefix: 'api/v1' });
    await api.send('get', '/api/v1/health/keys').expect(200);
    await api.send('get', '/api/v1/health/keys', null).expect(401);
    await api.send('get', '/health/keys').expect(404);
    if (adapter === 'express') {
      await api.send('get', '/api/v1/docs', null).expect(200);
      const { body } = await api.send('get', '/api/v1/docs-json', null).expect(200);
      expect(Object.keys(body.paths as object)).toContain('/api/v1/admin/events');
    }
    await api.app.close();
  });

  it('shares nothing with a second app in the process', async () => {
    const { baseUrl } = simulator.openai;
    const [key] = simulator.openai.newKeys(1) as [string];
    const first = await startApi({ adapter, options: { providers: { openai: { baseUrl, keys: [key] } } } });
    const second = await startApi({
      adapter,
      options: { providers: { openai: { baseUrl } }, adminToken: 'another-admin-token' },
    });
    await first.send('patch', '/admin/configuration').send({ max_retries: 9 }).expect(200);
    for (let tries = 0; tries < 10; tries += 1) await first.send('get', '/admin/events', 'wrong-token').expect(401);
    await first.send('get', '/admin/events', 'wrong-token').expect(429);
    await second.send('get', '/admin/events', ADMIN).expect(401);
    const { body } = await second.send('get', '/health/keys', 'another-admin-token').expect(200);
    expect(body).toMatchObject({ system_info: { max_retries: 3 }, key_pools: { providers: {} } });
    const events = await second.send('get', '/admin/events', 'another-admin-token').expect(200);
    expect(events.body.events).toEqual([]);
    await first.app.close();
    await second.send('get', '/health/live', null).expect(200);
    await second.app.close();
  });
});

describe('registered asynchronously', () => {
  it('takes isGlobal and admin beside the factory', async () => {
    const start = async (admin: boolean): Promise<number> => {
      const module = await Test.createTestingModule({
        imports: [
          KeyManagementModule.forRootAsync({
            admin,
            useFactory: () => ({ store: { kind: 'memory' }, adminToken: ADMIN }),
          }),
        ],
      }).compile();
      module.useLogger(false);
      const app = await module.createNestApplication().init();
      const { status } = await request(app.getHttpServer() as Server).get('/health');
      await app.close();
      return status;
    };
    expect([await start(true), await start(false)]).toEqual([200, 404]);
  });
});

describe('health', () => {
  it('F1: tells dead pools from cooling ones, without counts or masks; none takes the instance out of service', async () => {
    const simulator = await VendorSimulator.start();
    const [dead, limited] = [simulator.openai.newKeys(1), simulator.anthropic.newKeys(1)] as [string[], string[]];
    simulator.anthropic.key(limited[0]!, { kind: 'alwaysRateLimited', retryAfterMs: 60_000 });
    const providers = {
      openai: { keys: dead, baseUrl: simulator.openai.baseUrl },
      anthropic: { keys: limited, baseUrl: simulator.anthropic.baseUrl },
      google: { baseUrl: simulator.google.baseUrl },
    };
    const api = await startApi({ options: { providers } });
    const health = async (path = ''): Promise<[number, string]> => {
      const { status, text } = await api.send('get', `/health${path}`, null);
      return [status, text];
    };
    expect(await health()).toEqual([200, expect.stringContaining('"key_pools":{"status":"up"}')]);

    simulator.openai.key(dead[0]!, { kind: 'invalid' });
    await api.send('post', '/admin/health-checks').expect(200);
    const [status, text] = await health();
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'error',
      error: { key_pools: { status: 'down', providers: ['openai'] } },
    });
    expect(text).not.toMatch(/\d|\.\.\./);
    expect((await health('/live'))[0]).toBe(200);
    expect((await health('/ready'))[0]).toBe(200);

    const [id] = [dead[0]!].map(keyIdOf) as [string];
    await api.send('patch', `/admin/providers/openai/keys/${id}`).send({ enabled: false }).expect(200);
    expect((await health())[0]).toBe(200);
    simulator.anthropic.key(limited[0]!, { kind: 'invalid' });
    await api.send('post', '/admin/health-checks').expect(200);
    expect((await health())[0]).toBe(503);
    const [ready, readyText] = await health('/ready');
    expect(ready).toBe(200);
    expect(JSON.parse(readyText)).toMatchObject({
      status: 'ok',
      details: { key_pools: { status: 'up', degraded: true, providers: ['anthropic'] } },
    });

    api.app.get(HealthController).beforeApplicationShutdown();
    expect([(await health('/ready'))[0], (await health('/live'))[0]]).toEqual([503, 200]);
    await api.app.close();
    await simulator.close();
  });
});
