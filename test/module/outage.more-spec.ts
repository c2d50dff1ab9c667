import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  KeyPoolService,
  RetryExecutorService,
  type KeyManagementModuleOptions,
} from '../../src/key-management';
import { HealthCheckJob } from '../../src/key-management/health/health-check.job';
import { VendorSimulator, type SimulatedVendor } from '../simulator';
import { FakeClock, seededRandom } from '../support/fake-clock';
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

describe('a vendor that answers 401 to everything for two minutes', () => {
  it('has all its keys back by themselves when it recovers', async () => {
    const keys = vendor.newKeys(10);
    app = await start(keys);
    const began = clock.now();
    vendor.outage({ status: 401 });
    const call = await app.get(RetryExecutorService).execute(
      'openai',
      async ({ apiKey }) => {
        const answer = await fetch(`${vendor.baseUrl}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } });
        return answer;
      },
      { maxWaitMs: 0 },
    );
    expect(call).toMatchObject({ success: false, attemptsMade: 10 });
    expect(statuses()).toEqual(Array(10).fill('invalid_key'));

    for (let at = 0; at <= 10 * M; at += 3_000) {
      if (at === 2 * M) vendor.outage(undefined);
      await tick();
      if (at < 2 * M) expect(new Set(statuses())).toEqual(new Set(['invalid_key']));
      if (statuses().every((status) => status === 'healthy')) break;
      await clock.advance(3_000);
    }
    expect(statuses()).toEqual(Array(10).fill('healthy'));
    expect(clock.now() - began).toBeLessThanOrEqual(6 * M);
    await expect(succeed()).resolves.toMatchObject({ success: true, attemptsMade: 1 });
  });
});

describe('100 calls at once while half the keys die', () => {
  it('all succeed, no key is used after its verdict, and no count is lost', async () => {
    const keys = vendor.newKeys(20);
    app = await start(keys);
    const dead = new Set(keys.slice(0, 10));
    for (const key of dead) vendor.key(key, { kind: 'invalid' });
    vendor.calls.reset();
    const pool = app.get(KeyPoolService);
    const usedAfterVerdict: string[] = [];
    const call = () =>
      app.get(RetryExecutorService).execute('openai', async ({ apiKey, keyId }) => {
        const before = pool.get('openai', keyId)!.status;
        if (before !== 'healthy') usedAfterVerdict.push(before);
        return fetch(`${vendor.baseUrl}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] }),
        });
      });
    const results = await Promise.all(Array.from({ length: 100 }, call));
    expect(results.filter(({ success }) => success)).toHaveLength(100);
    expect(usedAfterVerdict).toEqual([]);

    const attempts = results.reduce((sum, { attemptsMade }) => sum + attemptsMade, 0);
    const snapshots = pool.list('openai');
    expect(vendor.calls.total).toBe(attempts);
    expect(snapshots.reduce((sum, { successCount }) => sum + successCount, 0)).toBe(100);
    expect(snapshots.reduce((sum, { errorCount }) => sum + errorCount, 0)).toBe(attempts - 100);
    expect(snapshots.every(({ inFlight }) => inFlight === 0)).toBe(true);
    expect(snapshots.filter(({ status }) => status === 'invalid_key')).toHaveLength(10);
    expect(app.get(KeyManagerService).getComprehensiveStatus().global_stats).toEqual({
      total_requests: 100,
      total_failures: 0,
      keys_removed: 10,
    });
    vendor.calls.reset();
    await Promise.all(Array.from({ length: 20 }, call));
    expect([...dead].every((key) => vendor.calls.forKey(key).total === 0)).toBe(true);
  });
});
