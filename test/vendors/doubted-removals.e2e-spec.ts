import type { LoggerService } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, KeyPoolService, ManagedFetchService, type KeyEvent } from '../../src/key-management';
import { HealthCheckJob } from '../../src/key-management/health/health-check.job';
import { TinyServer } from '../managed-fetch/tiny-server';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const KEYS = Array.from({ length: 10 }, (_, n) => `sk-test-${n}-0123456789abcdefghijABCDEFGHIJ`);
const DEAD = {
  error: { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' },
};
const CHAT = '/v1/chat/completions';

/** OpenAI on loopback, and a proxy before it that may refuse everybody. */
class VendorBehindProxy {
  proxy: 'passes' | 'refuses all' | 'refuses calls' = 'passes';
  readonly dead = new Set<string>();
  readonly served = new Set<string>();

  private constructor(readonly server: TinyServer) {
    server.answer = (response, { url, method, headers }) => {
      const key = String(headers.authorization).replace('Bearer ', '');
      if (this.proxy === 'refuses all' || (this.proxy === 'refuses calls' && method === 'POST')) {
        response.writeHead(401, { 'content-type': 'text/plain' }).end('Unauthorized by the proxy');
        return;
      }
      const isDead = this.dead.has(key);
      if (url === CHAT && !isDead) this.served.add(key);
      response.writeHead(isDead ? 401 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isDead ? DEAD : { data: [], choices: [{ message: { content: 'pong' } }] }));
    };
  }

  static async start(): Promise<VendorBehindProxy> {
    return new VendorBehindProxy(await TinyServer.start());
  }

  get calls(): number {
    return this.server.seen.filter(({ method }) => method === 'POST').length;
  }

  get probes(): number {
    return this.server.seen.filter(({ method }) => method === 'GET').length;
  }
}

let vendor: VendorBehindProxy;
let app: TestingModule;
let clock: FakeClock;
let events: KeyEvent[];
let warnings: string[];

beforeEach(async () => {
  vendor = await VendorBehindProxy.start();
  clock = new FakeClock();
  events = [];
  warnings = [];
  const silent = (): void => undefined;
  const logger: LoggerService = {
    log: silent,
    error: silent,
    warn: (line: unknown) => void warnings.push(String(line)),
  };
  const provider = { keys: KEYS, baseUrl: `${vendor.server.origin}/v1` };
  const options = { providers: { openai: provider }, healthCheckDepth: 'light', maxRetries: 3 } as const;
  app = await startKeyManagement(options, { clock, logger });
  app.get(KeyPoolService).events$.subscribe((event) => events.push(event));
  expect(statuses()).toEqual({ healthy: 10 });
});
afterEach(async () => {
  await app.close();
  await vendor.server.close();
});

function statuses(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of app.get(KeyPoolService).list('openai')) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const doubts = () => events.filter(({ type }) => type === 'removals_doubted');

/** One call; returns its answer, and how many requests it took. */
async function call(): Promise<{ status: number; text: string; requests: number }> {
  const fetch = app.get(ManagedFetchService).for('openai', { maxWaitMs: 0 });
  const before = vendor.calls;
  const body = JSON.stringify({ model: 'gpt-5', messages: [] });
  const answer = await fetch(vendor.server.origin + CHAT, { method: 'POST', body });
  return { status: answer.status, text: await answer.text(), requests: vendor.calls - before };
}

/** Waits for the probes that are under way: an administrator's check of a key that is being checked waits for that check. */
async function probesDone(): Promise<void> {
  const pool = app.get(KeyPoolService).pool('openai')!;
  while ([...pool.records()].some(({ probing }) => probing)) await new Promise((resolve) => setImmediate(resolve));
}

/** What status documents and the page say of the provider. */
const stateReason = (): string =>
  app.get(KeyManagerService).getComprehensiveStatus().key_pools.providers.openai!.state_reason;
const SAYS_SO = 'Several keys met one and the same refusal';

async function expectAllToServe(): Promise<void> {
  for (let time = 0; time < 30; time += 1) expect(await call()).toMatchObject({ status: 200, requests: 1 });
  expect(vendor.served).toEqual(new Set(KEYS));
}

it('a proxy that refuses everybody costs no key for long, and is announced once', async () => {
  vendor.proxy = 'refuses all';
  for (let time = 0; time < 6; time += 1) {
    const { status, text, requests } = await call();
    expect(requests).toBeLessThanOrEqual(3);
    // With all keys out, the answer is the module's own.
    if (requests > 0) expect([status, text]).toEqual([401, 'Unauthorized by the proxy']);
    await probesDone();
  }
  for (const { status, recheckAt } of app.get(KeyPoolService).list('openai')) {
    expect(status).toBe('invalid_key');
    expect(recheckAt!.getTime() - clock.now()).toBeLessThanOrEqual(30_000);
  }
  expect(doubts()).toMatchObject([{ provider: 'openai', outcome: 'invalid_key', by: 'call' }]);
  expect(warnings.filter((line) => line.startsWith('removals doubted'))).toHaveLength(1);

  vendor.proxy = 'passes';
  clock.skip(30_000);
  await app.get(HealthCheckJob).tick();
  expect(statuses()).toEqual({ healthy: 10 });
  await expectAllToServe();
  expect(doubts()).toHaveLength(1);
});

it('a proxy that refuses calls alone removes no key that its probe proves, and each key is probed once in ten seconds', async () => {
  vendor.proxy = 'refuses calls';
  const probesBefore = vendor.probes;
  for (let time = 0; time < 12; time += 1) {
    const { status, text, requests } = await call();
    expect(requests).toBeLessThanOrEqual(3);
    if (requests > 0) expect([status, text]).toEqual([401, 'Unauthorized by the proxy']);
    await probesDone();
    expect(Object.keys(statuses())).not.toContain('invalid_key');
  }
  expect(vendor.probes - probesBefore).toBe(10);
  expect(doubts()).toHaveLength(1);
  expect(stateReason().split(SAYS_SO)).toHaveLength(2);

  vendor.proxy = 'passes';
  clock.skip(10_000);
  await expectAllToServe();
  expect(stateReason()).toContain(SAYS_SO);
  clock.skip(50_000);
  expect(stateReason()).not.toContain(SAYS_SO);
  expect(statuses()).toEqual({ healthy: 10 });
});

it('dead keys that the vendor’s own code condemns are all removed at once, in one call', async () => {
  for (const key of KEYS.slice(0, 9)) vendor.dead.add(key);
  const probesBefore = vendor.probes;
  const served: number[] = [];
  while (statuses().invalid_key !== 9) served.push((await call()).status);
  expect(new Set(served)).toEqual(new Set([200]));
  expect(statuses()).toEqual({ healthy: 1, invalid_key: 9 });
  expect(vendor.served).toEqual(new Set(KEYS.slice(9)));
  expect(vendor.probes).toBe(probesBefore);
  expect(doubts()).toEqual([]);
  expect((await app.get(KeyManagerService).forceHealthCheck('openai')).healthyKeys).toBe(1);
});
