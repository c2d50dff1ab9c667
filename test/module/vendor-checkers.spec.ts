import { resolveOptions } from '../../src/key-management/configuration/resolve-options';
import type { KeyManagementOptions } from '../../src/key-management';
import { HealthCheckService } from '../../src/key-management/health/health-check.service';
import { PROBE_TIMEOUT_MS } from '../../src/key-management/health/probe';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import type { KeyState } from '../../src/key-management/pool/key/key-state';
import { builtInCheckers } from '../../src/key-management/checkers/built-in-checkers';
import type { HealthCheckerRegistry } from '../../src/key-management/checkers/health-checker.registry';
import { fakeKey, VendorSimulator, type Behaviour, type SimulatedVendor } from '../simulator';
import { FakeClock } from '../support/fake-clock';

const VENDORS = ['openai', 'anthropic', 'google', 'custom'] as const;
type Vendor = (typeof VENDORS)[number];

let simulator: VendorSimulator;
let clock: FakeClock;
beforeEach(async () => {
  clock = new FakeClock();
  simulator = await VendorSimulator.start({ clock: () => clock.now() });
});
afterEach(() => simulator.close());

const vendorOf = (name: Vendor): SimulatedVendor => (name === 'custom' ? simulator.compatible(name) : simulator[name]);

function service(name: Vendor, more: KeyManagementOptions = {}) {
  const vendor = vendorOf(name);
  const compatible = name === 'custom' ? ({ compatibleWith: 'openai', probeModel: 'm-1' } as const) : {};
  const options = resolveOptions({ providers: { [name]: { baseUrl: vendor.baseUrl, ...compatible } }, ...more }, {});
  const checkers = builtInCheckers(options, clock);
  const registry = {
    get: (provider: string) => checkers.get(provider)!,
    has: () => true,
  } as unknown as HealthCheckerRegistry;
  return { vendor, checks: new HealthCheckService(registry, clock, options) };
}

function keyIn(name: Vendor, state: KeyState) {
  const observer = { keyChanged: () => undefined, keyFreed: () => undefined };
  const pool = new KeyPool(name, observer, clock, () => 0);
  const raw = fakeKey(name === 'custom' ? 'openai' : name, 1);
  const record = pool.add(new ApiKey(raw), {}, 'configuration', 'configuration');
  if (state.status !== 'unchecked') pool.setState(record, state, 'store');
  return { raw, pool, record };
}

/** The first check of a key that behaves so: what was asked, what was found, and how the key then stands. */
async function firstCheck(
  name: Vendor,
  behaviours: Behaviour[],
  state: KeyState = { status: 'unchecked' },
  more?: KeyManagementOptions,
) {
  const { vendor, checks } = service(name, more);
  const { raw, pool, record } = keyIn(name, state);
  vendor.key(raw, ...behaviours);
  const result = await checks.check(pool, record);
  // Of a vendor of which nothing is known, the first check finds out whether its list is open to anybody.
  const asked = vendor.calls
    .toArray()
    .filter(({ key }) => key !== '')
    .map(({ operation }) => operation);
  expect(JSON.stringify([result, record.reason])).not.toContain(raw);
  return { result, asked, record, vendor, raw, pool, checks };
}

describe.each(VENDORS)('checking keys of %s', (name) => {
  it('proves a valid key, first by its model list and then by the smallest generation', async () => {
    const { result, asked, record, vendor } = await firstCheck(name, []);
    expect(result).toMatchObject({ outcome: 'ok', status: 200 });
    expect(asked).toEqual(['models', 'generate']);
    expect(record.state).toEqual({ status: 'healthy', unproven: false });
    const urls = vendor.calls.toArray().map(({ path, query }) => path + query);
    expect(urls.join()).not.toContain(record.key.reveal());
  });

  it('later asks for the model list alone', async () => {
    const { asked } = await firstCheck(name, [], { status: 'healthy', unproven: false });
    expect(asked).toEqual(['models']);
  });

  it('makes no billed call where that is turned off', async () => {
    const { asked, record } = await firstCheck(name, [], undefined, { healthCheckDepth: 'light' });
    expect(asked).toEqual(['models']);
    expect(record.status).toBe('healthy');
  });

  it('removes an invalid key without asking further', async () => {
    const { result, asked, record } = await firstCheck(name, [{ kind: 'invalid' }]);
    expect(result).toMatchObject({ outcome: 'invalid_key' });
    expect(asked).toEqual(['models']);
    expect(record.status).toBe('invalid_key');
  });

  it('finds exhausted quota, which a model list does not show', async () => {
    const { asked, record } = await firstCheck(name, [{ kind: 'exhausted' }]);
    expect(asked).toEqual(['models', 'generate']);
    expect(record.status).toBe(name === 'google' ? 'rate_limited' : 'quota_exceeded');
  });

  it('lets a key without quota back only after a generation', async () => {
    const state = { status: 'quota_exceeded', recheckAt: 0 } as const;
    const { asked, record, vendor, raw, checks, pool } = await firstCheck(name, [{ kind: 'exhausted' }], state);
    expect(asked).toEqual(['models', 'generate']);
    expect(record.status).toBe('quota_exceeded');
    vendor.key(raw);
    await checks.check(pool, record);
    expect(record.status).toBe('healthy');
  });

  it('does not take a good model list alone for a proof of quota', async () => {
    const state = { status: 'quota_exceeded', recheckAt: 0 } as const;
    const { result, record } = await firstCheck(name, [], state, { healthCheckDepth: 'light' });
    expect(result).toMatchObject({ outcome: 'ok', unproven: true });
    expect(record.status).toBe('healthy');
  });

  it('lets a rate-limited key rest', async () => {
    const { record } = await firstCheck(name, [{ kind: 'alwaysRateLimited', retryAfterMs: 20_000 }]);
    expect(record.status).toBe('rate_limited');
    expect(record.state).toMatchObject({ until: expect.any(Number) });
    expect((record.state as { until: number }).until).toBeGreaterThanOrEqual(clock.now() + 20_000);
  });

  it('takes a model that is not there for no fault of the key', async () => {
    const { asked, record } = await firstCheck(name, [{ kind: 'modelUnavailable' }]);
    expect(asked).toEqual(['models', 'generate']);
    expect(record.state).toEqual({ status: 'healthy', unproven: false });
  });

  it.each<[string, Behaviour]>([
    ['an overloaded vendor', { kind: 'overloaded' }],
    ['a server error', { kind: 'serverError' }],
    ['a blocked region', { kind: 'regionBlocked' }],
    ['an HTML page of a gateway', { kind: 'html' }],
    ['an HTML page that says 200', { kind: 'html', status: 200 }],
    ['a broken connection', { kind: 'reset' }],
    ['a truncated answer', { kind: 'malformed', as: 'truncated' }],
    ['an empty answer', { kind: 'malformed', as: 'empty' }],
    ['no JSON', { kind: 'malformed', as: 'invalid_json' }],
    ['an endless answer', { kind: 'malformed', as: 'giant' }],
  ])('learns nothing of the key from %s: it may try itself out, and is asked again soon', async (_, behaviour) => {
    const { record, asked } = await firstCheck(name, [behaviour]);
    expect(asked[0]).toBe('models');
    expect(record.state).toEqual({ status: 'healthy', unproven: true });
  });

  it('gives up on a vendor that hangs, by the clock', async () => {
    const { vendor, checks } = service(name);
    const { raw, pool, record } = keyIn(name, { status: 'unchecked' });
    vendor.key(raw, { kind: 'hang' });
    const check = checks.check(pool, record);
    await vendor.calls.waitForCalls(1);
    await clock.advance(PROBE_TIMEOUT_MS);
    await expect(check).resolves.toMatchObject({ outcome: 'timeout' });
    expect(record.state).toEqual({ status: 'healthy', unproven: true });
    await vendor.calls.waitForIdle();
  });

  it('gives up when the app closes, and changes nothing', async () => {
    const { vendor, checks } = service(name);
    const { raw, pool, record } = keyIn(name, { status: 'unchecked' });
    vendor.key(raw, { kind: 'hang' });
    const check = checks.check(pool, record);
    await vendor.calls.waitForCalls(1);
    checks.onModuleDestroy();
    await check;
    await vendor.calls.waitForIdle();
    expect(record.status).toBe('unchecked');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a restricted OpenAI key', () => {
  it('that may not list models but generates is a good key', async () => {
    const forbidden: Behaviour = {
      kind: 'answer',
      status: 403,
      body: { error: 'You have insufficient permissions for this operation. Missing scopes: api.model.read.' },
      operations: ['models'],
    };
    const { asked, record } = await firstCheck('openai', [forbidden]);
    expect(asked).toEqual(['models', 'generate']);
    expect(record.state).toEqual({ status: 'healthy', unproven: false });
    const back = await firstCheck('openai', [forbidden, { kind: 'exhausted' }], {
      status: 'quota_exceeded',
      recheckAt: 0,
    });
    expect(back.record.status).toBe('quota_exceeded');
  });
});

describe('a compatible vendor', () => {
  it('without a base URL has its keys prove themselves', async () => {
    const options = resolveOptions({ providers: { mine: { compatibleWith: 'openai' } } }, {});
    const checker = builtInCheckers(options, clock).get('mine')!;
    const context = { depth: 'light', signal: new AbortController().signal } as const;
    await expect(checker.checkHealth('k', context)).resolves.toMatchObject({
      outcome: 'ok',
      unproven: true,
      reason: 'set providers.mine.baseUrl to have its keys checked',
    });
  });

  it('without a probe model proves no quota', async () => {
    const vendor = simulator.compatible('mine');
    const options = resolveOptions({ providers: { mine: { compatibleWith: 'openai', baseUrl: vendor.baseUrl } } }, {});
    const checker = builtInCheckers(options, clock).get('mine')!;
    const context = { depth: 'deep', signal: new AbortController().signal } as const;
    await expect(checker.checkHealth('k', context)).resolves.toMatchObject({ outcome: 'ok', unproven: true });
    expect(vendor.calls.total).toBe(0);
  });
});

describe('the format of a key', () => {
  it.each([
    ['openai', 'sk-admin-0123456789abcdef0123456789'],
    ['anthropic', 'sk-ant-oat01-0123456789abcdef0123456789'],
    ['google', 'YOUR_API_KEY_GOES_HERE'],
  ] as const)('of %s is looked at before anything is sent', async (name, raw) => {
    const { vendor, checks } = service(name);
    await expect(checks.checkNew(name, new ApiKey(raw))).resolves.toMatchObject({ outcome: 'invalid_key' });
    expect(vendor.calls.total).toBe(0);
  });
});
