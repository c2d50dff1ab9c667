import { keyIdOf, maskKey, type ComprehensiveStatus, type ProviderAnalytics } from '../../src/key-management';
import { acmeKey, startContract, thrown, type Contract } from './harness';

let contract: Contract;
const [A, B] = ['aaaa', 'bbbb'].map(acmeKey) as [string, string];
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

beforeEach(async () => {
  contract = await startContract({ maxRetries: 4, healthCheckIntervalMinutes: 7 });
});
afterEach(() => contract.app.close());

/** Of calls whose answers state nothing. */
const usageOf = (requests: number) => ({
  requests,
  requests_without_usage: requests,
  input_tokens: 0,
  output_tokens: 0,
  cached_input_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: null,
});

describe('the two documents, field by field', () => {
  it('of nothing', () => {
    expect(contract.manager.getComprehensiveStatus()).toEqual({
      system_info: {
        max_retries: 4,
        initialized_providers: [],
        firebase_available: false,
        health_check_interval_minutes: 7,
        store: 'memory',
        namespace: 'default',
        instance_id: expect.stringMatching(/./),
      },
      key_pools: { providers: {} },
      global_stats: { total_requests: 0, total_failures: 0, keys_removed: 0 },
    });
  });

  it('of keys and calls: requests and failures count calls, not attempts', async () => {
    await contract.manager.initializeKeys('acme', [A, B]);
    const call = ({ apiKey }: { apiKey: string }) => (apiKey === B ? thrown(401) : Promise.resolve('ok'));
    for (let n = 0; n < 10; n += 1) await contract.executor.execute('acme', call);
    await contract.executor.execute('acme', () => thrown(402), { maxWaitMs: 0 });

    const status: ComprehensiveStatus = contract.manager.getComprehensiveStatus();
    expect(status.system_info.initialized_providers).toEqual(['acme']);
    expect(status.global_stats).toEqual({ total_requests: 11, total_failures: 1, keys_removed: 2 });
    expect(status.key_pools.providers.acme).toEqual({
      total_keys: 2,
      state: 'no_usable_key',
      state_reason: expect.stringContaining('1 quota_exceeded, 1 invalid_key'),
      state_since: expect.stringMatching(ISO),
      state_until: expect.stringMatching(ISO),
      runs_out_at: null,
      runs_out_between: null,
      budgets: [],
      healthy_keys: 0,
      removed_keys: 2,
      status_breakdown: { quota_exceeded: 1, invalid_key: 1 },
      keys: [
        {
          id: keyIdOf(A),
          masked_key: maskKey(A),
          status: 'quota_exceeded',
          success_rate: 90.9,
          response_time: expect.any(Number),
          error_count: 1,
          success_count: 10,
          in_flight: 0,
          usage: usageOf(10),
          tier: 0,
          quota_group: null,
          quota_group_from: null,
          origin: 'options',
          expires_at: null,
          balance: null,
          runs_out_at: null,
          runs_out_between: null,
          budgets: [],
          reason: expect.any(String),
          cooldown_until: null,
          recheck_at: expect.stringMatching(ISO),
          last_used_at: expect.stringMatching(ISO),
          last_checked_at: expect.stringMatching(ISO),
        },
        expect.objectContaining({
          id: keyIdOf(B),
          status: 'invalid_key',
          success_rate: 0,
          response_time: null,
          error_count: 1,
          success_count: 0,
        }),
      ],
    });

    const analytics: ProviderAnalytics = contract.manager.getProviderAnalytics('acme');
    expect(analytics).toEqual({
      provider: 'acme',
      summary: {
        total_keys: 2,
        healthy_keys: 0,
        health_percentage: 0,
        success_rate: 90.9,
        average_response_time: expect.any(Number),
        response_time_p50: expect.any(Number),
        response_time_p95: expect.any(Number),
        requests: 11,
        failures: 1,
        retries: 1,
        keys_removed: 2,
        usage: usageOf(10),
        runs_out_at: null,
        runs_out_between: null,
        budgets: [],
        usage_by_model: [{ model: null, ...usageOf(10) }],
        usage_by_account: [{ account: null, ...usageOf(10) }],
      },
      outcomes: { ok: 10, invalid_key: 1, quota_exceeded: 1 },
      timeline: expect.any(Array),
      keys: status.key_pools.providers.acme!.keys,
      recent_events: expect.any(Array),
    });
    expect(analytics.timeline.at(-1)).toEqual({
      at: expect.stringMatching(ISO),
      requests: expect.any(Number),
      failures: 1,
      rate_limited: 0,
      keys_removed: expect.any(Number),
      average_response_time: expect.any(Number),
      usage: expect.objectContaining({ cost_usd: null, output_tokens: 0 }) as object,
    });
    expect(analytics.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBe(11);
    expect(analytics.recent_events[0]).toMatchObject({
      at: expect.stringMatching(ISO),
      key_id: keyIdOf(A),
      to: 'quota_exceeded',
    });
    expect(JSON.stringify([status, analytics])).not.toMatch(new RegExp(`${A}|${B}`));
  });

  it('no field is undefined: what is not known is null', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    const status = contract.manager.getComprehensiveStatus();
    expect(JSON.parse(JSON.stringify(status))).toStrictEqual(status);
  });
});

it('firebase is available when it keeps the state and can be reached, not when it is only named', async () => {
  const nowhere = { kind: 'firebase', url: 'http://127.0.0.1:9?ns=nowhere' } as const;
  const away = await startContract({ store: nowhere });
  const { system_info } = away.manager.getComprehensiveStatus();
  expect(system_info).toMatchObject({ store: 'firebase', firebase_available: false });
  await away.app.close();
});
