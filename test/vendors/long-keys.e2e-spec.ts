import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  keyIdOf,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type KeyManagementModuleOptions,
  type KeyStoreOptions,
} from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { asVendor, secret } from '../canary/canary';
import { FirebaseServer } from '../firebase-server';
import { TinyServer } from '../managed-fetch/tiny-server';
import { startKeyManagement } from '../support/key-management-app';
import { LONGEST, longKey } from '../support/long-key';
import { describeWithRedis, RedisServer } from '../support/redis-server';

const [ONE, TWO, ADDED] = [1, 2, 3].map(longKey) as [string, string, string];
const CHAT = '/v1/chat/completions';

let vendor: TinyServer;
/** The keys that the vendor was called with, in order. */
let called: string[];
let echo: ((key: string) => object) | undefined;
let app: TestingModule | undefined;
let api: ApiUnderTest | undefined;

beforeEach(async () => {
  vendor = await TinyServer.start();
  called = [];
  echo = undefined;
  vendor.answer = (response, { url, headers }) => {
    const key = String(headers.authorization).replace('Bearer ', '');
    if (url === CHAT) called.push(key);
    const isKnown = key.length === LONGEST && echo === undefined;
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { data: [], choices: [] } : echo?.(key)));
  };
});
afterEach(async () => {
  await app?.close();
  await api?.app.close();
  app = api = undefined;
  await vendor.close();
});

const providers = (keys?: string[]): KeyManagementModuleOptions['providers'] => ({
  bedrock: { keys, baseUrl: `${vendor.origin}/v1` },
});

/** Calls with each key of the pool by the managed fetch. */
async function callWithAll(from: { get: TestingModule['get'] }, count: number): Promise<void> {
  const fetch = from.get(ManagedFetchService).for('bedrock', { maxWaitMs: 0 });
  for (let time = 0; time < count * 3; time += 1) {
    const response = await fetch(vendor.origin + CHAT, { method: 'POST', body: '{"model":"m"}' });
    expect(response.status).toBe(200);
    await response.text();
  }
}

const served = (): Set<string> => new Set(called);

it('serve from the options: masked, by their ids, and beyond 16,384 characters are out with a word on it', async () => {
  app = await startKeyManagement({ providers: providers([ONE, TWO]), healthCheckDepth: 'light' });
  expect(app.get(KeyPoolService).list('bedrock')).toMatchObject([
    { id: keyIdOf(ONE), maskedKey: `bedrock...${ONE.slice(-4)}`, status: 'healthy' },
    { id: keyIdOf(TWO), status: 'healthy' },
  ]);
  await callWithAll(app, 2);
  expect(served()).toEqual(new Set([ONE, TWO]));
  await app.close();
  const before = vendor.seen.length;
  app = await startKeyManagement({ providers: providers([`${ONE}x`]), healthCheckDepth: 'light' });
  const reason = 'The key is longer than 16384 characters. Enter one key alone; separate several keys with commas.';
  expect(app.get(KeyPoolService).list('bedrock')).toMatchObject([{ status: 'invalid_key', reason }]);
  expect(vendor.seen).toHaveLength(before);
});

it('serve from the environment, in one variable', async () => {
  const before = { ...process.env };
  Object.assign(process.env, { BEDROCK_API_KEYS: `"${ONE}",\n ${TWO}`, BEDROCK_BASE_URL: `${vendor.origin}/v1` });
  try {
    app = await startKeyManagement({ healthCheckDepth: 'light' });
  } finally {
    process.env = before;
  }
  await callWithAll(app, 2);
  expect(served()).toEqual(new Set([ONE, TWO]));
});

describe.each(['express', 'fastify'] as const)('over the admin API on %s', (adapter) => {
  beforeEach(async () => {
    api = await startApi({ adapter, options: { providers: providers([ONE]), healthCheckDepth: 'light' } });
  });

  it('are added, sixty in a request within a megabyte, and more are refused with a word on the body', async () => {
    const many = Array.from({ length: 60 }, (_, n) => longKey(100 + n));
    const added = await api!.send('post', '/admin/providers/bedrock/keys').send({ keys: many }).expect(200);
    expect(JSON.stringify(added.body)).not.toContain(many[0]!.slice(30, 60));
    expect(api!.app.get(KeyPoolService).list('bedrock')).toHaveLength(61);
    expect(api!.app.get(KeyPoolService).get('bedrock', keyIdOf(many[59]!))).toMatchObject({ status: 'healthy' });
    const { body } = await api!
      .send('post', '/admin/providers/bedrock/keys')
      .send({ keys: [...many, ...many] })
      .expect(413);
    expect(body).toMatchObject({ error: expect.any(String) });
  });
});

describe('in a store, encrypted, and after a restart', () => {
  const encryptionSecret = secret('seal-Lq3RtY8vBn5MxZk2WcJh');

  async function restartedOn(store: KeyStoreOptions): Promise<void> {
    const options = {
      providers: providers([ONE]),
      store: { ...store, encryptionSecret },
      healthCheckDepth: 'light',
    } as const;
    app = await startKeyManagement(options);
    await app.get(KeyManagerService).addNewKeys('bedrock', [ADDED]);
    await callWithAll(app, 2);
    await app.close();
    called = [];
    app = await startKeyManagement(options);
    expect(app.get(KeyPoolService).get('bedrock', keyIdOf(ADDED))).toMatchObject({ status: 'healthy' });
    await callWithAll(app, 2);
    expect(served()).toEqual(new Set([ONE, ADDED]));
    await app.close();
    app = undefined;
  }

  it('of files', async () => {
    const path = await mkdtemp(join(tmpdir(), 'akm-long-'));
    await restartedOn({ kind: 'file', path });
    await rm(path, { recursive: true });
  });

  describeWithRedis('of Redis', () => {
    it('is the same key', async () => {
      const server = await RedisServer.start();
      await restartedOn({ kind: 'redis', url: server.url });
      await server.stop();
    });
  });

  it('of Firebase', async () => {
    const server = await FirebaseServer.start();
    await restartedOn({ kind: 'firebase', url: server.url() });
    await server.stop();
  });
});

describe('that the vendor echoes', () => {
  it.each([
    ['in its sentence', (key: string) => ({ error: { message: `Invalid key ${key}.`, code: 'invalid_api_key' } })],
    ['in base64', (key: string) => ({ error: { message: `Got ${btoa(key)}`, code: 'invalid_api_key' } })],
    [
      'in a field',
      (key: string) => ({ error: { message: 'No', code: 'invalid_api_key' }, request: { auth: `Bearer ${key}` } }),
    ],
  ])('show nowhere: %s', async (_, body) => {
    app = await startKeyManagement({ providers: providers([ONE, TWO]), healthCheckDepth: 'light' });
    const pools = app.get(KeyPoolService);
    echo = body;
    const fetch = app.get(ManagedFetchService).for('bedrock', { maxWaitMs: 0 });
    const response = await fetch(vendor.origin + CHAT, { method: 'POST', body: '{}' });
    const text = await response.text();
    const shown = JSON.stringify([text, pools.list('bedrock'), app.get(KeyManagerService).getComprehensiveStatus()]);
    for (const key of [ONE, TWO])
      for (const form of [key, btoa(key)])
        for (const at of [0, 20, 8_000, form.length - 40]) expect(shown).not.toContain(form.slice(at, at + 30));
    expect(pools.list('bedrock').map(({ status }) => status)).toEqual(['invalid_key', 'invalid_key']);
  });
});

it('that a server does not take, for the length of its headers, cost no key', async () => {
  app = await startKeyManagement({ providers: providers([ONE, TWO]), healthCheckDepth: 'light' });
  // Node's servers take 16 kB of headers, unless told otherwise.
  const small = asVendor(createServer((_request, response) => response.end('{}')));
  await new Promise<void>((resolve) => small.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(small.address() as AddressInfo).port}${CHAT}`;
  const report = await app.get(RetryExecutorService).execute('bedrock', async ({ apiKey, fetch }) => {
    return await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
  });
  expect(report.attempts[0]).toMatchObject({ status: 431, outcome: 'unknown' });
  expect(
    app
      .get(KeyPoolService)
      .list('bedrock')
      .map(({ status }) => status),
  ).toEqual(['healthy', 'healthy']);
  small.closeAllConnections();
  await new Promise((resolve) => small.close(resolve));
});
