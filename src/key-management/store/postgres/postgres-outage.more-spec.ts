import { Client } from 'pg';
import { TcpProxy } from '../../../../test/firebase-server';
import { describeWithPostgres, PostgresServer } from '../../../../test/support/postgres-server';
import {
  add,
  drop,
  eventually,
  plain,
  RecordingWatcher,
  result,
  set,
  untilWritten,
} from '../contract/contract-support';
import { PostgresKeyStore } from './postgres-key-store';

const LARGE = 'x'.repeat(20_000);

describeWithPostgres('PostgresKeyStore and a server that comes and goes', () => {
  let server: PostgresServer;
  let namespace = '';
  let count = 0;
  const stores: PostgresKeyStore[] = [];

  const open = async (url = server.url, timeoutMs = 5_000) => {
    const [store, watcher] = [new PostgresKeyStore({ url, timeoutMs, namespace }), new RecordingWatcher()];
    stores.push(store);
    await store.open(watcher);
    return { store, watcher };
  };
  /** A connection of an administrator. */
  const administrator = async (): Promise<Client> => {
    const client = new Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const sumOf = async (store: PostgresKeyStore): Promise<number | undefined> => (await store.load('d'))[0]?.sums['s'];
  const unavailable = (words: RegExp) => ({
    code: 'unavailable',
    message: expect.stringMatching(words) as string,
  });

  beforeAll(async () => (server = await PostgresServer.start()));
  beforeEach(() => (namespace = `test-${count++}`));
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  afterAll(() => server.stop());

  it.each([
    ['with its data', false, 1],
    ['empty', true, 0],
  ])('asks for everything again when the server was killed and comes back %s', async (_, empty, documents) => {
    const instances = [await open(), await open()];
    await instances[0]!.store.write([set('d', 'f', 'acknowledged'), add('d', 's', 2)]);
    await server.restart({ empty });
    for (const { store, watcher } of instances) {
      await watcher.until('a reset', () => watcher.resets > 0);
      expect(watcher.connections.slice(0, 2)).toEqual([false, true]);
      await eventually('the load', () =>
        store.load('').then(
          (loaded) => loaded.length === documents,
          () => false,
        ),
      );
    }
    await untilWritten(instances[0]!.store, [set('e', 'f', 1)]);
    await instances[1]!.watcher.until('the change', () => instances[1]!.watcher.of('e').length > 0);
  });

  it('tells batches that do not fit into a notification, in their order among those that do', async () => {
    const [{ watcher, store }, other] = [await open(), await open()];
    const batches = Array.from({ length: 30 }, (_, n) => [
      set('d', 'f', n % 3 === 0 ? LARGE + n : n, n),
      add('d', 's', 1),
      ...(n === 20 ? [drop('d')] : []),
    ]);
    for (const batch of batches) await other.store.write(batch);
    await watcher.until('the last', () =>
      watcher.of('d').some((each) => each.kind === 'set' && each.register.version === 29),
    );
    await watcher.until('its sum', () => watcher.changes.filter(({ kind }) => kind === 'add').length >= 29);
    expect(plain(result(watcher.changes).values())).toEqual(plain(await store.load('')));
    const versions = watcher.changes.flatMap((each) => (each.kind === 'set' ? [each.register.version] : []));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(watcher.resets).toBe(0);
  });

  it('asks for everything again when such a batch is no longer there', async () => {
    const [{ watcher }, other] = [await open(), await open()];
    await server.query(`CREATE OR REPLACE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN new.changes := NULL; RETURN new; END $$`);
    await server.query('CREATE TRIGGER forget BEFORE INSERT ON ai_keys_batches FOR EACH ROW EXECUTE FUNCTION forget()');
    await other.store.write([set('d', 'f', LARGE)]);
    await watcher.until('a reset', () => watcher.resets === 1);
    await server.query('DROP TRIGGER forget ON ai_keys_batches');
    await other.store.write([set('e', 'f', 1)]);
    await watcher.until('the next change', () => watcher.of('e').length > 0);
  });

  it('applies a write once whose answer was lost, though it took effect after the repetition was sent', async () => {
    const proxy = await TcpProxy.start(server.port);
    const { store, watcher } = await open(server.urlAt(proxy.port));
    await store.write([set('d', 'f', 1)]);
    const holder = await administrator();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM ai_keys_meta WHERE namespace = $1 FOR UPDATE', [namespace]);
    const waiting = async (): Promise<number> =>
      (await server.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).length;
    const lost = store.write([add('d', 's', 1)], 'w:1');
    await eventually('the write to wait', async () => {
      return (await waiting()) === 1;
    });
    await proxy.cut();
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
    await proxy.mend();
    await watcher.until('the return', () => watcher.connections.at(-1) === true);
    const again = store.write([add('d', 's', 1)], 'w:1');
    await eventually('both to wait', async () => {
      return (await waiting()) === 2;
    });
    await holder.query('COMMIT');
    await again;
    await eventually('the first to end', async () => {
      return (
        (
          await server.query(
            `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%ai_keys_write_2%' AND state = 'active' AND pid <> pg_backend_pid()`,
          )
        ).length === 0
      );
    });
    expect(await sumOf(store)).toBe(1);
    await holder.end();
    await store.close();
    await proxy.cut();
  });

  it('ends a call at its time limit when the server does not answer, and counts a repeated batch once', async () => {
    const { store, watcher } = await open(server.url, 700);
    const thaw = await server.freeze();
    await expect(store.write([add('d', 's', 1)], 'batch:1')).rejects.toMatchObject(unavailable(/700 ms/));
    await watcher.until('the loss', () => watcher.connections.includes(false));
    thaw();
    await untilWritten(store, [add('d', 's', 1)], 'batch:1');
    expect(await sumOf(store)).toBe(1);
  });

  it('names a lock that somebody holds on its tables, and keeps hearing and reading meanwhile', async () => {
    const [{ store, watcher }, other] = [await open(server.url, 1_000), await open()];
    await store.write([set('d', 'f', 1)]);
    const holder = await administrator();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM ai_keys_meta WHERE namespace = $1 FOR UPDATE', [namespace]);
    await expect(store.write([set('d', 'f', 2, 2)], 'w:2')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await other.store.load('')).toHaveLength(1);
    await holder.query('COMMIT');
    await holder.end();
    await untilWritten(store, [set('d', 'f', 2, 2)], 'w:2');
    await other.watcher.until('the change', () => other.watcher.of('d').length > 1);
    expect(watcher.changes).toEqual([]);
  });

  it.each([
    ['no room on its disk', '53100', /disk is full/],
    ['no memory', '53200', /memory is full/],
    ['no right', '42501', /lacks a right/],
    ['a decision to be read-only', '25006', /read-only/],
  ])(
    'keeps its connections where the server refuses to write for %s, and writes when it can',
    async (_, code, words) => {
      const { store, watcher } = await open();
      await store.write([set('d', 'f', 1)]);
      await server.query(`CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused for this test' USING ERRCODE = '${code}'; END $$`);
      await server.query(
        'CREATE TRIGGER refuse BEFORE INSERT ON ai_keys_fields FOR EACH ROW EXECUTE FUNCTION refuse()',
      );
      await expect(store.write([add('d', 's', 1)], 'w:1')).rejects.toMatchObject(unavailable(words));
      expect(await store.load('')).toHaveLength(1);
      await server.query('DROP TRIGGER refuse ON ai_keys_fields');
      await store.write([add('d', 's', 1)], 'w:1');
      expect(await sumOf(store)).toBe(1);
      expect(watcher.connections).toEqual([]);
    },
  );

  it('is read, and says why it is not written, on a server that is made read-only', async () => {
    const [{ store }, other] = [await open(), await open()];
    await store.write([set('d', 'f', 1)]);
    await server.query(`ALTER SYSTEM SET default_transaction_read_only = on`);
    await server.query('SELECT pg_reload_conf()');
    await eventually('the refusal', () =>
      store.write([set('d', 'f', 1)]).then(
        () => false,
        (error: unknown) => /read-only/.test((error as Error).message),
      ),
    );
    const late = await open();
    for (const each of [other, late]) expect(await each.store.load('')).toHaveLength(1);
    const holder = await administrator();
    await holder.query('SET default_transaction_read_only = off');
    await holder.query('ALTER SYSTEM RESET default_transaction_read_only');
    await holder.query('SELECT pg_reload_conf()');
    await holder.end();
    await untilWritten(store, [set('e', 'f', 1)]);
    await late.watcher.until('the change', () => late.watcher.of('e').length > 0);
  });

  it('says that a sum is beyond all numbers, as data that can never be written', async () => {
    const { store } = await open();
    const large = add('d', 's', Number.MAX_VALUE);
    await store.write([large]);
    await expect(store.write([set('d', 'f', 1), large])).rejects.toMatchObject({ code: 'invalid' });
    expect((await store.load('d'))[0]?.registers).toEqual({});
    await store.write([set('d', 'f', 1)]);
  });

  it('asks for everything again when its data is deleted, or its tables are dropped, under it', async () => {
    const [writing, idle] = [await open(), await open()];
    await writing.store.write([set('d', 'f', 1)]);
    await server.query('TRUNCATE ai_keys_meta, ai_keys_fields, ai_keys_batches');
    await writing.store.write([set('e', 'f', 1)]);
    for (const { watcher } of [writing, idle]) await watcher.until('a reset', () => watcher.resets === 1);
    await server.query('TRUNCATE ai_keys_meta, ai_keys_fields, ai_keys_batches');
    for (const { watcher } of [writing, idle]) await watcher.until('another reset', () => watcher.resets === 2);
    // Instances that know of no data lose none: whichever greets after the other made the tables anew would not notice.
    await untilWritten(writing.store, [set('g', 'f', 1)]);
    await idle.watcher.until('data that can be lost', () => idle.watcher.of('g').length > 0);
    await server.query('DROP TABLE ai_keys_meta, ai_keys_fields, ai_keys_batches, ai_keys_locks');
    for (const { watcher } of [writing, idle]) await watcher.until('a third reset', () => watcher.resets > 2);
    await untilWritten(writing.store, [set('e', 'f', 2, 2)]);
    await idle.watcher.until('the change', () =>
      idle.watcher.of('e').some((each) => each.kind === 'set' && each.register.version === 2),
    );
  });

  it('survives rows of other programs, which give way', async () => {
    const { store } = await open();
    await store.write([set('d', 'f', 1), add('d', 's', 1), set('d', 'g', 1, 7)]);
    await server.query(
      `UPDATE ai_keys_fields SET version = 9007199254740991, value = '{"half', number = 'NaN' WHERE namespace = $1 AND field <> 'g'`,
      [namespace],
    );
    expect(plain(await store.load(''))).toEqual(plain(result([set('d', 'g', 1, 7)]).values()));
    await store.write([set('d', 'f', 2, 1), add('d', 's', 5), set('d', 'g', 0, 6)]);
    const expected = [set('d', 'f', 2, 1), add('d', 's', 5), set('d', 'g', 1, 7)];
    expect(plain(await store.load(''))).toEqual(plain(result(expected).values()));
  });

  it('keeps no batch for longer than it may be repeated', async () => {
    const { store } = await open();
    await store.write([set('d', 'f', LARGE)], 'old');
    await server.query(`UPDATE ai_keys_batches SET at = at - interval '11 minutes' WHERE namespace = $1`, [namespace]);
    for (let n = 0; n < 50; n++) await store.write([add('d', 's', 1)], `w:${n}`);
    const [row] = await server.query(`SELECT count(*)::int AS kept FROM ai_keys_batches WHERE namespace = $1`, [
      namespace,
    ]);
    expect(row).toEqual({ kept: 50 });
  });

  it('goes on at the standby that is promoted, loses nothing that reached it, and does not serve by a standby', async () => {
    const standby = await server.replica();
    const proxy = await TcpProxy.start(server.port);
    const [writing, idle] = [await open(server.urlAt(proxy.port)), await open(server.urlAt(proxy.port))];
    for (let n = 1; n <= 20; n++) await writing.store.write([add('d', 's', 1)], `w:${n}`);
    const follows = new PostgresKeyStore({ url: server.urlAt(standby.port), timeoutMs: 500, namespace });
    stores.push(follows);
    await expect(follows.open(new RecordingWatcher())).rejects.toMatchObject(unavailable(/standby.*primary/));
    await eventually('the standby to be in step', async () => {
      const [row] = await server.query(`SELECT replay_lsn = pg_current_wal_lsn() AS same FROM pg_stat_replication`);
      return row?.same === true;
    });
    await server.kill();
    proxy.target = standby.port;
    await idle.watcher.until('the loss', () => idle.watcher.connections.includes(false));
    await standby.promote();
    await untilWritten(writing.store, [add('d', 's', 1)], 'w:21');
    await writing.store.write([add('d', 's', 1)], 'w:20');
    expect(await sumOf(writing.store)).toBe(21);
    for (const { watcher } of [writing, idle]) await watcher.until('a reset', () => watcher.resets > 0);
    await writing.store.write([set('e', 'f', 1)]);
    await idle.watcher.until('the change', () => idle.watcher.of('e').length > 0);
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await proxy.cut();
    await standby.stop();
    await server.restart();
  });
});
