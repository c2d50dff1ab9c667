import { KeyPoolService } from '../../src/key-management';
import { turns } from '../support/turns';
import { failureOf, ManagedApp, request, type VendorName } from './managed-app';

const VENDORS: [VendorName, string][] = [
  ['openai', 'authorization'],
  ['anthropic', 'x-api-key'],
  ['google', 'x-goog-api-key'],
];

/** A limit that a call meets which hangs, and one that does not never meets, however slow the machine is. */
const PATIENCE_MS = 2_000;

let app: ManagedApp;
beforeEach(async () => {
  app = await ManagedApp.start(4);
});
afterEach(async () => {
  await app.idle();
  await app.close();
});

describe.each(VENDORS)('the managed fetch of %s', (name, header) => {
  it('sends exactly one credential, in the place of the vendor', async () => {
    const [url, init] = request[name](app);
    const response = await app.fetch(name)(`${url}${url.includes('?') ? '&' : '?'}key=managed`, init);
    expect(response.status).toBe(200);
    const call = app.vendor(name).calls.last!;
    expect(call.credentials).toEqual([{ header, key: expect.stringMatching(/SIMULATED/) }]);
    expect(call.query).toBe('');
    expect(await response.text()).toContain('Hello');
  });

  it('walks past an invalid, an exhausted and a rate-limited key', async () => {
    app.behave(
      name,
      { kind: 'invalid' },
      { kind: 'exhausted' },
      { kind: 'alwaysRateLimited', retryAfterMs: 20_000 },
      { kind: 'valid' },
    );
    const response = await app.fetch(name)(...request[name](app));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Hello');
    const exhausted = name === 'google' ? 'rate_limited' : 'quota_exceeded';
    expect(app.outcomes).toEqual(['invalid_key', exhausted, 'rate_limited', 'ok']);
    expect(app.vendor(name).calls.total).toBe(4);
  });

  it('gives the last answer of the vendor when it gives up, unchanged but for the mark', async () => {
    const usual = { kind: 'serverError' } as const;
    app.behave(name, usual, usual, usual, usual);
    const response = await app.fetch(name, { maxRetries: 2 })(...request[name](app));
    expect(response.status).toBe(500);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(response.url).toContain(app.vendor(name).baseUrl);
    expect(await response.json()).toHaveProperty('error');
    expect(app.vendor(name).calls.total).toBe(3);
  });

  it('hands on a fault of the caller after one call', async () => {
    const bad = { kind: 'badRequest' } as const;
    app.behave(name, bad, bad, bad, bad);
    const response = await app.fetch(name)(...request[name](app));
    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty('error');
    expect(app.vendor(name).calls.total).toBe(1);
  });

  it('answers in the shape of the vendor where no key is left', async () => {
    const dead = { kind: 'invalid' } as const;
    app.behave(name, dead, dead, dead, dead);
    const fetch = app.fetch(name);
    for (let round = 0; round < 2; round += 1) {
      const response = await fetch(...request[name](app));
      expect(response.status).toBe(503);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(1);
      const body = (await response.json()) as { error: { message: string } };
      expect(body.error.message).toContain('4 invalid_key');
    }
    expect(app.vendor(name).calls.total).toBe(4);
  });

  it('answers 429 with a true retry-after where all keys cool down', async () => {
    const limited = { kind: 'alwaysRateLimited', retryAfterMs: 30_000 } as const;
    app.behave(name, limited, limited, limited, limited);
    const fetch = app.fetch(name, { maxRetries: 10 });
    const response = await fetch(...request[name](app));
    expect(response.status).toBe(429);
    const wait = Number(response.headers.get('retry-after'));
    const ends = app.snapshots(name).flatMap(({ cooldowns }) => cooldowns.map(({ until }) => until.getTime()));
    expect(wait).toBeGreaterThanOrEqual((Math.min(...ends) - Date.now()) / 1_000);
    expect(wait).toBeLessThan(60);
    expect(app.vendor(name).calls.total).toBe(4);
  });

  it('cools down the model that the request names, and no other', async () => {
    app.behave(name, { kind: 'alwaysRateLimited', retryAfterMs: 20_000 }, { kind: 'valid' });
    await (await app.fetch(name)(...request[name](app))).text();
    expect(app.snapshots(name)[0]).toMatchObject({
      status: 'healthy',
      cooldowns: [{ model: expect.stringMatching(/-/) }],
    });
  });
});

it('rejects as fetch does where the vendor is not there', async () => {
  await app.simulator.offline();
  const error = await failureOf(app.fetch('openai', { maxRetries: 1 })(...request.openai(app)));
  expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
  expect(app.outcomes).toEqual(['network_error', 'network_error']);
});

it('prefers the last real answer to a later broken connection', async () => {
  const reset = { kind: 'reset' } as const;
  app.behave('openai', { kind: 'serverError' }, reset, reset, reset);
  const response = await app.fetch('openai', { maxRetries: 1 })(...request.openai(app));
  expect(response.status).toBe(500);
  expect(await response.json()).toHaveProperty('error');
});

it('rejects with the reason of the caller when it is cancelled, and tells the vendor', async () => {
  app.behave('openai', { kind: 'hang' });
  const controller = new AbortController();
  const [url, init] = request.openai(app);
  const failed = failureOf(app.fetch('openai')(url, { ...init, signal: controller.signal }));
  await app.vendor('openai').calls.waitForCalls(1);
  controller.abort();
  expect(await failed).toMatchObject({ name: 'AbortError' });
  await app.vendor('openai').calls.waitFor((log) => log.last!.aborted);
  expect(app.outcomes).toEqual(['cancelled']);
});

it.each([
  ['timeoutMs', { timeoutMs: PATIENCE_MS }],
  ['attemptTimeoutMs', { attemptTimeoutMs: PATIENCE_MS, maxRetries: 0 }],
  ['firstByteTimeoutMs', { firstByteTimeoutMs: PATIENCE_MS, maxRetries: 0 }],
])('rejects with a TimeoutError when %s passes, and tells the vendor', async (_, options) => {
  const hang = { kind: 'hang' } as const;
  app.behave('openai', hang, hang, hang, hang);
  expect(await failureOf(app.fetch('openai', options)(...request.openai(app)))).toMatchObject({ name: 'TimeoutError' });
  await app.vendor('openai').calls.waitFor((log) => log.last!.aborted);
  expect(app.outcomes).toEqual(['timeout']);
});

it('tries another key when one takes too long to begin', async () => {
  app.behave('openai', { kind: 'hang' }, { kind: 'valid' });
  const response = await app.fetch('openai', { firstByteTimeoutMs: PATIENCE_MS })(...request.openai(app));
  expect(response.status).toBe(200);
  await response.text();
  expect(app.outcomes).toEqual(['timeout', 'ok']);
});

it('shows the pool the headers of each answer', async () => {
  const pool = app.app.get(KeyPoolService).pool('openai')!;
  const seen = jest.spyOn(pool, 'answerSeen');
  app.behave('openai', { kind: 'serverError' }, { kind: 'valid' });
  await (await app.fetch('openai')(...request.openai(app))).text();
  await app.executor.executeOrThrow('openai', async ({ fetch, apiKey }) => {
    const [url, init] = request.openai(app);
    return (await fetch(url, { ...init, headers: { authorization: `Bearer ${apiKey}` } })).text();
  });
  expect(seen).toHaveBeenCalledTimes(3);
});

it('rejects for a provider that nobody knows', async () => {
  expect(await failureOf(app.fetch('nobody' as VendorName)('https://x.test'))).toMatchObject({
    code: 'UNKNOWN_PROVIDER',
  });
});

it('fails no call while a good key is left, though half the keys die under 200 calls at once', async () => {
  await app.close();
  app = await ManagedApp.start(20);
  const fetch = app.fetch('openai', { maxRetries: 0 });
  const [url, init] = request.openai(app);
  const calls = Array.from({ length: 200 }, async (_, n) => {
    if (n === 60) app.keys.openai.slice(0, 10).forEach((key) => app.vendor('openai').key(key, { kind: 'invalid' }));
    await turns(n);
    const response = await fetch(url, init);
    return [response.status, (await response.text()).includes('Hello')];
  });
  expect(new Set((await Promise.all(calls)).map(String))).toEqual(new Set(['200,true']));
  expect(app.snapshots('openai').filter(({ status }) => status === 'invalid_key').length).toBe(10);
});
