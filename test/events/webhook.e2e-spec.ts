import type { LoggerService } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  KeyMetricsService,
  KeyPoolService,
  RetryExecutorService,
  type KeyManagementModuleOptions,
  type WebhookOptions,
} from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { turns } from '../support/turns';
import { isSigned, WebhookReceiver } from '../support/webhook-receiver';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const KEYS = [1, 2, 3].map((n) => fakeKey('openai', n));
const TURNS = 5_000;

/** Waits through turns of the event loop, in which sockets are served, until it is so. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (isSo()) return;
    await turns(1);
  }
  throw new Error(`${what}: not in ${TURNS} turns of the event loop`);
}

describe('the webhook', () => {
  let simulator: VendorSimulator;
  let receiver: WebhookReceiver;
  let clock: FakeClock;
  let cluster: Cluster;
  let apps: TestingModule[];
  let log: string[];

  beforeEach(async () => {
    [simulator, receiver] = await Promise.all([VendorSimulator.start(), WebhookReceiver.start()]);
    for (const key of KEYS) simulator.openai.key(key);
    clock = new FakeClock();
    cluster = new Cluster();
    cluster.lockTime = () => clock.now();
    [apps, log] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => closed(app)));
    await receiver.close().catch(() => undefined);
    await simulator.close();
  });

  const note = (line: unknown): void => void log.push(String(line));
  const logger: LoggerService = { log: note, warn: note, error: note };
  const said = (name: string) => log.filter((line) => line.startsWith(name));

  async function start(
    webhook: Partial<WebhookOptions> = {},
    options: KeyManagementModuleOptions = {},
  ): Promise<TestingModule> {
    const providers = { openai: { keys: KEYS, baseUrl: simulator.openai.baseUrl } };
    const app = await startKeyManagement(
      { providers, ...options, webhook: { url: receiver.url, secret: SECRET, ...webhook } },
      { clock, logger, random: () => 0.5 },
    );
    apps.push(app);
    await app.get(KeyManagerService).forceHealthCheck();
    return app;
  }
  /** Ends an app whose time stands still unless it is moved. */
  async function closed(app: TestingModule, limitMs = 30_000): Promise<void> {
    let isClosed = false;
    const closing = app.close().then(() => (isClosed = true));
    for (let ms = 0; ms < limitMs && !isClosed; ms += 500) {
      await clock.advance(500);
      await turns(20);
    }
    await closing;
  }
  const refuse = async (app: TestingModule, key: string): Promise<void> => {
    simulator.openai.key(key, { kind: 'invalid' });
    await app.get(KeyManagerService).forceHealthCheck('openai');
  };
  const metric = async (app: TestingModule, result: string): Promise<number> => {
    const text = await app.get(KeyMetricsService).text();
    return Number(new RegExp(`^ai_keys_webhook_messages_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const retryAfter = async (ms: number, count: number): Promise<void> => {
    await clock.advance(ms);
    await until(`try ${count}`, () => receiver.received.length === count);
  };
  /** Lets an answer that is on its way arrive. */
  const answered = async (app: TestingModule, result: string, count: number): Promise<void> => {
    for (let turn = 0; turn < 200 && (await metric(app, result)) !== count; turn += 1) await turns(1);
    expect(await metric(app, result)).toBe(count);
  };

  it('is told of a removed key: signed, in snake_case, without the key', async () => {
    const app = await start();
    await refuse(app, KEYS[0]!);
    await until('the message', () => receiver.received.length === 1);
    const [message] = receiver.received;
    expect(message!.body).toEqual({
      type: 'key_removed',
      timestamp: new Date(clock.now()).toISOString(),
      data: expect.objectContaining({
        provider: 'openai',
        masked_key: expect.stringContaining('...'),
        from: 'healthy',
        to: 'invalid_key',
        by: 'probe',
        outcome: 'invalid_key',
      }),
    });
    expect(message!.path).toBe('/hooks/keys');
    expect(message!.headers['content-type']).toBe('application/json');
    expect(Number(message!.headers['webhook-timestamp'])).toBe(Math.floor(clock.now() / 1_000));
    expect(isSigned(message!, SECRET)).toBe(true);
    expect(isSigned({ ...message!, text: `${message!.text} ` }, SECRET)).toBe(false);
    expect(message!.text).not.toContain(KEYS[0]);
    await answered(app, 'sent', 1);
  });

  it('is told of a provider that fails and recovers, and of too few keys', async () => {
    const app = await start({}, { minimumUsableKeys: 3, maxRetries: 0, backoff: { initialMs: 0, maxMs: 0 } });
    const call = () =>
      app
        .get(RetryExecutorService)
        .execute('openai', () => Promise.reject(Object.assign(new Error('down'), { status: 500 })));
    for (let n = 0; n < 10; n += 1) await call();
    await clock.advance(2_000);
    await until('the failure', () => receiver.types.includes('provider_failing'));
    expect(receiver.received[0]!.body.data).toMatchObject({ provider: 'openai', state: 'failing' });
    await refuse(app, KEYS[0]!);
    await clock.advance(6_000);
    await until('the lack', () => receiver.types.includes('usable_keys_low'));
    expect(receiver.received.find(({ body }) => body.type === 'usable_keys_low')?.body.data).toMatchObject({
      provider: 'openai',
      usable_keys: 2,
      minimum: 3,
    });
    await answered(app, 'sent', 3);
    for (let minute = 0; minute < 15; minute += 1) {
      await clock.advance(60_000);
      await turns(100);
      await app.get(RetryExecutorService).execute('openai', () => Promise.resolve('hello'));
    }
    await until('the recovery', () => receiver.types.includes('provider_recovered'));
    expect(receiver.types.filter((type) => type === 'usable_keys_low')).toHaveLength(1);
  });

  it('is told of a budget that is spent in part, and of what runs out', async () => {
    const openai = { keys: KEYS, baseUrl: simulator.openai.baseUrl, budgets: [{ requests: 150, per: 'day' as const }] };
    const app = await start({}, { providers: { openai } });
    for (let call = 0; call < 76; call += 1) {
      await app.get(RetryExecutorService).execute('openai', () => Promise.resolve('hello'));
      await clock.advance(60_000);
      await turns(30);
    }
    // A minute that passes at once may end a try that has arrived: then the message comes again.
    const messages = (): Map<unknown, object> =>
      new Map(receiver.received.map(({ headers, body }) => [headers['webhook-id'], body as object]));
    await until('both messages', () => messages().size === 2);
    expect([...messages().values()]).toMatchObject([
      { type: 'runs_out', data: { provider: 'openai', hours: 2, unit: 'requests', runs_out_at: expect.any(String) } },
      { type: 'budget_threshold', data: { percent: 50, scope: 'provider', unit: 'requests', limit: 150, spent: 75 } },
    ]);
    for (const message of receiver.received) expect(isSigned(message, SECRET)).toBe(true);
  });

  it('gets only what was asked for', async () => {
    const app = await start({ events: ['key_deleted'] });
    await refuse(app, KEYS[0]!);
    const [, , third] = app.get(KeyPoolService).list('openai');
    await app.get(KeyPoolService).remove('openai', third!.id);
    await until('the message', () => receiver.received.length > 0);
    expect(receiver.types).toEqual(['key_deleted']);
  });

  it('is asked again after 500, after a cut connection, and after 429 no sooner than it says', async () => {
    const app = await start();
    const slow = { status: 429, headers: { 'retry-after': '120' } };
    receiver.replies = [500, 'cut', slow, 204];
    await refuse(app, KEYS[0]!);
    await until('the first try', () => receiver.received.length === 1);
    await until('its answer', () => said('webhook failing').length === 1);
    await retryAfter(1_500, 2);
    await turns(50);
    await retryAfter(3_000, 3);
    await turns(50);
    await clock.advance(119_000);
    await turns(50);
    expect(receiver.received).toHaveLength(3);
    await retryAfter(10_000, 4);
    await answered(app, 'sent', 1);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
    expect(receiver.received.every((message) => isSigned(message, SECRET))).toBe(true);
    // The time is that of the try.
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBeGreaterThan(2);
    expect(said('webhook failing')).toHaveLength(1);
    expect(said('webhook recovered')).toHaveLength(1);
  });

  it('may be gone for a while, and gets then what happened meanwhile, while calls go on', async () => {
    const app = await start();
    await receiver.close();
    await refuse(app, KEYS[0]!);
    await until('the failure', () => said('webhook failing').length === 1);
    expect(said('webhook failing')[0]).toContain('ECONNREFUSED');
    expect(said('webhook failing')[0]).not.toContain('/hooks/keys');
    const result = await app.get(RetryExecutorService).execute('openai', () => Promise.resolve('hello'));
    expect(result).toMatchObject({ success: true, response: 'hello' });
    await receiver.listen();
    await retryAfter(1_500, 1);
    expect(receiver.types).toEqual(['key_removed']);
    await answered(app, 'sent', 1);
  });

  it('may hang: a try ends after ten seconds', async () => {
    const app = await start();
    receiver.replies = ['hang', 204];
    await refuse(app, KEYS[0]!);
    await until('the first try', () => receiver.received.length === 1);
    await clock.advance(10_000);
    await until('its end', () => said('webhook failing').length === 1);
    expect(said('webhook failing')[0]).toContain('did not answer in time');
    await retryAfter(1_500, 2);
    await answered(app, 'sent', 1);
  });

  it('is not asked again after a refusal, and is followed nowhere', async () => {
    const app = await start();
    const elsewhere = await WebhookReceiver.start();
    receiver.replies = [400, { status: 307, headers: { location: elsewhere.url } }];
    await refuse(app, KEYS[0]!);
    await answered(app, 'failed', 1);
    await refuse(app, KEYS[1]!);
    await answered(app, 'failed', 2);
    await clock.advance(10 * 60_000);
    expect([receiver.received.length, elsewhere.received.length]).toEqual([2, 0]);
    await elsewhere.close();
  });

  it('is told once by instances that share a store, and once within ten minutes', async () => {
    const [one, two] = [await start({}, { store: cluster.member() }), await start({}, { store: cluster.member() })];
    await clock.advance(2_000);
    // Both find it out at once.
    simulator.openai.key(KEYS[0]!, { kind: 'invalid' });
    await Promise.all([one, two].map((app) => app.get(KeyManagerService).forceHealthCheck('openai')));
    await until('the message', () => receiver.received.length > 0);
    await clock.advance(5_000);
    await turns(100);
    expect(receiver.types).toEqual(['key_removed']);
    // It comes back, and is removed again.
    const again = async (ms: number): Promise<void> => {
      simulator.openai.key(KEYS[0]!);
      await clock.advance(ms);
      await one.get(KeyManagerService).forceHealthCheck('openai');
      simulator.openai.key(KEYS[0]!, { kind: 'invalid' });
      await one.get(KeyManagerService).forceHealthCheck('openai');
      await turns(100);
    };
    await again(60_000);
    expect(receiver.received).toHaveLength(1);
    await again(11 * 60_000);
    expect(receiver.types).toEqual(['key_removed', 'key_removed']);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('gets at the end of the app what waits for it', async () => {
    receiver.replies = [503, 204];
    await refuse(await start(), KEYS[0]!);
    await until('the first try', () => said('webhook failing').length === 1);
    await closed(apps.shift()!);
    expect(receiver.types).toEqual(['key_removed', 'key_removed']);
    expect(said('webhook messages lost')).toEqual([]);
  });

  it('holds up the end of the app no longer than drainTimeoutMs', async () => {
    const app = await start({}, { drainTimeoutMs: 3_000 });
    receiver.replies = ['hang'];
    await refuse(app, KEYS[0]!);
    await until('the first try', () => receiver.received.length === 1);
    const before = clock.now();
    await closed(apps.shift()!);
    expect(clock.now() - before).toBeLessThan(4_000);
    expect(said('webhook messages lost')).toEqual([expect.stringContaining('lost=1')]);
  });
});
