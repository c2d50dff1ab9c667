import type { Behaviour } from '../../src/key-management/testing/simulator';
import { fakeKey } from './fake-keys';
import { rawCall } from './raw-calls';
import { anthropicSdk, chat, failureOf, googleSdk, openAiSdk } from './sdk-clients';
import { startSimulatorProcess } from './simulator-process';
import { VendorSimulator } from './vendor-simulator';

let sim: VendorSimulator;
beforeAll(async () => {
  sim = await VendorSimulator.start();
});
afterAll(() => sim.close());
beforeEach(() => sim.reset());

async function statuses(key: string, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i += 1) found.push((await rawCall(sim.openai, key)).status);
  return found;
}

it('says where a vendor is called, and how to add one that it does not play', () => {
  expect(sim.baseUrl('openai')).toBe(`${sim.origin}/openai`);
  expect(() => sim.baseUrl('perplexity')).toThrow(
    /plays openai, anthropic, google.*, not 'perplexity'\. Add it: simulator\.compatible\('perplexity'\)\./,
  );
});

describe('scripts', () => {
  it('change at run time', async () => {
    const key = sim.openai.key('sk-changing');
    expect(await statuses(key, 1)).toEqual([200]);
    sim.openai.key(key, { kind: 'exhausted' });
    expect(await statuses(key, 1)).toEqual([429]);
    sim.openai.forget(key);
    expect(await statuses(key, 1)).toEqual([401]);
    sim.openai.key(key, { kind: 'valid', text: 'Back again' });
    expect(await (await rawCall(sim.openai, key)).text()).toContain('Back again');
  });

  it('run through a sequence, and repeat its last step', async () => {
    const steps: Behaviour[] = [{ kind: 'serverError' }, { kind: 'overloaded' }, { kind: 'valid' }];
    expect(await statuses(sim.openai.key('sk-a', { kind: 'sequence', steps }), 4)).toEqual([500, 503, 200, 200]);
    const looping = sim.openai.key('sk-b', { kind: 'sequence', steps, loop: true });
    expect(await statuses(looping, 4)).toEqual([500, 503, 200, 500]);
  });

  it('fail as often as told, the same way every time', async () => {
    expect(await statuses(sim.openai.key('sk-a', { kind: 'flaky', statuses: [200, 500, 429] }), 4)).toEqual([
      200, 500, 429, 200,
    ]);
    const flaky: Behaviour = { kind: 'flaky', failureRate: 0.5, seed: 7, failure: { kind: 'overloaded' } };
    const once = await statuses(sim.openai.key('sk-b', flaky), 20);
    expect(new Set(once)).toEqual(new Set([200, 503]));
    expect(await statuses(sim.openai.key('sk-b', flaky), 20)).toEqual(once);
  });

  it('reach some models or operations only', async () => {
    const key = sim.openai.key(
      'sk-a',
      { kind: 'modelUnavailable', models: ['gpt-x'] },
      { kind: 'permissionDenied', operations: ['models'] },
    );
    expect((await rawCall(sim.openai, key, { model: 'gpt-x' })).status).toBe(404);
    expect((await rawCall(sim.openai, key, { model: 'gpt-y' })).status).toBe(200);
    expect((await rawCall(sim.openai, key, { surface: 'models' })).status).toBe(403);
  });

  it('stack: the first that decides wins', async () => {
    const key = sim.openai.key('sk-a', { kind: 'rateLimited', requestsPerMinute: 1 }, { kind: 'exhausted' });
    expect((await (await rawCall(sim.openai, key)).json()) as object).toMatchObject({
      error: { code: 'insufficient_quota' },
    });
    expect((await (await rawCall(sim.openai, key)).json()) as object).toMatchObject({
      error: { code: 'rate_limit_exceeded' },
    });
  });

  it('are refused with a misspelt variant', () => {
    expect(() => sim.openai.key('sk-a', { kind: 'invalid', variant: 'leaked' })).toThrow(
      "openai has no 'invalid' variant 'leaked'; known: invalid_api_key",
    );
  });
});

describe('the weather of a whole vendor', () => {
  it.each([
    [401, 401],
    [500, 500],
    [503, 503],
    [429, 429],
    ['html', 502],
  ] as const)('outage %s', async (status, expected) => {
    const key = sim.openai.key('sk-good');
    sim.openai.outage({ status });
    expect([...(await statuses(key, 1)), ...(await statuses('sk-unknown', 1))]).toEqual([expected, expected]);
    expect(sim.openai.calls.last?.outcome).toBe('outage');
    sim.openai.outage(undefined);
    expect(await statuses(key, 1)).toEqual([200]);
  });

  it('outage reset, and an outage of any other behaviour', async () => {
    const key = sim.anthropic.key('sk-ant-good');
    sim.anthropic.outage({ status: 'reset' });
    expect(await failureOf(rawCall(sim.anthropic, key))).toMatchObject({ cause: { code: 'ECONNRESET' } });
    sim.anthropic.outage({ kind: 'regionBlocked' });
    expect((await rawCall(sim.anthropic, key)).status).toBe(403);
  });

  it('everywhere: in front of every known key', async () => {
    sim.openai.everywhere({ kind: 'overloaded', models: ['gpt-x'] });
    const key = sim.openai.key('sk-good');
    expect((await rawCall(sim.openai, key, { model: 'gpt-x' })).status).toBe(503);
    expect((await rawCall(sim.openai, key, { model: 'gpt-y' })).status).toBe(200);
    sim.openai.everywhere();
    expect((await rawCall(sim.openai, key, { model: 'gpt-x' })).status).toBe(200);
  });

  it('offline: refused connections, and the same port afterwards', async () => {
    const key = sim.openai.key('sk-good');
    await sim.offline();
    // The first call may still meet the connection that was just closed.
    await failureOf(rawCall(sim.openai, key));
    expect(await failureOf(rawCall(sim.openai, key))).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await sim.online();
    expect(await statuses(key, 1)).toEqual([200]);
  });
});

describe('the log', () => {
  it('shows which credential headers arrived', async () => {
    const openAiKey = sim.openai.key('sk-one');
    const anthropicKey = sim.anthropic.key('sk-ant-one');
    const googleKey = sim.google.key('AQ.one');
    await openAiSdk(sim.openai, openAiKey).chat.completions.create({ model: 'gpt-4o', ...chat });
    await anthropicSdk(sim.anthropic, anthropicKey).messages.create({ model: 'c', max_tokens: 1, ...chat });
    await googleSdk(sim.google, googleKey).models.generateContent({ model: 'g', contents: 'Hi' });
    expect(sim.openai.calls.last?.credentials).toEqual([{ header: 'authorization', key: openAiKey }]);
    expect(sim.anthropic.calls.last?.credentials).toEqual([{ header: 'authorization', key: anthropicKey }]);
    expect(sim.google.calls.last?.credentials).toEqual([{ header: 'x-goog-api-key', key: googleKey }]);

    await rawCall(sim.openai, openAiKey, { surface: 'models' });
    const headers = { authorization: 'Bearer managed', 'x-api-key': anthropicKey, 'anthropic-version': '2023-06-01' };
    expect((await fetch(`${sim.anthropic.baseUrl}/v1/models`, { headers })).status).toBe(200);
    expect(sim.anthropic.calls.last?.credentials).toHaveLength(2);
  });

  it('counts per key and records what was asked', async () => {
    const key = sim.openai.key(fakeKey('openai', 1));
    await rawCall(sim.openai, key, { model: 'gpt-4o' });
    sim.openai.key(key, { kind: 'overloaded' });
    await rawCall(sim.openai, key, { model: 'gpt-4o', stream: true });
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.forKey(key)).toMatchObject({
      total: 2,
      ok: 1,
      byStatus: { 200: 1, 503: 1 },
      byOutcome: { ok: 1, overloaded: 1 },
    });
    expect(sim.openai.calls.of(key).map(({ method, path, model, stream }) => [method, path, model, stream])).toEqual([
      ['POST', '/v1/chat/completions', 'gpt-4o', false],
      ['POST', '/v1/chat/completions', 'gpt-4o', true],
    ]);
    expect(sim.openai.calls.last?.maskedKey).toMatch(/^sk-proj\.\.\..{4}$/);
    sim.openai.calls.reset();
    expect([...sim.openai.calls]).toEqual([]);
    expect(sim.openai.calls.forKey(key).total).toBe(0);
  });

  it('says what it waited for in vain', async () => {
    await expect(sim.openai.calls.waitForCalls(3, 1)).rejects.toThrow('waited 1 ms for 3 calls; calls: 0');
  });
});

describe('fake keys', () => {
  it.each([
    ['openai', /^sk-proj-SIMULATED[A-Za-z0-9]{65}T3BlbkFJ[A-Za-z0-9]{74}$/],
    ['anthropic', /^sk-ant-api03-SIMULATED[\w-]{84}AA$/],
    ['google', /^AQ\.Ab8RN6SIMULATED\w{35}$/],
    ['google_legacy', /^AIzaSIMULATED\w{26}$/],
    ['anything', /^sk-SIMULATED\w{39}$/],
  ])('%s', (vendor, shape) => {
    expect(fakeKey(vendor, 1)).toMatch(shape);
    expect(fakeKey(vendor, 1)).toBe(fakeKey(vendor, 1));
    expect(new Set(Array.from({ length: 500 }, (_, n) => fakeKey(vendor, n))).size).toBe(500);
  });
});

describe('a simulator in a process of its own', () => {
  it('is scripted over HTTP', async () => {
    const process = await startSimulatorProcess();
    try {
      await process.control({ do: 'key', vendor: 'openai', key: 'sk-child', behaviours: [{ kind: 'exhausted' }] });
      const headers = { authorization: 'Bearer sk-child' };
      const body = JSON.stringify({ model: 'gpt-4o', messages: [] });
      const url = `${process.baseUrl('openai')}/v1/chat/completions`;
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(429);
      expect(await process.control({ do: 'calls', vendor: 'openai', key: 'sk-child' })).toMatchObject({ total: 1 });
      await expect(process.control({ do: 'outage', vendor: 'nobody' })).rejects.toThrow("no simulated vendor 'nobody'");
    } finally {
      await process.close();
    }
  });
});
