import { RequestMethod } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { ModulesContainer } from '@nestjs/core';
import { KeyManagementModule, keyIdOf } from '../../src/key-management';
import { ACCESS_METADATA } from '../../src/key-management/admin/access/access.decorator';
import { AccessGuard } from '../../src/key-management/admin/access/access.guard';
import { VendorSimulator } from '../simulator';
import { routesFor } from './routes';
import { ADAPTERS, ADMIN, startApi, VIEWER, type ApiUnderTest } from './support';

const WRONG = 'no-such-token-for-tests-0001';

describe.each(ADAPTERS)('access on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let address = 0;
  const from = (): string => `198.51.100.${(address = (address + 1) % 250)}`;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    const [key] = simulator.openai.newKeys(1) as [string];
    api = await startApi({
      adapter,
      options: { providers: { openai: { keys: [key], baseUrl: simulator.openai.baseUrl } } },
    });
    const id = keyIdOf(key);
    for (const route of routesFor(id)) routes.set(`${route.method} ${route.path}`, route);
  });
  afterAll(async () => {
    await api.app.close();
    await simulator.close();
  });
  const routes = new Map<string, ReturnType<typeof routesFor>[number]>();

  it('opens each route to whom it is for, and to nobody else', async () => {
    const seen: string[] = [];
    const expected: string[] = [];
    for (const [name, { method, path, access, body, status = 200 }] of routes) {
      for (const [who, token] of [
        ['none', null],
        ['wrong', WRONG],
        ['viewer', VIEWER],
        ['admin', ADMIN],
      ] as const) {
        const answer = await api.send(method, path, token).set('X-Forwarded-For', from()).send(body);
        seen.push(`${name} ${who} ${answer.status}`);
        const allowed = access === 'public' || who === 'admin' || (who === 'viewer' && access === 'viewer');
        expected.push(`${name} ${who} ${allowed ? status : who === 'viewer' ? 403 : 401}`);
        if (answer.status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      }
    }
    expect(seen).toEqual(expected);
  });

  it.each(['', 'Basic abc', 'Bearer', 'Bearer a b', `bearer  ${WRONG}`, `Bearer ${'x'.repeat(5_000)}`])(
    'refuses the header "%.20s"',
    async (header) => {
      const { status, body } = await api
        .send('get', '/health/keys', null)
        .set({ Authorization: header, 'X-Forwarded-For': from() });
      expect([status, body.statusCode]).toEqual([401, 401]);
    },
  );

  it('holds up an address with too many wrong tokens, but never the right token', async () => {
    const client = from();
    const tries: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      tries.push((await api.send('get', '/health/keys', WRONG).set('X-Forwarded-For', client)).status);
    }
    expect(tries).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const { headers, body } = await api.send('get', '/health/keys', WRONG).set('X-Forwarded-For', client);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).toMatchObject({ statusCode: 429, error: 'Too Many Requests' });
    await api.send('get', '/health/keys', VIEWER).set('X-Forwarded-For', client).expect(200);
    await api.send('get', '/health/keys', WRONG).set('X-Forwarded-For', from()).expect(401);
  });

  it('has a decision about access for every route of the module', () => {
    const modules = [...api.app.get(ModulesContainer).values()].filter(
      ({ metatype }) => metatype === KeyManagementModule,
    );
    const controllers = modules.flatMap((module) => [...module.controllers.values()]);
    const undecided: string[] = [];
    const documented: string[] = [];
    for (const { metatype } of controllers) {
      const type = metatype as new () => object;
      const guards = (Reflect.getMetadata(GUARDS_METADATA, type) ?? []) as unknown[];
      for (const name of Object.getOwnPropertyNames(type.prototype)) {
        const handler = Reflect.get(type.prototype, name) as object;
        const path =
          name === 'constructor' ? undefined : (Reflect.getMetadata(PATH_METADATA, handler) as string | undefined);
        if (path === undefined) continue;
        documented.push(`${RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number]} ${name}`);
        const access = (Reflect.getMetadata(ACCESS_METADATA, handler) ??
          Reflect.getMetadata(ACCESS_METADATA, type)) as unknown;
        if (!guards.includes(AccessGuard) || !['admin', 'viewer', 'public'].includes(access as string)) {
          undecided.push(`${type.name}.${name}`);
        }
      }
    }
    expect(undecided).toEqual([]);
    expect(documented.length).toBeGreaterThanOrEqual(routes.size);
  });
});

describe('without a configured admin token', () => {
  const started = async (production: boolean, options = {}): Promise<ApiUnderTest> => {
    const before = process.env.NODE_ENV;
    if (production) process.env.NODE_ENV = 'production';
    try {
      return await startApi({ options: { adminToken: undefined, viewerToken: undefined, ...options } });
    } finally {
      process.env.NODE_ENV = before;
    }
  };

  it('is not there in production', async () => {
    const api = await started(true, { viewerToken: VIEWER });
    const seen = new Set<number>();
    for (const { method, path, access, body } of routesFor('0123456789abcdef')) {
      if (access !== 'public') seen.add((await api.send(method, path, VIEWER).send(body)).status);
    }
    expect([...seen]).toEqual([404]);
    await api.send('get', '/health', null).expect(200);
    await api.app.close();
  });

  it('asks for the token that it made, elsewhere', async () => {
    const api = await started(false);
    await api.send('get', '/health/keys').expect(401);
    await api.send('get', '/health/keys', null).expect(401);
    await api.app.close();
  });

  it("leaves it to the app's own authorisation", async () => {
    const asked: string[] = [];
    const authorize = (request: unknown, role: string): Promise<boolean> => {
      const { headers } = request as { headers: Record<string, string> };
      asked.push(role);
      return Promise.resolve(headers['x-user'] === 'root' || (headers['x-user'] === 'guest' && role === 'viewer'));
    };
    const api = await started(true, { admin: { authorize } });
    const as = (user: string, method: 'get' | 'patch'): Promise<number> =>
      api
        .send(method, '/admin/configuration', null)
        .set('X-User', user)
        .send(method === 'patch' ? { max_retries: 4 } : undefined)
        .then(({ status }) => status);
    const answers = [
      await as('root', 'patch'),
      await as('guest', 'get'),
      await as('guest', 'patch'),
      await as('x', 'get'),
    ];
    expect(answers).toEqual([200, 200, 403, 403]);
    expect(asked).toEqual(['admin', 'viewer', 'admin', 'viewer']);
    await api.app.close();
  });
});
