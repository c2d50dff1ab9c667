import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as surface from '../../src/key-management';
import { ADMIN, startApi, VIEWER, type ApiUnderTest } from '../admin/support';
import { fakeKey, VendorSimulator } from '../simulator';
import { secret } from './canary';
import { describeLeak, Recorder } from './recorder';

const KEYS = [1, 2, 3].map((n) => fakeKey('openai', 7_000 + n)) as [string, string, string];
const PASSWORD = secret('redis-8Yh2Qn6Wd4Kx0Zs5');
const PREVIOUS = secret('seal-4Gf7Jk1Lp9Ox3Ci6Ub');
const SEAL = secret('seal-2Tr5Ed8Ws0Aq7Zx3Cv');
const SECRETS = [...KEYS, ADMIN, VIEWER, PASSWORD, PREVIOUS, SEAL];

/** Everything that users can reach of the package, searched in every form in which values are printed, sent and stored. */
describe('the public surface', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let folder: string;
  let seen: Recorder;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    for (const key of KEYS) simulator.openai.key(key);
    folder = await mkdtemp(join(tmpdir(), 'akm-surface-'));
    process.env.KEY_ENCRYPTION_SECRET_PREVIOUS = PREVIOUS;
    api = await startApi({
      options: {
        providers: { openai: { keys: [KEYS[0], { key: KEYS[1], label: 'spare' }], baseUrl: simulator.openai.baseUrl } },
        store: { kind: 'file', path: folder, encryptionSecret: SEAL },
      },
    });
  });
  afterAll(async () => {
    delete process.env.KEY_ENCRYPTION_SECRET_PREVIOUS;
    await api.app.close();
    await simulator.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    seen = new Recorder();
    for (const each of SECRETS) seen.secret(each);
  });
  afterEach(() => {
    seen.flush();
    expect(seen.leaks.map(describeLeak)).toEqual([]);
    expect(Object.values(seen.counts.channels).some(({ bytes }) => bytes > 100)).toBe(true);
  });

  const show = (name: string, value: unknown): void => {
    seen.object(name, value);
    if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) seen.object(`${name}.${key}`, each);
  };

  it('by its exports', () => {
    expect(Object.keys(surface).length).toBeGreaterThan(30);
    for (const [name, exported] of Object.entries(surface)) show(name, exported);
  });

  it('by the services of an app', () => {
    let services = 0;
    for (const [name, token] of Object.entries(surface)) {
      let service: unknown;
      try {
        service = api.app.get(token as never, { strict: false });
      } catch {
        continue;
      }
      services += 1;
      // Services reference each other: a deeper search would find the same objects again.
      seen.output(name, inspect(service, { depth: 7, showHidden: true, maxArrayLength: 100 }));
    }
    expect(services).toBeGreaterThan(10);
    const registry = api.app.get(surface.HealthCheckerRegistry);
    for (const provider of registry.providers())
      seen.output(provider, inspect(registry.get(provider), { depth: 7, showHidden: true }));
  });

  it('by what its methods give and tell', async () => {
    const pools = api.app.get(surface.KeyPoolService);
    const manager = api.app.get(surface.KeyManagerService);
    const events: surface.KeyEvent[] = [];
    const subscription = pools.events$.subscribe((event) => events.push(event));
    show(
      'added',
      await manager.addNewKeys('openai', [KEYS[2], KEYS[0], `${KEYS[1]}\n`, '']).catch((error: unknown) => error),
    );
    show('checked', await manager.forceHealthCheck());
    show('status', manager.getComprehensiveStatus());
    show('analytics', manager.getProviderAnalytics('openai'));
    const lease = pools.lease('openai')!;
    show('lease', lease);
    lease.settle('invalid_key');
    show(
      'settled twice',
      failureOf(() => lease.settle('ok')),
    );
    for (const key of KEYS) show('snapshot', pools.get('openai', surface.keyIdOf(key)));
    show('list', pools.list());
    show('metrics', await api.app.get(surface.KeyMetricsService).text());
    subscription.unsubscribe();
    expect(events.length).toBeGreaterThan(1);
    show('events', events);
  });

  it('by contexts, results and errors, whose cause is left as it is', async () => {
    const executor = api.app.get(surface.RetryExecutorService);
    const thrown: Error[] = [];
    const result = await executor.execute(
      'openai',
      (context) => {
        show('context', context);
        show('a copy of it', { ...context });
        // Like the errors of the SDKs and of axios, it holds the request with its headers.
        const error = Object.assign(new Error(`No such key: ${context.apiKey}`), {
          status: 400,
          config: { headers: { authorization: `Bearer ${context.apiKey}` } },
        });
        thrown.push(error);
        throw error;
      },
      { maxRetries: 0 },
    );
    show('result', result);
    if (result.success) throw new Error('expected a failure');
    show('error', result.error);
    show('wrapped', new Error('of the host', { cause: result.error }));
    show('aggregate', new AggregateError([result.error], 'of the host'));
    expect(result.error.cause).toBe(thrown.at(-1));
    expect(KEYS.some((key) => String(result.error.cause).includes(key))).toBe(true);
  });

  it('by what it throws at wrong settings', () => {
    const wrong = {
      providers: {
        [KEYS[0]]: { keys: [KEYS[1]] },
        openai: { keys: [{ key: KEYS[1], weight: KEYS[1] }], baseUrl: KEYS[2] },
      },
      adminToken: ADMIN,
      viewerToken: ADMIN,
      maxRetries: KEYS[0],
      store: {
        kind: 'redis',
        url: `redis//:${PASSWORD}@host`,
        encryptionSecret: SEAL.slice(0, 15),
        credentials: PREVIOUS,
      },
    };
    const { resolveOptions } = jest.requireActual<
      typeof import('../../src/key-management/configuration/resolve-options')
    >('../../src/key-management/configuration/resolve-options');
    const error = failureOf(() => resolveOptions(wrong as never, {}));
    expect(error).toBeInstanceOf(surface.KeyManagementConfigurationError);
    show('error', error);
  });
});

function failureOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
