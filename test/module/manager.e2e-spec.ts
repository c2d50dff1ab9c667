import { Test, type TestingModule } from '@nestjs/testing';
import {
  KeyManagementModule,
  KeyManagerService,
  KeyPoolService,
  keyIdOf,
  maskKey,
  RetryExecutorService,
  StatusTableHealthChecker,
  HealthCheckerRegistry,
  type KeyManagementModuleOptions,
} from '../../src/key-management';
import { fakeKey, VendorSimulator, type SimulatedVendor } from '../simulator';
import { FakeClock, seededRandom } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

let simulator: VendorSimulator;
let vendor: SimulatedVendor;
let app: TestingModule;
let manager: KeyManagerService;
let clock: FakeClock;
const START = Date.UTC(2026, 10, 20);

const key = (n: number): string => fakeKey('openai', n);

async function start(options: KeyManagementModuleOptions = {}): Promise<void> {
  const providers = { openai: { baseUrl: vendor.baseUrl, ...options.providers?.openai } };
  app = await startKeyManagement({ ...options, providers }, { clock, random: seededRandom(1) });
  manager = app.get(KeyManagerService);
}

beforeEach(async () => {
  clock = new FakeClock(START);
  simulator = await VendorSimulator.start({ clock: () => clock.now() });
  vendor = simulator.openai;
});
afterEach(async () => {
  await app.close();
  await simulator.close();
});

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  for (let n = 0; n < 20; n += 1) expect(text).not.toContain(key(n));
  return text;
};
const statusOf = (raw: string): string | undefined => app.get(KeyPoolService).get('openai', keyIdOf(raw))?.status;

describe('initializeKeys', () => {
  it('registers every key, and says which failed', async () => {
    await start();
    vendor.key(key(1));
    vendor.key(key(2), { kind: 'invalid' });
    vendor.key(key(3), { kind: 'exhausted' });
    vendor.key(key(4), { kind: 'serverError' });
    const result = await manager.initializeKeys('openai', [
      key(1),
      { key: key(2), label: 'b' },
      key(3),
      key(4),
      ` ${key(1)} `,
      '',
    ]);
    expect(result).toEqual({
      provider: 'openai',
      totalKeys: 4,
      healthyKeysAdded: 2,
      rejected: [
        { maskedKey: maskKey(key(2)), outcome: 'invalid_key', reason: expect.stringContaining('invalid_api_key') },
        {
          maskedKey: maskKey(key(3)),
          outcome: 'quota_exceeded',
          reason: expect.stringContaining('insufficient_quota'),
        },
      ],
    });
    shown(result);
    expect([1, 2, 3, 4].map((n) => statusOf(key(n)))).toEqual(['healthy', 'invalid_key', 'quota_exceeded', 'healthy']);
    expect(app.get(KeyPoolService).get('openai', keyIdOf(key(2)))).toMatchObject({
      label: 'b',
      origin: 'options',
      recheckAt: new Date(START + 30_000),
    });
  });

  it('reports a key that is there already with its state, and changes nothing', async () => {
    await start();
    vendor.key(key(1));
    vendor.key(key(2), { kind: 'invalid' });
    vendor.key(key(3));
    await manager.initializeKeys('openai', [key(1), key(2), key(3)]);
    await app.get(KeyPoolService).disable('openai', keyIdOf(key(3)));
    const calls = vendor.calls.total;
    const again = await manager.initializeKeys('openai', [{ key: key(1), label: 'new' }, key(2), key(3)]);
    expect(again).toMatchObject({ totalKeys: 3, healthyKeysAdded: 0, rejected: [{ maskedKey: maskKey(key(2)) }] });
    expect(vendor.calls.total).toBe(calls);
    expect(app.get(KeyPoolService).get('openai', keyIdOf(key(1)))).toMatchObject({ label: undefined });
  });

  it('works in a module that was compiled and not initialised', async () => {
    vendor.key(key(1));
    app = await Test.createTestingModule({
      imports: [
        KeyManagementModule.forRoot({
          store: { kind: 'memory' },
          admin: false,
          providers: { openai: { baseUrl: vendor.baseUrl } },
        }),
      ],
    }).compile();
    const result = await app.get(KeyManagerService).initializeKeys('openai', [key(1)]);
    expect(result).toMatchObject({ healthyKeysAdded: 1 });
    const call = await app.get(RetryExecutorService).execute('openai', ({ keyId }) => Promise.resolve(keyId));
    expect(call).toMatchObject({ success: true, response: keyIdOf(key(1)) });
  });

  it.each(['initializeKeys', 'addNewKeys'] as const)(
    '%s refuses an unknown provider and malformed keys',
    async (method) => {
      await start();
      await expect(manager[method]('nobody', [key(1)])).rejects.toThrow(/no provider "nobody"/);
      await expect(manager[method]('openai', [{ key: key(1), weight: -1 }, 7 as never])).rejects.toThrow(
        /keys\.0\.weight: must be more than 0\.[\s\S]*keys\.1: must be an object\./,
      );
      expect(app.get(KeyPoolService).list('openai')).toEqual([]);
    },
  );

  it('takes keys of a provider that is only known by its checker', async () => {
    await start();
    app.get(HealthCheckerRegistry).addChecker('mine', StatusTableHealthChecker.from({ 401: 'invalid_key' }));
    await expect(manager.initializeKeys('mine', [key(1)])).resolves.toMatchObject({ healthyKeysAdded: 1 });
  });
});

describe('addNewKeys', () => {
  it('refuses keys that prove invalid, and keeps every other with its verdict', async () => {
    await start();
    vendor.key(key(1));
    vendor.key(key(2), { kind: 'invalid' });
    vendor.key(key(3), { kind: 'exhausted' });
    vendor.key(key(4), { kind: 'alwaysRateLimited', retryAfterMs: 20_000 });
    vendor.key(key(5), { kind: 'serverError' });
    const result = await manager.addNewKeys('openai', [1, 2, 3, 4, 5].map(key));
    expect(result).toMatchObject({
      totalKeys: 5,
      healthyKeysAdded: 2,
      rejected: [
        { maskedKey: maskKey(key(2)), outcome: 'invalid_key' },
        { maskedKey: maskKey(key(3)), outcome: 'quota_exceeded' },
      ],
    });
    shown(result);
    expect([1, 2, 3, 4, 5].map((n) => statusOf(key(n)))).toEqual([
      'healthy',
      undefined,
      'quota_exceeded',
      'rate_limited',
      'healthy',
    ]);
  });

  it('checks a key before it is chosen by any call', async () => {
    await start();
    vendor.key(key(1), { kind: 'hang' });
    const adding = manager.addNewKeys('openai', [key(1)]);
    await vendor.calls.waitForCalls(1);
    expect(app.get(KeyPoolService).lease('openai')).toBeUndefined();
    await clock.advance(15_000);
    await expect(adding).resolves.toMatchObject({ healthyKeysAdded: 1 });
  });

  it('adds a key once, however many ask for it at once', async () => {
    await start();
    vendor.key(key(1));
    const results = await Promise.all([1, 2, 3].map(() => manager.addNewKeys('openai', [key(1)])));
    expect(results.map(({ healthyKeysAdded }) => healthyKeysAdded).sort()).toEqual([0, 0, 1]);
    expect(app.get(KeyPoolService).list('openai')).toHaveLength(1);
  });
});

describe('forceHealthCheck', () => {
  it('checks every key that is not disabled, now', async () => {
    for (const n of [1, 2, 3]) vendor.key(key(n));
    await start({ providers: { openai: { keys: [key(1), key(2), key(3)] } } });
    await app.get(KeyPoolService).disable('openai', keyIdOf(key(3)));
    vendor.key(key(2), { kind: 'invalid' });
    clock.skip(1_000);
    const report = await manager.forceHealthCheck();
    expect(report).toEqual({
      checkedKeys: 2,
      healthyKeys: 1,
      removedKeys: 1,
      durationMs: 0,
      keys: [
        {
          provider: 'openai',
          keyId: keyIdOf(key(1)),
          maskedKey: maskKey(key(1)),
          outcome: 'ok',
          reason: undefined,
          status: 'healthy',
        },
        expect.objectContaining({ keyId: keyIdOf(key(2)), outcome: 'invalid_key', status: 'invalid_key' }),
      ],
    });
    shown(report);
    await expect(manager.forceHealthCheck('openai')).resolves.toMatchObject({ checkedKeys: 2, removedKeys: 0 });
    await expect(manager.forceHealthCheck('anthropic')).resolves.toMatchObject({ checkedKeys: 0 });
    await expect(manager.forceHealthCheck('nobody')).rejects.toThrow(/no provider "nobody"/);
  });

  it('waits for a check that is under way instead of making another', async () => {
    vendor.key(key(1), { kind: 'hang' });
    const starting = start({ providers: { openai: { keys: [key(1)] } }, startupCheckTimeoutMs: 1_000 });
    await vendor.calls.waitForCalls(1);
    await clock.advance(1_000);
    await starting;
    const report = manager.forceHealthCheck();
    await clock.advance(14_000);
    await expect(report).resolves.toMatchObject({ checkedKeys: 1, keys: [{ outcome: 'timeout' }] });
    expect(vendor.calls.total).toBe(1);
  });
});
