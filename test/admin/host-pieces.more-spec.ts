import {
  BadGatewayException,
  Controller,
  Injectable,
  RequestMethod,
  UnauthorizedException,
  VERSION_NEUTRAL,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type ModuleMetadata,
  type NestInterceptor,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, HttpAdapterHost, Reflector } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { catchError, map, of, throwError, type Observable } from 'rxjs';
import { isKeyManagementRoute, KeyManagementModule, type AdminSettings } from '../../src/key-management';
import { MetricsController } from '../../src/key-management/admin/controllers/metrics.controller';
import { MODULE_ROUTES, own, OwnHealth, OwnMetrics, OwnModule, start, type Host } from './beside-host';
import { ADAPTERS } from './support';

describe.each(ADAPTERS)('beside a host’s own routes, on %s', (adapter) => {
  it.each<[string, Pick<Host, 'imports' | 'parts'>]>([
    ['in the root module', { parts: { controllers: [OwnHealth, OwnMetrics] } }],
    ['in a module imported before', { imports: (module) => [OwnModule, module as Type] }],
    ['in a module imported after', { imports: (module) => [module as Type, OwnModule] }],
  ])('E2: the host’s win, %s, and a warning names the option', async (_, host) => {
    const { get, log } = await start({ adapter, ...host });
    expect(await get('/health', null)).toMatchObject(own);
    expect(await get('/metrics', null)).toMatchObject({ status: 200, text: 'own_metric 1' });
    expect(await get('/health/live', null)).toMatchObject({
      status: 200,
      text: expect.stringContaining('"status":"ok"'),
    });
    expect(log.warnings).toEqual([
      expect.stringMatching(/own at GET \/health: they win.*admin\.health: "key-health"/),
      expect.stringMatching(/own at GET \/metrics: they win.*admin\.metrics: "key-metrics"/),
    ]);
  });

  it('E2: a route that gave way in one app stands in another', async () => {
    await start({ adapter, parts: { controllers: [OwnHealth] } });
    const { get, log } = await start({ adapter });
    expect((await get('/health', null)).text).toContain('key_pools');
    expect(log.warnings).toEqual([]);
  });

  it('E2: nothing gives way to a route with a version in its URL', async () => {
    const { get, log } = await start({
      adapter,
      parts: { controllers: [OwnHealth] },
      before: (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    });
    expect(await get('/v1/health', null)).toMatchObject(own);
    expect((await get('/health', null)).text).toContain('key_pools');
    expect(log.warnings).toEqual([]);
  });

  it('E2: a host’s route without a version wins where versions stand in the URL', async () => {
    @Controller({ path: 'health', version: VERSION_NEUTRAL })
    class Neutral extends OwnHealth {}
    const { get } = await start({
      adapter,
      parts: { controllers: [Neutral] },
      before: (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    });
    expect(await get('/health', null)).toMatchObject(own);
  });

  it('E2: the host’s win where they stand outside of its prefix', async () => {
    const { get, log } = await start({
      adapter,
      parts: { controllers: [OwnHealth] },
      before: (app) => app.setGlobalPrefix('api', { exclude: ['health', 'metrics'] }),
    });
    expect(await get('/health', null)).toMatchObject(own);
    expect((await get('/metrics')).text).toMatch(/^# HELP /);
    for (const path of MODULE_ROUTES.filter((each) => !['/health', '/metrics'].includes(each)))
      expect([path, (await get(`/api${path}`)).status]).toEqual([path, 200]);
    expect(log.warnings).toEqual([expect.stringContaining('own at GET /health: they win')]);
  });

  it('E2: admin.path stands before all routes of the module', async () => {
    const { get, log } = await start({
      adapter,
      parts: { controllers: [OwnHealth] },
      options: { admin: { path: '/internal/keys/' } },
    });
    for (const path of MODULE_ROUTES) {
      expect([path, (await get(`/internal/keys${path}`)).status]).toEqual([path, 200]);
      if (path !== '/health') expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
    expect(await get('/health', null)).toMatchObject(own);
    expect(log.warnings).toEqual([]);
  });

  it('E2: parts are put elsewhere, and the page finds its files and figures there', async () => {
    const admin: AdminSettings = { path: 'ops', health: '/healthz', metrics: 'prom', dashboard: 'keys/page' };
    const { get } = await start({ adapter, options: { admin } });
    for (const path of [
      '/healthz',
      '/healthz/live',
      '/healthz/ready',
      '/prom',
      '/keys/page',
      '/keys/page/session',
      '/health/keys',
    ])
      expect([path, (await get(`/ops${path}`)).status]).toEqual([path, 200]);
    for (const path of ['/health', '/metrics', '/dashboard'])
      expect([path, (await get(`/ops${path}`)).status]).toEqual([path, 404]);
    // Fastify tells `/page/` from `/page`, unless its host says otherwise.
    for (const page of ['/ops/keys/page', ...(adapter === 'express' ? ['/ops/keys/page/'] : [])]) {
      const { text } = await get(page, null);
      const script = new URL(/<script type="module" src="([^"]+)"/.exec(text)![1]!, `http://host${page}`).pathname;
      expect(script).toMatch(/^\/ops\/keys\/page\/assets\//);
      expect((await get(script, null)).status).toBe(200);
      const base = /data-base="([^"]*)" data-place="keys\/page"/.exec(text)![1]!;
      expect(new URL(`${base}health/keys`, `http://host${page}`).pathname).toBe('/ops/health/keys');
    }
  });

  it('E2: parts are left out', async () => {
    const { get } = await start({ adapter, options: { admin: { health: false, metrics: false, dashboard: false } } });
    for (const path of ['/health', '/health/live', '/metrics', '/dashboard', '/dashboard/session'])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    for (const path of ['/health/keys', '/admin/events']) expect((await get(path)).status).toBe(200);
  });

  describe('and a host’s global pieces', () => {
    @Injectable()
    class Envelope implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(map((data: unknown) => ({ data, ok: true })));
      }
    }
    const envelope: ModuleMetadata = {
      providers: [{ provide: APP_INTERCEPTOR, useClass: Envelope }],
      controllers: [OwnMetrics],
    };

    it('E3: answers come as they are where an interceptor wraps all', async () => {
      const { get } = await start({ adapter, parts: envelope, options: { admin: { metrics: 'prom' } } });
      expect(await get('/metrics')).toMatchObject({ text: '{"data":"own_metric 1","ok":true}' });
      const session = await get('/dashboard/session');
      const vendors = { openai: 'OpenAI', anthropic: 'Anthropic', google: 'Google' };
      expect(JSON.parse(session.text)).toEqual({
        role: 'admin',
        providers: Object.keys(vendors),
        vendors: Object.fromEntries(Object.entries(vendors).map(([name, label]) => [name, { name, label }])),
      });
      expect(JSON.parse((await get('/health')).text)).toMatchObject({ status: 'ok' });
      const metrics = await get('/prom');
      expect(metrics.text).toMatch(/^# HELP /);
      expect(metrics.type).toMatch(/^text\/plain;.* ?version=0\.0\.4/);
      expect(JSON.parse((await get('/health/keys')).text)).toHaveProperty('system_info');
      expect((await get('/dashboard')).text).toMatch(/^<!doctype html>/);
      expect(await get('/admin/events?limit=0')).toMatchObject({
        status: 400,
        text: expect.stringContaining('"statusCode":400'),
      });
    });

    const parts = (intercept: NestInterceptor['intercept']): ModuleMetadata => ({
      providers: [{ provide: APP_INTERCEPTOR, useValue: { intercept } }],
    });

    it.each<[string, NestInterceptor['intercept']]>([
      [
        'maps errors, as in Nest’s documentation',
        (_, next) => next.handle().pipe(catchError(() => throwError(() => new BadGatewayException()))),
      ],
      ['makes answers of errors', (_, next) => next.handle().pipe(catchError(() => of({ sorry: true })))],
      [
        'fails afterwards',
        (_, next) =>
          next.handle().pipe(
            map(() => {
              throw new Error('of the host');
            }),
          ),
      ],
    ])('E3: answers and errors come as they are where an interceptor %s', async (_, intercept) => {
      const { get } = await start({ adapter, parts: parts(intercept) });
      for (const path of MODULE_ROUTES) expect([path, (await get(path)).status]).toEqual([path, 200]);
      expect(JSON.parse((await get('/admin/events?limit=0')).text)).toMatchObject({
        statusCode: 400,
        problems: [{ field: 'limit' }],
      });
      expect((await get('/analytics/nobody')).status).toBe(404);
    });

    it('E3: what an interceptor answers in the place of a handler is sent', async () => {
      const { get } = await start({ adapter, parts: parts(() => of('from a cache')) });
      for (const path of [...MODULE_ROUTES, '/dashboard/session', '/admin/events/stream'])
        expect([path, await get(path)]).toEqual([path, expect.objectContaining({ status: 200, text: 'from a cache' })]);
    });

    /** As Nest's documentation writes it. */
    @Injectable()
    class JwtGuard implements CanActivate {
      constructor(private readonly reflector: Reflector) {}
      canActivate(context: ExecutionContext): boolean {
        const targets = [context.getHandler(), context.getClass()];
        if (this.reflector.getAllAndOverride<boolean>('isPublic', targets)) return true;
        throw new UnauthorizedException();
      }
    }
    const statuses = async (get: Awaited<ReturnType<typeof start>>['get']) =>
      Object.fromEntries(
        await Promise.all(MODULE_ROUTES.map(async (path) => [path, (await get(path)).status] as const)),
      );

    it('E3: a guard as in Nest’s documentation lets probes and the page in, and nothing else', async () => {
      const { get } = await start({ adapter, parts: { providers: [{ provide: APP_GUARD, useClass: JwtGuard }] } });
      expect(await statuses(get)).toEqual({
        '/health': 200,
        '/health/live': 200,
        '/health/ready': 200,
        '/dashboard': 200,
        '/health/keys': 401,
        '/metrics': 401,
        '/admin/events': 401,
      });
    });

    it('E3: a guard that asks whose the route is leaves the module its own access control', async () => {
      @Injectable()
      class HostGuard extends JwtGuard {
        override canActivate(context: ExecutionContext): boolean {
          return isKeyManagementRoute(context) || super.canActivate(context);
        }
      }
      const { get } = await start({
        adapter,
        parts: { providers: [{ provide: APP_GUARD, useClass: HostGuard }], controllers: [OwnMetrics] },
        options: { admin: { metrics: 'prom' } },
      });
      expect((await get('/metrics')).status).toBe(401);
      for (const path of ['/prom', '/health/keys', '/admin/events']) {
        expect([path, (await get(path)).status]).toEqual([path, 200]);
        expect([path, (await get(path, 'a-token-of-nobody-at-all')).status]).toEqual([path, 401]);
      }
    });

    it('E3: admin.guards stand before what needs a role, and in the place of no token', async () => {
      const asked: string[] = [];
      @Injectable()
      class FromInside implements CanActivate {
        canActivate(context: ExecutionContext): boolean {
          const { url } = context.switchToHttp().getRequest<{ url: string }>();
          asked.push(url);
          return url !== '/metrics';
        }
      }
      const { get } = await start({ adapter, options: { admin: { guards: [FromInside] } } });
      expect(await statuses(get)).toMatchObject({
        '/health': 200,
        '/dashboard': 200,
        '/health/keys': 200,
        '/metrics': 403,
      });
      expect(asked.sort()).toEqual(['/admin/events', '/health/keys', '/metrics']);
      expect((await get('/health/keys', null)).status).toBe(401);
    });

    it.each(['uri', 'header', 'media'] as const)(
      'E3: routes have no version, where the host’s go by %s',
      async (by) => {
        const versioning = {
          uri: { type: VersioningType.URI, defaultVersion: '1' },
          header: { type: VersioningType.HEADER, header: 'x-v', defaultVersion: '1' },
          media: { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' },
        } as const;
        const { get } = await start({
          adapter,
          before: (app) => app.setGlobalPrefix('api').enableVersioning(versioning[by]),
        });
        for (const path of MODULE_ROUTES) expect([path, (await get(`/api${path}`)).status]).toEqual([path, 200]);
      },
    );
  });
});

it('E2: on fastify a route that the host registered without Nest wins too', async () => {
  const { get, log } = await start({
    adapter: 'fastify',
    before: (app) => {
      (app as NestFastifyApplication)
        .getHttpAdapter()
        .getInstance()
        .get('/health', () => ({ own: true }));
    },
  });
  expect(await get('/health', null)).toMatchObject(own);
  expect(log.warnings).toEqual([expect.stringContaining('GET /health')]);
});

it('E2: on fastify it wins, too, where the prefix of the app is not of that place', async () => {
  const { get, log } = await start({
    adapter: 'fastify',
    before: (app) => {
      app.setGlobalPrefix('api', { exclude: ['health', { path: 'metrics', method: RequestMethod.GET }] });
      const instance = (app as NestFastifyApplication).getHttpAdapter().getInstance();
      instance.get('/health', () => ({ own: true }));
      instance.get('/api/health/live', () => ({ own: true }));
    },
  });
  expect(await get('/health', null)).toMatchObject(own);
  expect(await get('/api/health/live', null)).toMatchObject(own);
  expect((await get('/metrics')).text).toMatch(/^# HELP /);
  expect(await get('/api/health/ready', null)).toMatchObject({ status: 200 });
  expect(log.warnings).toEqual([expect.stringContaining('own at GET /health, GET /health/live: they win')]);
});

it('E3: a throttler of the host does not count the module’s routes', () => {
  // The key that @nestjs/throttler's guard looks up: THROTTLER_SKIP and the throttler's name.
  for (const name of ['default', 'short', 'medium', 'long'])
    expect(Reflect.getMetadata(`THROTTLER:SKIP${name}`, MetricsController)).toBe(true);
});

it('E2: on fastify a plugin that brings a route of the module ends the start with the option that mends it', async () => {
  @Injectable()
  class Late implements OnModuleInit {
    constructor(private readonly adapters: HttpAdapterHost) {}
    /** Nest has mounted its routes by now. */
    onModuleInit(): void {
      const instance = (this.adapters.httpAdapter as FastifyAdapter).getInstance();
      void instance.register(async (scope) => {
        await Promise.resolve();
        scope.get('/metrics', () => 'own_metric 1');
      });
    }
  }
  const parts: ModuleMetadata = { providers: [Late] };
  await expect(start({ adapter: 'fastify', parts })).rejects.toThrow(
    /GET \/metrics is a route of key management.*admin\.metrics: "key-metrics"/,
  );
  const { get } = await start({ adapter: 'fastify', parts, options: { admin: { metrics: 'prom' } } });
  expect(await get('/metrics')).toMatchObject({ status: 200, text: 'own_metric 1' });
  expect((await get('/prom')).text).toMatch(/^# HELP /);
});

it.each(ADAPTERS)('E2: two parts of the module in one place are refused by name, on %s', async (adapter) => {
  await expect(start({ adapter, options: { admin: { metrics: 'health' } } })).rejects.toThrow(
    'admin.metrics: GET /health is a route of admin.health, too; choose another path.',
  );
  await expect(start({ adapter, options: { admin: { health: 'admin/events' } } })).rejects.toThrow(
    'admin.health: GET /admin/events is a route of the API, too; choose another path.',
  );
});

describe('wrong settings of admin', () => {
  it.each<[unknown, string]>([
    ['yes', 'admin: must be true, false or an object.'],
    [{ helth: false }, 'admin: has no setting named "helth"; correct the name, or leave it out.'],
    [{ health: 'a/:b' }, 'admin.health: must be true, false, or a path as "key-health", without parameters.'],
    [{ health: 7 }, 'admin.health: must be true, false, or a path as "key-health", without parameters.'],
    [{ path: '../keys' }, 'admin.path: must be a path as "internal/keys", without parameters.'],
    [{ path: true }, 'admin.path: must be a path as "internal/keys", without parameters.'],
    [{ guards: [7] }, 'admin.guards.0: must be a guard: a class, or an object with canActivate.'],
    [{ authorize: 'all' }, 'admin.authorize: must be a function (request, role) => boolean.'],
  ])('E2: %j are refused by name', (admin, problem) => {
    expect(() => KeyManagementModule.forRoot({ admin: admin as AdminSettings })).toThrow(problem);
  });
});
