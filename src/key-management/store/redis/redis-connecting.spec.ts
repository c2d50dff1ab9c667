import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Cluster, Redis } from 'ioredis';
import { secret } from '../../../../test/canary/canary';
import { describeWithRedis, freePort, RedisServer } from '../../../../test/support/redis-server';
import { add, eventually, RecordingWatcher, set } from '../contract/contract-support';
import type { StoreError } from '../port/store-error';
import type { RedisClient } from './source';
import { RedisKeyStore, type RedisKeyStoreOptions } from './redis-key-store';

const PASSWORD = secret('CANARY/pass word 5kT9');

describeWithRedis('RedisKeyStore connecting', () => {
  const stores: RedisKeyStore[] = [];
  const servers: RedisServer[] = [];
  const clients: RedisClient[] = [];

  const connected = <T extends RedisClient>(client: T): T => {
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };

  const start = async (...options: Parameters<typeof RedisServer.start>) => {
    const server = await RedisServer.start(...options);
    servers.push(server);
    return server;
  };
  const open = async (options: RedisKeyStoreOptions) => {
    const [store, watcher] = [new RedisKeyStore({ timeoutMs: 2_000, ...options }), new RecordingWatcher()];
    stores.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  /** Two instances that see each other. */
  const provesItself = async (options: RedisKeyStoreOptions) => {
    const [one, other] = [await open(options), await open(options)];
    await one.store.write([set('d', 'f', { a: 1 }), add('d', 's', 2)]);
    await other.watcher.until('the changes', () => other.watcher.of('d').length === 2);
    expect(await other.store.load('')).toMatchObject([
      { doc: 'd', registers: { f: { value: { a: 1 } } }, sums: { s: 2 } },
    ]);
    expect(await other.store.lock('job', 'a', 1_000)).toBe(true);
    await Promise.all([one.store.close(), other.store.close()]);
  };
  const failure = (options: RedisKeyStoreOptions) =>
    open(options).then(
      () => Promise.reject(new Error('it opened')),
      (error: unknown) => error as StoreError,
    );

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it('takes the password from the URL', async () => {
    const { url } = await start({ password: PASSWORD });
    await provesItself({ url });
  });

  it('names the setting, the place and the mend when there is no server, and no password', async () => {
    const url = `redis://me:${encodeURIComponent(PASSWORD)}@127.0.0.1:${await freePort()}/3?password=${encodeURIComponent(PASSWORD)}`;
    const error = await failure({ url, timeoutMs: 200 });
    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/redis:\/\/me:\*\*\*@127\.0\.0\.1:\d+\/3 .*ECONNREFUSED.*REDIS_URL/),
    });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('CANARY');
  });

  it('says that the password is wrong without saying it', async () => {
    const { port } = await start({ password: 'another' });
    const error = await failure({ url: `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`, timeoutMs: 500 });
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/WRONGPASS|NOAUTH/) });
    expect(inspect([error, stores], { depth: null, showHidden: true })).not.toContain('CANARY');
    expect(error.message).toMatch(/REDIS_URL/);
  });

  it.each(['', 'localhost:6379', 'http://localhost', 'redis://', `redis:///x:${PASSWORD}@:::`])(
    'refuses the URL %j and does not repeat it',
    async (url) => {
      const error = await failure({ url });
      expect(error).toMatchObject({ code: 'not_usable', message: expect.stringMatching(/REDIS_URL.*rediss:/) });
      expect(error.message).not.toContain('CANARY');
    },
  );

  it('keeps namespaces apart', async () => {
    const { url } = await start();
    const [one, other] = [await open({ url, namespace: 'a' }), await open({ url, namespace: 'b' })];
    await one.store.write([set('d', 'f', 1)]);
    await one.store.lock('job', 'a', 60_000);
    expect(await other.store.load('')).toEqual([]);
    expect(await other.store.lock('job', 'b', 60_000)).toBe(true);
  });

  it.each([
    ['as it is', {}],
    ['with a prefix', { keyPrefix: 'app:' }],
    ['with RESP2 and numbers as texts', { protocol: 2 as const, stringNumbers: true }],
    ['with RESP3 shapes', { replyMapping: 'resp3' as const }],
    ['not connected yet', { lazyConnect: true }],
  ])("uses a client of the user's %s, and leaves it open", async (_, options) => {
    const { port } = await start();
    const client = connected(new Redis(port, '127.0.0.1', options));
    await provesItself({ client });
    expect(await client.ping()).toBe('PONG');
    await eventually(
      'its own connections to be gone',
      async () =>
        String(await client.client('LIST'))
          .trim()
          .split('\n').length === 1,
    );
  });

  it("does not leave a write behind in the queue of a user's client", async () => {
    const server = await start();
    const client = connected(new Redis(server.port, '127.0.0.1', { retryStrategy: () => 50 }));
    const { store, watcher } = await open({ client, timeoutMs: 500 });
    await server.kill9();
    await watcher.until('the loss', () => watcher.connections.includes(false));
    await expect(store.write([add('d', 's', 1)])).rejects.toMatchObject({ code: 'unavailable' });
    await server.restart();
    await watcher.until('the return', () => watcher.connections.at(-1) === true);
    expect(await store.load('')).toEqual([]);
  });

  it('works on a cluster', async () => {
    const { port } = await start({ settings: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] });
    const node = new Redis(port, '127.0.0.1');
    await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually('the cluster to be ready', async () => (await node.cluster('INFO')).includes('cluster_state:ok'));
    node.disconnect();
    const client = connected(new Cluster([{ host: '127.0.0.1', port }]));
    await provesItself({ client });
    expect(await client.ping()).toBe('PONG');
  });

  it('C9: connects by TLS, to a cluster too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'akm-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject],
      { stdio: 'ignore' },
    );
    const tlsPort = await freePort();
    const files = [
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      cert,
      '--tls-auth-clients',
      'no',
    ];
    await start({ password: PASSWORD, settings: ['--tls-port', `${tlsPort}`, ...files] });
    const url = `rediss://:${encodeURIComponent(PASSWORD)}@localhost:${tlsPort}`;
    await provesItself({ url, options: { tls: { ca: await readFile(cert, 'utf8') } } });
    expect(await failure({ url, timeoutMs: 500 })).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/self-signed/),
    });

    // The cluster tells its clients addresses, which the certificate must name, too.
    const clusterPort = await freePort();
    const cluster = [
      '--tls-cluster',
      'yes',
      '--cluster-enabled',
      'yes',
      '--cluster-announce-ip',
      '127.0.0.1',
      '--cluster-port',
      `${await freePort()}`,
    ];
    const { port } = await start({
      password: PASSWORD,
      settings: ['--tls-port', `${clusterPort}`, ...files, ...cluster],
    });
    const node = new Redis(port, '127.0.0.1', { password: PASSWORD });
    await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually('the cluster to be ready', async () => (await node.cluster('INFO')).includes('cluster_state:ok'));
    node.disconnect();
    const options = { tls: { ca: await readFile(cert, 'utf8') } };
    const user = `rediss://:${encodeURIComponent(PASSWORD)}@`;
    for (const places of [`localhost:${clusterPort}`, `localhost:${clusterPort},127.0.0.1:${clusterPort}`]) {
      await provesItself({ url: `${user}${places}`, options, namespace: `of-${places.length}` });
    }
    await rm(folder, { recursive: true });
  });
});
