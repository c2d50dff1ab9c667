import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, KeyPoolService, ManagedFetchService, keyIdOf } from '../../src/key-management';
import { secret } from '../canary/canary';
import { TinyServer, type Seen } from '../managed-fetch/tiny-server';
import { startKeyManagement } from '../support/key-management-app';
import { ImitatedVendor } from './imitated-vendor';
import { IMITATIONS } from './imitations';

const azure = IMITATIONS.find(({ vendor }) => vendor === 'azure')!;
const keyOf = (name: string): string => secret(`azure-${name}-0123456789abcdefABCDEF`);

describe('three Azure resources in one pool', () => {
  const names = ['one', 'two', 'three'];
  let resources: ImitatedVendor[];
  let app: TestingModule;

  beforeEach(async () => {
    resources = await Promise.all(names.map(() => ImitatedVendor.start(azure)));
    // Each resource knows its own key alone.
    resources.forEach((resource, n) => resource.keys.set(keyOf(names[n]!), 'good'));
    app = await startKeyManagement({
      providers: {
        azure: {
          baseUrl: resources[0]!.baseUrl,
          probeModel: azure.probeModel,
          keys: names.map((name, n) => ({ key: keyOf(name), ...(n > 0 && { baseUrl: resources[n]!.baseUrl }) })),
        },
      },
      backoff: { initialMs: 1, maxMs: 2 },
    });
  });
  afterEach(async () => {
    await app.close();
    await Promise.all(resources.map((resource) => resource.close()));
  });

  const call = async (origin = resources[0]!.origin): Promise<number> => {
    const fetch = app.get(ManagedFetchService).for('azure', { maxWaitMs: 0 });
    const body = JSON.stringify({ model: 'm', messages: [] });
    const answer = await fetch(origin + azure.call, { method: 'POST', body, headers: { 'x-test': 'call' } });
    await answer.text();
    return answer.status;
  };
  const statuses = (): (string | undefined)[] =>
    names.map((name) => app.get(KeyPoolService).get('azure', keyIdOf(keyOf(name)))?.status);

  it('are each checked at their own, and each serve the same request', async () => {
    expect(statuses()).toEqual(['healthy', 'healthy', 'healthy']);
    for (let n = 0; n < 6; n += 1) expect(await call()).toBe(200);
    expect(resources.map(({ served }) => served)).toEqual(names.map((name) => [keyOf(name), keyOf(name)]));
  });

  it('take a request that was written for any of them', async () => {
    for (let n = 0; n < 3; n += 1) expect(await call(resources[2]!.origin)).toBe(200);
    expect(resources.map(({ served }) => served.length)).toEqual([1, 1, 1]);
  });

  it('go on with two where one refuses its key, and none sees the key of another', async () => {
    resources[1]!.wrongly.add(keyOf('two'));
    for (let n = 0; n < 4; n += 1) expect(await call()).toBe(200);
    expect(statuses()).toEqual(['healthy', 'invalid_key', 'healthy']);
    expect(resources.map(({ served }) => new Set(served))).toEqual([
      new Set([keyOf('one')]),
      new Set(),
      new Set([keyOf('three')]),
    ]);
  });

  it('follow a redirect nowhere but under the base URL of the key', async () => {
    const elsewhere = await TinyServer.start();
    for (const resource of resources) resource.redirectsTo = elsewhere.origin;
    await expect(call()).rejects.toThrow(/redirects to/);
    // Not even to another resource of the same pool.
    for (const resource of resources) resource.redirectsTo = resources.find((other) => other !== resource)!.origin;
    await expect(call()).rejects.toThrow(/redirects to/);
    expect(elsewhere.seen).toEqual([]);
    expect(resources.flatMap(({ served }) => served)).toEqual([]);
    await elsewhere.close();
  });

  it('refuse a request for any other place, also when a key with that base URL is gone', async () => {
    await expect(call('http://127.0.0.1:9')).rejects.toThrow(/sent to .* only/);
    await app.get(KeyPoolService).remove('azure', keyIdOf(keyOf('three')));
    await expect(call(resources[2]!.origin)).rejects.toThrow(/sent to .* only/);
  });
});

describe('keys with headers of their own', () => {
  const WORKSPACE = secret('wrkspc_01ABCDEFGHJKLMNPQRSTUVWX');
  const [linked, plain] = [secret('sk-ant-api03-linked-0123456789'), secret('sk-ant-api03-plain-0123456789')];
  let server: TinyServer;
  beforeEach(async () => {
    server = await TinyServer.start();
    server.answer = (response, { headers }) => {
      response.setHeader('content-type', 'application/json');
      const isRefused = headers['x-api-key'] === linked && headers['anthropic-workspace-id'] !== WORKSPACE;
      response.statusCode = isRefused ? 401 : 200;
      const message = `invalid x-api-key for ${WORKSPACE}`;
      response.end(
        JSON.stringify(isRefused ? { type: 'error', error: { type: 'authentication_error', message } } : {}),
      );
    };
  });
  afterEach(() => server.close());

  const headers = { 'Anthropic-Workspace-Id': WORKSPACE, 'Anthropic-Version': '2099-01-01' };
  const providersWith = (keys: object[]) => ({ anthropic: { keys: keys as [], baseUrl: server.origin } });
  const callsOf = async (app: TestingModule, count: number): Promise<void> => {
    const fetch = app.get(ManagedFetchService).for('anthropic', { maxWaitMs: 0 });
    for (let n = 0; n < count; n += 1) {
      const init = { method: 'POST', body: '{"model":"claude"}', headers: { 'anthropic-version': '2023-06-01' } };
      expect((await fetch(`${server.origin}/v1/messages`, init)).status).toBe(200);
    }
  };
  const sentWith = (key: string): Seen[] => server.seen.filter((seen) => seen.headers['x-api-key'] === key);

  it('send them with probes and calls of that key, over the others, and with no other key', async () => {
    const app = await startKeyManagement({ providers: providersWith([{ key: linked, headers }, { key: plain }]) });
    await callsOf(app, 6);
    await app.close();
    const [ofLinked, ofPlain] = [sentWith(linked), sentWith(plain)];
    for (const seen of [ofLinked, ofPlain]) {
      expect(new Set(seen.map(({ method }) => method))).toEqual(new Set(['GET', 'POST']));
    }
    expect(new Set(ofLinked.map((seen) => seen.headers['anthropic-version']))).toEqual(new Set(['2099-01-01']));
    expect(new Set(ofPlain.map((seen) => seen.headers['anthropic-version']))).toEqual(new Set(['2023-06-01']));
    expect(ofPlain.filter((seen) => 'anthropic-workspace-id' in seen.headers)).toEqual([]);
  });

  it('do not leak to the next attempt of the same call, which has another key', async () => {
    const app = await startKeyManagement({ providers: providersWith([{ key: linked, headers }, { key: plain }]) });
    server.seen.length = 0;
    const answer = server.answer;
    server.answer = (response, seen) => {
      if (seen.headers['x-api-key'] === linked) response.writeHead(529).end('{}');
      else answer(response, seen);
    };
    await callsOf(app, 2);
    await app.close();
    expect(sentWith(linked).length).toBeGreaterThan(0);
    expect(sentWith(plain).filter((seen) => 'anthropic-workspace-id' in seen.headers)).toEqual([]);
  });

  it('are kept over a restart with a key that was added at run time, and stand in the store in no clear text', async () => {
    const path = await mkdtemp(join(tmpdir(), 'akm-routes-'));
    const store = { kind: 'file', path, encryptionSecret: secret('seal-7Kq2ZtR1xKv7MbJ3yHc9') } as const;
    const first = await startKeyManagement({ providers: providersWith([]), store });
    const added = await first.get(KeyManagerService).addNewKeys('anthropic', [{ key: linked, headers, weight: 2 }]);
    expect(added).toMatchObject({ healthyKeysAdded: 1 });
    await first.get(KeyPoolService).update('anthropic', keyIdOf(linked), { label: 'changed' });
    await first.close();
    const second = await startKeyManagement({ providers: providersWith([]), store });
    server.seen.length = 0;
    await callsOf(second, 1);
    expect(sentWith(linked).map((seen) => seen.headers['anthropic-workspace-id'])).toEqual([WORKSPACE]);
    await second.close();
    await rm(path, { recursive: true });
  });

  it('do not show in the reason of a refusal', async () => {
    const app = await startKeyManagement({
      providers: providersWith([{ key: linked, headers: { 'x-other': WORKSPACE } }]),
    });
    const [key] = app.get(KeyPoolService).list('anthropic');
    expect(key).toMatchObject({ status: 'invalid_key' });
    expect(JSON.stringify(app.get(KeyPoolService).list())).not.toContain(WORKSPACE);
    await app.close();
  });
});

it.each([
  [{ baseUrl: 'http://10.0.0.1' }, /providers\.azure\.keys\.0\.baseUrl: must be an https URL .*allowHttp/],
  [{ baseUrl: 'ftp://example.com' }, /providers\.azure\.keys\.0\.baseUrl: must be an https URL/],
  [{ headers: { 'bad name': 'x' } }, /providers\.azure\.keys\.0\.headers/],
  [{ headers: { good: 'line\nbreak' } }, /providers\.azure\.keys\.0\.headers\.good: must be printable ASCII/],
])('%j of a key stops the start', async (wrong, problem) => {
  const keys = [{ key: keyOf('wrong'), ...wrong }];
  await expect(startKeyManagement({ providers: { azure: { keys } } })).rejects.toThrow(problem);
});
