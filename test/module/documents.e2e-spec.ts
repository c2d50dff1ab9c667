import { type TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  keyIdOf,
  maskKey,
  RetryExecutorService,
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

describe('the documents', () => {
  it('getComprehensiveStatus has the specification’s shape', async () => {
    vendor.key(key(1));
    vendor.key(key(2), { kind: 'invalid' });
    await start({ providers: { openai: { keys: [key(1), key(2)] } } });
    clock.skip(500);
    const executor = app.get(RetryExecutorService);
    const call = executor.execute('openai', async () => {
      clock.skip(1_200);
      return Promise.resolve('fine');
    });
    await expect(call).resolves.toMatchObject({ success: true });
    await executor.execute('openai', () =>
      Promise.reject(Object.assign(new Error('bad'), { status: 400, type: 'invalid_request_error' })),
    );
    const status = manager.getComprehensiveStatus();
    expect(status).toEqual({
      system_info: {
        max_retries: 3,
        initialized_providers: ['openai'],
        firebase_available: false,
        health_check_interval_minutes: 10,
        store: 'memory',
        namespace: 'default',
        instance_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      key_pools: {
        providers: {
          openai: {
            state: 'serving',
            state_reason: expect.stringContaining('2 calls in the last five minutes'),
            state_since: '2026-11-20T00:00:01.700Z',
            state_until: null,
            runs_out_at: null,
            runs_out_between: null,
            budgets: [],
            total_keys: 2,
            healthy_keys: 1,
            removed_keys: 1,
            status_breakdown: { healthy: 1, invalid_key: 1 },
            keys: [
              {
                id: keyIdOf(key(1)),
                masked_key: maskKey(key(1)),
                status: 'healthy',
                success_rate: 100,
                response_time: 1.2,
                error_count: 0,
                success_count: 1,
                in_flight: 0,
                usage: {
                  requests: 1,
                  requests_without_usage: 1,
                  input_tokens: 0,
                  output_tokens: 0,
                  cached_input_tokens: 0,
                  cache_write_tokens: 0,
                  reasoning_tokens: 0,
                  cost_usd: null,
                },
                reason: null,
                cooldown_until: null,
                recheck_at: null,
                last_used_at: '2026-11-20T00:00:01.700Z',
                last_checked_at: '2026-11-20T00:00:00.000Z',
                tier: 0,
                quota_group: null,
                quota_group_from: null,
                origin: 'options',
                expires_at: null,
                balance: null,
                runs_out_at: null,
                runs_out_between: null,
                budgets: [],
              },
              {
                id: keyIdOf(key(2)),
                masked_key: maskKey(key(2)),
                status: 'invalid_key',
                success_rate: 100,
                response_time: null,
                error_count: 0,
                success_count: 0,
                in_flight: 0,
                usage: {
                  requests: 0,
                  requests_without_usage: 0,
                  input_tokens: 0,
                  output_tokens: 0,
                  cached_input_tokens: 0,
                  cache_write_tokens: 0,
                  reasoning_tokens: 0,
                  cost_usd: null,
                },
                reason: expect.stringContaining('invalid_api_key'),
                cooldown_until: null,
                recheck_at: '2026-11-20T00:00:30.000Z',
                last_used_at: null,
                last_checked_at: '2026-11-20T00:00:00.000Z',
                tier: 0,
                quota_group: null,
                quota_group_from: null,
                origin: 'options',
                expires_at: null,
                balance: null,
                runs_out_at: null,
                runs_out_between: null,
                budgets: [],
              },
            ],
          },
        },
      },
      global_stats: { total_requests: 2, total_failures: 1, keys_removed: 1 },
    });
    shown(status);
  });

  it('getProviderAnalytics has the specification’s shape', async () => {
    vendor.key(key(1));
    await start({ providers: { openai: { keys: [key(1)] } }, backoff: { initialMs: 0, maxMs: 0 } });
    let attempt = 0;
    const call = app.get(RetryExecutorService).execute('openai', () => {
      clock.skip(500);
      attempt += 1;
      return attempt === 1 ? Promise.reject(Object.assign(new Error('x'), { status: 500 })) : Promise.resolve('fine');
    });
    await clock.advance(0);
    await expect(call).resolves.toMatchObject({ success: true, attemptsMade: 2 });
    const analytics = manager.getProviderAnalytics('openai');
    expect(Object.keys(analytics)).toEqual(['provider', 'summary', 'outcomes', 'timeline', 'keys', 'recent_events']);
    expect(analytics).toMatchObject({
      provider: 'openai',
      summary: {
        total_keys: 1,
        healthy_keys: 1,
        health_percentage: 100,
        success_rate: 100,
        average_response_time: 0.5,
        response_time_p50: expect.closeTo(0.5, 1),
        response_time_p95: expect.closeTo(0.5, 1),
        requests: 1,
        failures: 0,
        retries: 1,
        keys_removed: 0,
      },
      outcomes: { server_error: 1, ok: 1 },
      keys: [{ id: keyIdOf(key(1)), success_count: 1, error_count: 0 }],
    });
    shown(analytics);
    expect(() => manager.getProviderAnalytics('nobody')).toThrow(/no provider "nobody"/);
    expect(manager.getProviderAnalytics('google').summary).toMatchObject({ total_keys: 0, requests: 0 });
  });

  it('updateConfiguration changes what it is told to, and nothing at bad values', async () => {
    await start();
    await expect(manager.updateConfiguration({ maxRetries: 1, healthCheckIntervalMinutes: 2 })).resolves.toEqual({
      maxRetries: 1,
      healthCheckIntervalMinutes: 2,
    });
    await expect(manager.updateConfiguration({ maxRetries: 2, healthCheckIntervalMinutes: 0 })).rejects.toThrow(
      /healthCheckIntervalMinutes: must be/,
    );
    expect(manager.getComprehensiveStatus().system_info).toMatchObject({
      max_retries: 1,
      health_check_interval_minutes: 2,
    });
  });
});
