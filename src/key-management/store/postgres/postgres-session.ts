import { createHash, randomUUID } from 'node:crypto';
import { systemClock, type Clock, type Random } from '../../common/clock';
import { within } from '../../common/settles-within';
import { ChangeDeduplicator } from '../port/change-deduplicator';
import type { StoreWatcher } from '../port/key-store';
import { Reconnect } from '../port/reconnect';
import { closedError, StoreError } from '../port/store-error';
import { ChangeFeed, type Position } from './change-feed';
import { NoAnswer, PostgresConnection, type PgDriver, type Rows } from './connection';
import type { PostgresSource } from './options';
import { CHANGES, HELLO, LOOK_AT_SCHEMA, MAKE_SCHEMA, sessionSettings } from './schema';
import { isAboutTheData, IsStandby, mendFor, messageOf, wantsNewConnection } from './server-errors';
import { placeOf, secretsOf } from './source';

/** How often the listening connection asks what the server has: it finds out a dead connection, a standby, and what was not told. Milliseconds. */
const GREETING_MS = 2_000;

export interface SessionSettings {
  readonly namespace: string;
  /** Identifies this store's own batches among those that are told. */
  readonly writer: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** The connections of one store, one after the other from `open` to `close`, and what its watcher hears of them. */
export class PostgresSession {
  readonly deduplicator: ChangeDeduplicator;
  readonly #reconnect: Reconnect;
  #driver: PgDriver | undefined;
  /** The newest connection, and whether it serves. */
  #connection: PostgresConnection | undefined;
  #isUp = false;
  #feed: ChangeFeed | undefined;
  #channel = '';
  /** `refused`: the first connection did not serve within the time limit, and `open` has rejected. */
  #state: 'opening' | 'refused' | 'open' | 'closed' = 'opening';
  #lastFailure: unknown;
  /** The server's time, and the elapsed time at which it was read. */
  #serverClock: { readonly server: number; readonly elapsed: number } | undefined;
  #opening: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #serving: Promise<void> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly source: PostgresSource,
    private readonly settings: SessionSettings,
    private readonly watcher: StoreWatcher,
  ) {
    this.deduplicator = new ChangeDeduplicator((changes) => {
      if (this.#state === 'open') watcher.changed(changes);
    });
    this.#reconnect = new Reconnect(settings.clock, settings.random, () => this.#serve());
  }

  /** The channel on which batches are told: that of these tables and this namespace. */
  get channel(): string {
    return this.#channel;
  }

  async open(): Promise<void> {
    const first = new Promise<void>((resolve, reject) => (this.#opening = { resolve, reject }));
    first.catch(() => undefined);
    this.#driver = await import('pg').catch(() => {
      throw new StoreError('not_usable', 'The postgres store needs the package pg: npm install pg@8.');
    });
    if (this.#isClosed()) throw closedError('postgres');
    this.#serve();
    const { timeoutMs } = this.settings;
    if (await within(timeoutMs, first, systemClock)) return;
    this.#state = 'refused';
    const reason = this.#lastFailure ?? new NoAnswer(timeoutMs);
    const mend = mendFor(reason) ?? 'Check the URL, and that the server takes connections from here.';
    throw this.#explain('cannot be reached', reason, `${mend} It is tried again until it answers.`);
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit; `invalid` for data that it cannot hold */
  async run(text: string, values: readonly unknown[]): Promise<Rows> {
    const connection = this.#connection;
    if (!connection || !this.#isUp) throw this.#explain('is away', this.#lastFailure ?? new Error('no connection'));
    try {
      return await connection.command(text, values);
    } catch (error) {
      if (this.#isClosed()) throw closedError('postgres');
      if (wantsNewConnection(error)) connection.drop(error);
      if (isAboutTheData(error)) throw new StoreError('invalid', this.#explain('refuses the data', error).message);
      throw this.#explain('failed', error);
    }
  }

  /** The server's time, milliseconds since the epoch; undefined before the first answer. */
  now(): number | undefined {
    return this.#serverClock && this.#serverClock.server + performance.now() - this.#serverClock.elapsed;
  }

  /** Looks now whether data was lost, rather than with the next greeting. */
  async look(): Promise<void> {
    const connection = this.#connection;
    if (!connection || !this.#isUp) return;
    const now = await this.#hello(connection);
    if (!connection.isOver) this.#feed?.look(now);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#reconnect.stop();
    this.#opening?.reject(closedError('postgres'));
    this.#connection?.drop(closedError('postgres'));
    await this.#serving;
    await Promise.all(this.#ending);
  }

  /** Connects and serves until the connection ends, and again after a pause. */
  #serve(): void {
    this.#serving = this.#serveOnce().then((servedMs) => {
      if (this.#isClosed()) return;
      if (this.#isUp && this.#state === 'open')
        this.watcher.connection(false, this.#explain('is away', this.#lastFailure).message);
      this.#isUp = false;
      this.#reconnect.schedule(servedMs);
    });
  }

  /** One connection, from connecting to its end. Returns for how long it served; milliseconds. */
  async #serveOnce(): Promise<number> {
    const { clock, timeoutMs } = this.settings;
    let connection: PostgresConnection | undefined;
    let since: number | undefined;
    try {
      connection = new PostgresConnection(this.#driver!, this.source, timeoutMs);
      this.#connection = connection;
      await connection.connect(sessionSettings(timeoutMs));
      this.#channel = await this.#prepare(connection);
      this.#feed = await this.#listen(connection, this.#channel);
      since = clock.now();
      this.#up();
      return await this.#greetUntilOver(connection);
    } catch (error) {
      this.#lastFailure = error;
      return since === undefined ? 0 : clock.now() - since;
    } finally {
      if (connection) this.#leave(connection);
    }
  }

  /** Makes what is missing in the database. Returns the channel of the tables and the namespace. */
  async #prepare(connection: PostgresConnection): Promise<string> {
    const look = async (): Promise<Rows[number]> => (await connection.command(LOOK_AT_SCHEMA, []))[0] ?? [];
    let found = await look();
    if (found[0] === '1') throw new IsStandby();
    if (found[2] !== '1') {
      await connection.command(MAKE_SCHEMA);
      found = await look();
    }
    const schema = found[1];
    const place = createHash('sha256')
      .update(`${schema ?? ''}/${this.settings.namespace}`)
      .digest('hex');
    return `ai_keys_${place.slice(0, 32)}`;
  }

  /** Listens, and proves that it hears: a pooler that gives each statement another connection lets no notification through. */
  async #listen(connection: PostgresConnection, channel: string): Promise<ChangeFeed> {
    const proof = `proof-${randomUUID()}`;
    const early: string[] = [];
    let take = (payload: string): unknown => early.push(payload);
    const heard = new Promise<void>((resolve) => {
      connection.onNotification((from, payload) => {
        if (from !== channel) return;
        if (payload === proof) resolve();
        else take(payload);
      });
    });
    await connection.ask(`LISTEN ${channel}`);
    await connection.command('SELECT pg_notify($1, $2)', [channel, proof]);
    const isHeard = await Promise.race([within(this.settings.timeoutMs, heard, systemClock), connection.over]);
    if (!isHeard)
      throw new Error('it does not pass on notifications: connect past the pooler, or to one in session mode');
    const fetch = async (id: string): Promise<string | undefined> =>
      (await connection.ask(CHANGES, [this.settings.namespace, id]))[0]?.[0] ?? undefined;
    const start = await this.#hello(connection);
    const feed = new ChangeFeed(start, this.settings.writer, fetch, {
      batch: (batch) => this.#isServing(connection) && this.deduplicator.receive(batch),
      missed: () => this.#isServing(connection) && this.#missed(),
    });
    take = (payload) => feed.take(payload);
    early.forEach(take);
    return feed;
  }

  async #greetUntilOver(connection: PostgresConnection): Promise<never> {
    for (;;) {
      let cancel: () => void = () => undefined;
      const pause = new Promise<void>((resolve) => {
        cancel = this.settings.clock.after(GREETING_MS, resolve, false);
      });
      await Promise.race([pause, connection.over]).finally(cancel);
      this.#feed?.look(await this.#hello(connection));
    }
  }

  async #hello(connection: PostgresConnection): Promise<Position> {
    const askedAt = performance.now();
    const [epoch, seq, time, isStandby] = (await connection.ask(HELLO, [this.settings.namespace]))[0] ?? [];
    // The server read its clock about halfway between the question and the answer.
    this.#serverClock = { server: Number(time), elapsed: (askedAt + performance.now()) / 2 };
    if (isStandby === '1') throw new IsStandby();
    return { epoch: epoch ?? '', seq: Number(seq) };
  }

  #leave(connection: PostgresConnection): void {
    connection.drop(this.#lastFailure ?? new Error('no longer wanted'));
    const ending = connection.ended().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #up(): void {
    const state = this.#state;
    this.#isUp = true;
    this.#state = 'open';
    if (state === 'opening') {
      this.#opening?.resolve();
      return;
    }
    this.watcher.connection(true);
    this.#missed();
  }

  #missed(): void {
    this.deduplicator.reset();
    this.watcher.reset();
  }

  /** What comes from a connection that was left belongs to a state that is loaded anew. */
  #isServing(connection: PostgresConnection): boolean {
    return this.#connection === connection && !connection.isOver && this.#state === 'open';
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #explain(what: string, error: unknown, mend = mendFor(error)): StoreError {
    if (error instanceof StoreError) return error;
    let message = messageOf(error);
    for (const secret of secretsOf(this.source)) message = message.replaceAll(secret, '***');
    const reason = message.replace(/\.$/, '') || 'no reason given';
    return new StoreError(
      'unavailable',
      `Postgres at ${placeOf(this.source)} ${what}: ${reason}. ${mend ?? ''}`.trim(),
    );
  }
}
