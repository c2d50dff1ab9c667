import type { TestingModule } from '@nestjs/testing';
import {
  BaseHealthChecker,
  HealthCheckerRegistry,
  KeyManagerService,
  KeyPoolService,
  keyIdOf,
  RetryExecutorService,
  type Classification,
  type HealthResult,
  type KeyManagementModuleOptions,
} from '../../src/key-management';
import { HealthCheckJob } from '../../src/key-management/health/health-check.job';
import { PARALLEL_CHECKS } from '../../src/key-management/health/health-check.service';
import { VendorSimulator, type SimulatedVendor } from '../simulator';
import { FakeClock, seededRandom, settle } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const M = 60_000;

let simulator: VendorSimulator;
let vendor: SimulatedVendor;
let app: TestingModule;
let clock: FakeClock;

function start(keys: string[], options: KeyManagementModuleOptions = {}): Promise<TestingModule> {
  const providers = { openai: { keys, baseUrl: vendor.baseUrl }, ...options.providers };
  return startKeyManagement({ ...options, providers }, { clock, random: seededRandom(1) });
}
const tick = (): Promise<void> => app.get(HealthCheckJob).tick();
const statuses = (provider = 'openai'): string[] =>
  app
    .get(KeyPoolService)
    .list(provider)
    .map(({ status }) => status);
const succeed = () => app.get(RetryExecutorService).execute('openai', ({ keyId }) => Promise.resolve(keyId));

beforeEach(async () => {
  clock = new FakeClock();
  simulator = await VendorSimulator.start({ clock: () => clock.now() });
  vendor = simulator.openai;
});
afterEach(async () => {
  await app.close();
  await simulator.close();
});

describe('the start', () => {
  it('checks all keys in parallel, within the bound', async () => {
    const keys = vendor.newKeys(100, { kind: 'slow', latencyMs: 5 });
    app = await start(keys);
    expect(statuses()).toEqual(Array(100).fill('healthy'));
    expect(vendor.calls.totals.peakInFlight).toBeLessThanOrEqual(PARALLEL_CHECKS);
    expect(vendor.calls.totals.peakInFlight).toBeGreaterThan(PARALLEL_CHECKS / 2);
    expect(vendor.calls.total).toBe(200);
  });

  it('does not wait longer for a vendor that hangs than it is told to', async () => {
    const starting = start(vendor.newKeys(3, { kind: 'hang' }), { startupCheckTimeoutMs: 2_000 });
    await vendor.calls.waitForCalls(3);
    await clock.advance(1_999);
    let started = false;
    void starting.then(() => (started = true));
    await settle();
    expect(started).toBe(false);
    await clock.advance(1);
    app = await starting;
    expect(statuses()).toEqual(Array(3).fill('unchecked'));
    expect(app.get(KeyPoolService).lease('openai')).toBeUndefined();
    await clock.advance(13_000);
    await vendor.calls.waitForIdle();
    await settle();
    expect(statuses()).toEqual(Array(3).fill('healthy'));
  });

  it('keeps to the bound while ticks go on behind a slow start', async () => {
    const starting = start(vendor.newKeys(40, { kind: 'hang' }), { startupCheckTimeoutMs: 10 });
    await vendor.calls.waitForCalls(PARALLEL_CHECKS);
    await clock.advance(10);
    app = await starting;
    await settle();
    void tick();
    void app.get(KeyManagerService).forceHealthCheck();
    await settle();
    expect(vendor.calls.totals.peakInFlight).toBe(PARALLEL_CHECKS);
  });

  it('goes well without any keys', async () => {
    app = await start([]);
    expect(app.get(KeyPoolService).list()).toEqual([]);
    expect(app.get(KeyPoolService).lease('openai')).toBeUndefined();
    await tick();
  });
});

describe('a tick', () => {
  it('checks what is due, and nothing before', async () => {
    const keys = vendor.newKeys(3);
    app = await start(keys);
    vendor.calls.reset();
    clock.skip(10 * M - 1);
    await tick();
    expect(vendor.calls.total).toBe(0);
    clock.skip(1);
    await tick();
    expect(vendor.calls.toArray().map(({ operation }) => operation)).toEqual(['models', 'models', 'models']);
  });

  it('follows an interval that was changed at run time', async () => {
    app = await start(vendor.newKeys(1));
    vendor.calls.reset();
    await app.get(KeyManagerService).updateConfiguration({ healthCheckIntervalMinutes: 1 });
    clock.skip(M);
    await tick();
    expect(vendor.calls.total).toBe(1);
    await app.get(KeyManagerService).updateConfiguration({ healthCheckIntervalMinutes: 20 });
    clock.skip(19 * M);
    await tick();
    expect(vendor.calls.total).toBe(1);
  });

  it('leaves out a key that traffic has proven since', async () => {
    const keys = vendor.newKeys(1);
    app = await start(keys);
    vendor.calls.reset();
    clock.skip(9 * M);
    await succeed();
    clock.skip(9 * M);
    await tick();
    expect(vendor.calls.total).toBe(0);
    clock.skip(M);
    await tick();
    expect(vendor.calls.total).toBe(1);
  });

  it('leaves out disabled keys', async () => {
    const [key] = vendor.newKeys(1);
    app = await start([key!]);
    vendor.calls.reset();
    await app.get(KeyPoolService).disable('openai', keyIdOf(key!));
    clock.skip(100 * M);
    await tick();
    expect(vendor.calls.total).toBe(0);
  });

  it('does not overlap another', async () => {
    app = await start(vendor.newKeys(1));
    vendor.calls.reset();
    vendor.everywhere({ kind: 'hang' });
    clock.skip(10 * M);
    const first = tick();
    await vendor.calls.waitForCalls(1);
    await tick();
    await tick();
    expect(vendor.calls.total).toBe(1);
    await clock.advance(15_000);
    await first;
  });

  it('does not hold up a provider because another hangs', async () => {
    const anthropic = simulator.anthropic;
    const providers = { anthropic: { keys: anthropic.newKeys(1), baseUrl: anthropic.baseUrl } };
    app = await start(vendor.newKeys(1), { providers });
    vendor.everywhere({ kind: 'hang' });
    clock.skip(10 * M);
    void tick();
    await vendor.calls.waitForCalls(3);
    anthropic.calls.reset();
    clock.skip(10 * M);
    void tick();
    await anthropic.calls.waitForCalls(1);
  });

  it('finds an invalid key, and lets it back when it works again', async () => {
    const [key] = vendor.newKeys(1);
    app = await start([key!]);
    vendor.key(key!, { kind: 'invalid' });
    clock.skip(10 * M);
    await tick();
    expect(statuses()).toEqual(['invalid_key']);
    vendor.key(key!);
    clock.skip(30_000 - 1);
    await tick();
    expect(statuses()).toEqual(['invalid_key']);
    clock.skip(1);
    await tick();
    expect(statuses()).toEqual(['healthy']);
  });

  it('goes on when a checker of the user’s own is broken', async () => {
    class Broken extends BaseHealthChecker {
      checkHealth(): Promise<HealthResult> {
        throw new Error('checkHealth is broken');
      }
      classifyError(): Classification {
        throw new Error('classifyError is broken');
      }
    }
    const [key] = vendor.newKeys(1);
    app = await start([key!]);
    app.get(HealthCheckerRegistry).addChecker('mine', new Broken());
    await expect(app.get(KeyManagerService).initializeKeys('mine', [key!])).resolves.toMatchObject({
      healthyKeysAdded: 1,
    });
    clock.skip(10 * M);
    vendor.calls.reset();
    await tick();
    expect(vendor.calls.total).toBe(1);
    expect(statuses('mine')).toEqual(['healthy']);
  });
});
