import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Pool } from 'pg';
import { secret } from '../../../../test/canary/canary';
import { describeWithPostgres, PostgresServer } from '../../../../test/support/postgres-server';
import { add, eventually, RecordingWatcher, set } from '../contract/contract-support';
import type { StoreError } from '../port/store-error';
import type { PostgresKeyStoreOptions } from './options';
import { PostgresKeyStore } from './postgres-key-store';

const WRONG = secret('CANARY/wrong word 5kT9');

/** A way to the server on which LISTEN becomes a comment, as if another connection had got it. */
class DeafProxy {
  private constructor(private readonly server: Server) {}

  static async start(target: number): Promise<DeafProxy> {
    const server = createServer((inward) => {
      const outward = connect(target, '127.0.0.1');
      inward.on('data', (data) => outward.write(data.toString('latin1').replace('LISTEN', '--STEN'), 'latin1'));
      outward.on('data', (data) => inward.write(data));
      for (const [one, other] of [
        [inward, outward],
        [outward, inward],
      ] as const) {
        one.on('error', () => undefined);
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DeafProxy(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
  }
}

describeWithPostgres('PostgresKeyStore connecting', () => {
  let server: PostgresServer;
  let count = 0;
  const stores: PostgresKeyStore[] = [];

  beforeAll(async () => (server = await PostgresServer.start()));
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  afterAll(() => server.stop());

  const open = async (options: PostgresKeyStoreOptions) => {
    const [store, watcher] = [new PostgresKeyStore({ timeoutMs: 5_000, ...options }), new RecordingWatcher()];
    stores.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  /** Two instances that see each other. */
  const provesItself = async (options: PostgresKeyStoreOptions) => {
    const namespace = `proof-${count++}`;
    const [one, other] = [await open({ ...options, namespace }), await open({ ...options, namespace })];
    await one.store.write([set('d', 'f', { a: 1 }), add('d', 's', 2)]);
    await other.watcher.until('the changes', () => other.watcher.of('d').length === 2);
    expect(await other.store.load('')).toMatchObject([{ registers: { f: { value: { a: 1 } } }, sums: { s: 2 } }]);
    await Promise.all([one.store.close(), other.store.close()]);
  };
  const failure = (options: PostgresKeyStoreOptions) =>
    open(options).then(
      () => Promise.reject(new Error('it opened')),
      (error: unknown) => error as StoreError,
    );
  /** The URL of the server with another user, password or database. */
  const urlWith = (change: (url: URL) => void): string => {
    const url = new URL(server.url);
    change(url);
    return url.href;
  };

  it('makes its tables when ten instances start at once on a database without any', async () => {
    await server.query('CREATE DATABASE fresh');
    const url = urlWith((each) => (each.pathname = '/fresh'));
    const all = await Promise.all(Array.from({ length: 10 }, () => open({ url })));
    await Promise.all(all.map(({ store }) => store.write([add('d', 's', 1)])));
    expect((await all[0]!.store.load(''))[0]?.sums['s']).toBe(10);
    expect(all.flatMap(({ watcher }) => watcher.connections)).toEqual([]);
  });

  it("takes what a pool says, and neither uses nor ends the app's pool", async () => {
    const url = new URL(server.url);
    const [host, port, user, password] = ['127.0.0.1', server.port, url.username, url.password];
    const pools = [
      new Pool({ connectionString: server.url }),
      new Pool({ host, port, user, password, database: 'keys' }),
    ];
    for (const pool of pools) {
      await provesItself({ pool });
      expect(pool.totalCount).toBe(0);
      await pool.query('SELECT 1');
      await pool.end();
    }
    const asked = jest.fn(() => Promise.resolve(password));
    await provesItself({ pool: new Pool({ host, port, user, password: asked, database: 'keys' }) });
    expect(asked).toHaveBeenCalledTimes(4);
  });

  it('connects by TLS to a server whose certificate it can check, and to no other', async () => {
    const [key, cert] = [join(server.folder, 'key.pem'), join(server.folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const files = ['-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...files], { stdio: 'ignore' });
    await Promise.all([server.own(key), server.own(cert)]);
    const ca = await readFile(cert, 'utf8');
    const secure = await PostgresServer.start(['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`]);
    await provesItself({ url: secure.url, ssl: { ca } });
    await provesItself({ url: `${secure.url}?sslmode=verify-full&sslrootcert=${cert}` });
    await provesItself({ pool: new Pool({ connectionString: secure.url, ssl: { ca } }) });
    const { store } = await open({ url: secure.url, ssl: { ca } });
    expect(
      await secure.query(`SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'nestjs-ai-key-management'`),
    ).toEqual([{ ssl: true }, { ssl: true }]);
    await store.close();
    expect(await failure({ url: secure.url, ssl: true, timeoutMs: 500 })).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/self-signed/) as string,
    });
    expect(await failure({ url: server.url, ssl: { ca }, timeoutMs: 500 })).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/does not support SSL/) as string,
    });
    await secure.stop();
  });

  it('names place and mend for a wrong password, a missing database and no server, and no password', async () => {
    const wrong = urlWith((url) => (url.password = WRONG));
    const nowhere = urlWith((url) => ([url.port, url.password] = ['1', WRONG]));
    for (const [url, words] of [
      [wrong, /127\.0\.0\.1:\d+\/keys .*password.*Check the user/],
      [urlWith((each) => (each.pathname = '/none')), /none.*Make the database/],
      [nowhere, /127\.0\.0\.1:1\/keys .*ECONNREFUSED.*Check the URL.*tried again/],
    ] as const) {
      const error = await failure({ url, timeoutMs: 500 });
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(words) as string });
      expect(inspect([error, stores], { depth: null, showHidden: true })).not.toContain('CANARY');
    }
  });

  it.each([
    ['no URL', { url: '' }, /postgres:\/\/user/],
    ['another URL', { url: `redis://x:${WRONG}@localhost` }, /postgres:\/\/user/],
    ['neither URL nor pool', {}, /either url or pool/],
    ['both', { url: 'postgres://localhost/keys', pool: { options: {} } }, /either url or pool/],
    ['no pool', { pool: {} }, /pool must be a Pool/],
    ['a namespace with spaces', { url: 'postgres://localhost/keys', namespace: 'my app' }, /namespace/],
    ['no time', { url: 'postgres://localhost/keys', timeoutMs: NaN }, /timeoutMs/],
    ['TLS twice', { url: 'postgres://localhost/keys?sslmode=require', ssl: true }, /ssl and sslmode/],
  ])('refuses %s for good, naming the field', async (_, options, words) => {
    const error = await failure(options as unknown as PostgresKeyStoreOptions);
    expect(error).toMatchObject({ code: 'not_usable', message: expect.stringMatching(words) as string });
    expect(error.message).not.toContain('CANARY');
  });

  it('keeps namespaces apart, and schemas of one database', async () => {
    await server.query('CREATE SCHEMA staging');
    const url = server.url;
    const staged = `${url}?options=${encodeURIComponent('-c search_path=staging')}`;
    const one = await open({ url, namespace: 'apart' });
    for (const other of [await open({ url, namespace: 'else' }), await open({ url: staged, namespace: 'apart' })]) {
      await one.store.write([add('d', 's', 1)]);
      await one.store.lock('job', 'a', 60_000);
      expect(await other.store.load('')).toEqual([]);
      expect(await other.store.lock('job', 'b', 60_000)).toBe(true);
      await other.store.write([add('d', 's', 1)]);
      const third = await open({ url, namespace: 'apart' });
      await third.store.write([set('mark', 'f', 1)]);
      await one.watcher.until('the mark', () => one.watcher.of('mark').length > 0);
      expect([one.watcher.of('d'), one.watcher.resets, other.watcher.changes, other.watcher.resets]).toEqual([
        [],
        0,
        [],
        0,
      ]);
    }
  });

  it('needs a right to make tables for the first start only, and says which right lacks', async () => {
    await server.query(`CREATE ROLE app LOGIN PASSWORD 'app-word'`);
    await server.query('CREATE DATABASE rights');
    const admin = urlWith((url) => (url.pathname = '/rights'));
    const app = urlWith((url) => ([url.pathname, url.username, url.password] = ['/rights', 'app', 'app-word']));
    const grant = async (text: string): Promise<void> => {
      const pool = new Pool({ connectionString: admin });
      await pool.query(text);
      await pool.end();
    };
    await grant('REVOKE CREATE ON SCHEMA public FROM public');
    const denied = {
      code: 'unavailable',
      message: expect.stringMatching(/permission denied.*CREATE on the schema/) as string,
    };
    expect(await failure({ url: app, timeoutMs: 500 })).toMatchObject(denied);
    await (await open({ url: admin })).store.close();
    expect(await failure({ url: app, timeoutMs: 500 })).toMatchObject(denied);
    await grant(
      'GRANT SELECT, INSERT, UPDATE, DELETE ON ai_keys_meta, ai_keys_fields, ai_keys_batches, ai_keys_locks TO app',
    );
    await provesItself({ url: app });
  });

  it('says so where notifications do not come through, as behind a pooler in transaction mode', async () => {
    const proxy = await DeafProxy.start(server.port);
    const url = server.urlAt(proxy.port);
    const error = await failure({ url, timeoutMs: 800 });
    expect(error.code).toBe('unavailable');
    const store = stores.at(-1)!;
    await eventually('the reason', () =>
      store.load('').then(
        () => false,
        (each: unknown) => /notifications.*session mode/.test((each as StoreError).message),
      ),
    );
    proxy.close();
  });
});
