import type { RateLimits } from '../../src/key-management/testing/simulator';
import { rawCall } from './raw-calls';
import type { SimulatedVendor } from '../../src/key-management/testing/simulator';
import { VendorSimulator } from './vendor-simulator';

let now = 0;
let sim: VendorSimulator;
beforeAll(async () => {
  sim = await VendorSimulator.start({ clock: () => now });
});
afterAll(() => sim.close());
beforeEach(() => {
  now = Date.parse('2026-10-15T12:00:00Z');
  sim.reset();
});

const limited = (vendor: SimulatedVendor, limits: RateLimits, key = 'sk-limited-key'): string =>
  vendor.key(key, { kind: 'rateLimited', ...limits });

async function statuses(vendor: SimulatedVendor, key: string, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const response = await rawCall(vendor, key);
    await response.text();
    found.push(response.status);
  }
  return found;
}

describe('a token bucket', () => {
  it('lets the burst through, then one for each refill', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 60, burst: 2 });
    expect(await statuses(sim.openai, key, 3)).toEqual([200, 200, 429]);
    now += 999;
    expect(await statuses(sim.openai, key, 1)).toEqual([429]);
    now += 1;
    expect(await statuses(sim.openai, key, 2)).toEqual([200, 429]);
    now += 3_600_000;
    expect(await statuses(sim.openai, key, 3)).toEqual([200, 200, 429]);
  });

  it('serves exactly after the stated wait', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 7, burst: 1 });
    await statuses(sim.openai, key, 1);
    now += 1234;
    const refused = await rawCall(sim.openai, key);
    now += Number(refused.headers.get('retry-after-ms'));
    expect(await statuses(sim.openai, key, 1)).toEqual([200]);
  });

  it('counts refusals too where told so, and hammering then never succeeds', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 60, burst: 1, costOn429: true });
    await statuses(sim.openai, key, 1);
    for (let i = 0; i < 5; i += 1) {
      now += 900;
      expect(await statuses(sim.openai, key, 1)).toEqual([429]);
    }
    now += 1000;
    expect(await statuses(sim.openai, key, 1)).toEqual([200]);
  });

  it('meters tokens, and calls a request above the limit hopeless', async () => {
    const key = limited(sim.openai, { tokensPerMinute: 100 });
    const body = { model: 'gpt-4o', max_tokens: 60, messages: [] };
    expect((await rawCall(sim.openai, key, { body })).status).toBe(200);
    const refused = await rawCall(sim.openai, key, { body });
    expect(await refused.json()).toMatchObject({ error: { type: 'tokens', code: 'rate_limit_exceeded' } });
    const hopeless = await rawCall(sim.openai, key, { body: { ...body, max_tokens: 500 } });
    expect(await hopeless.text()).toContain('must be reduced in order to run successfully');
  });
});

describe('a fixed window', () => {
  it('opens anew at its boundary', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 2, algorithm: 'fixed_window' });
    now += 50_000;
    expect(await statuses(sim.openai, key, 3)).toEqual([200, 200, 429]);
    now += 9_999;
    expect(await statuses(sim.openai, key, 1)).toEqual([429]);
    now += 1;
    expect(await statuses(sim.openai, key, 3)).toEqual([200, 200, 429]);
  });
});

describe('whose budget it is', () => {
  it('has one for each model, unless told otherwise', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 1 });
    const ask = async (model: string) => (await rawCall(sim.openai, key, { model })).status;
    expect([await ask('a'), await ask('a'), await ask('b')]).toEqual([200, 429, 200]);
    limited(sim.openai, { requestsPerMinute: 1, perModel: false });
    expect([await ask('a'), await ask('b')]).toEqual([200, 429]);
  });

  it('is shared in a quota group', async () => {
    const limits = { requestsPerMinute: 2, quotaGroup: 'org-1' };
    const keys = ['a', 'b', 'c'].map((name) => limited(sim.google, limits, `AQ.${name}`));
    const found = await Promise.all(keys.map(async (key) => (await statuses(sim.google, key, 1))[0]));
    expect(found.sort()).toEqual([200, 200, 429]);
  });

  it('does not touch the model list', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 1 });
    await statuses(sim.openai, key, 2);
    expect((await rawCall(sim.openai, key, { surface: 'models' })).status).toBe(200);
  });
});

describe('how each vendor says it', () => {
  it('OpenAI: Go durations to the full refill, both retry-after headers, prose', async () => {
    const key = limited(sim.openai, { requestsPerMinute: 10, burst: 10 });
    const first = await rawCall(sim.openai, key);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('10');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('9');
    expect(first.headers.get('x-ratelimit-reset-requests')).toBe('6s');
    await statuses(sim.openai, key, 9);
    const refused = await rawCall(sim.openai, key);
    expect(refused.headers.get('retry-after')).toBe('6');
    expect(refused.headers.get('retry-after-ms')).toBe('6000');
    expect(refused.headers.get('x-ratelimit-reset-requests')).toBe('1m0s');
    expect(await refused.text()).toContain('(RPM): Limit 10, Used 10, Requested 1. Please try again in 6s.');
  });

  it('OpenAI: only prose, or nothing, where told so', async () => {
    for (const [stated, pattern] of [
      ['body', /try again in/],
      ['none', /^(?!.*try again)/],
    ] as const) {
      const key = sim.openai.key('sk-always', { kind: 'alwaysRateLimited', stated });
      const refused = await rawCall(sim.openai, key);
      expect(refused.headers.get('retry-after')).toBeNull();
      expect(refused.headers.get('x-ratelimit-limit-requests')).toBeNull();
      expect(await refused.text()).toMatch(pattern);
    }
  });

  it('Anthropic: RFC 3339 resets and retry-after in seconds', async () => {
    const key = limited(sim.anthropic, { requestsPerMinute: 1 });
    const first = await rawCall(sim.anthropic, key);
    expect(first.headers.get('anthropic-ratelimit-requests-reset')).toBe('2026-10-15T12:01:00Z');
    now += 500;
    const refused = await rawCall(sim.anthropic, key);
    expect(refused.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refused.text()).toContain('exceed the rate limit for your organization');
  });

  it('Google: no headers; RetryInfo and QuotaFailure, and a far too short wait for the day', async () => {
    const key = limited(sim.google, { requestsPerMinute: 4, burst: 1, requestsPerDay: 2 });
    const first = await rawCall(sim.google, key);
    expect([...first.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
    const minute = await (await rawCall(sim.google, key)).text();
    expect(minute).toContain('GenerateRequestsPerMinutePerProjectPerModel-FreeTier');
    expect(minute).toContain('"retryDelay":"15s"');
    now += 15_000;
    await statuses(sim.google, key, 1);
    const day = await (await rawCall(sim.google, key)).text();
    expect(day).toContain('GenerateRequestsPerDayPerProjectPerModel-FreeTier');
    expect(day).toContain('"retryDelay":"36s"');
  });

  it('Groq: retry-after on refusals only; Azure: both headers and values that mean nothing', async () => {
    const groq = sim.compatible('groq');
    const groqKey = limited(groq, { requestsPerMinute: 1 });
    expect((await rawCall(groq, groqKey)).headers.get('retry-after')).toBeNull();
    expect((await rawCall(groq, groqKey)).headers.get('retry-after')).toBe('60');

    const azure = sim.compatible('azure');
    const azureKey = limited(azure, { requestsPerMinute: 1 });
    await statuses(azure, azureKey, 1);
    const refused = await rawCall(azure, azureKey);
    expect(refused.headers.get('retry-after-ms')).toBe('60000');
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('-1');
  });
});

describe('an exhausted key', () => {
  it('still lists models, and works again from its date on', async () => {
    const key = sim.anthropic.key('sk-ant-spent', { kind: 'exhausted', regainAt: '2026-10-16T00:00:00Z' });
    const refused = await rawCall(sim.anthropic, key);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('You will regain access on 2026-10-16 at 00:00 UTC.');
    expect((await rawCall(sim.anthropic, key, { surface: 'models' })).status).toBe(200);
    now = Date.parse('2026-10-16T00:00:00Z');
    expect((await rawCall(sim.anthropic, key)).status).toBe(200);
  });
});
