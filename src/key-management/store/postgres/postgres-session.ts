import { createHash, randomUUID } from 'node:crypto';
import { systemClock } from '../../common/clock';
import { missingPeer } from '../../common/optional-peer';
import { within } from '../../common/settles-within';
import { ChangeDeduplicator } from '../port/change-deduplicator';
import type { Audience, StoreWatcher } from '../port/key-store';
import { StoreError } from '../port/store-error';
import { regularPauseMs } from '../server/regular-pause';
import { ServerSession, type SessionTerms } from '../server/server-session';
import { ChangeFeed, type Position } from './change-feed';
import { PostgresConnection, type PgDriver, type Rows } from './connection';
import type { PostgresSource } from './options';
import { unpackChanges } from './packing';
import { CHANGES, HELLO, LOOK_AT_SCHEMA, MAKE_SCHEMA, sessionSettings } from './schema';
import { isAboutTheData, IsStandby, mendFor, messageOf, wantsNewConnection } from './server-errors';
import { placeOf, secretsOf } from './source';

const MEND_AT_START = 'Check the URL, and that the server takes connections from here.';

export interface SessionSettings extends SessionTerms {
  readonly namespace: string;
  /** Identifies this store's own batches among those that are told. */
  readonly writer: string;
}

/** The connections to one Postgres, and what is told over them. */
export class PostgresSession extends ServerSession<PostgresConnection, SessionSettings, Position> {
  readonly deduplicator = new ChangeDeduplicator((changes) => this.deliver(changes));
  #driver: PgDriver | undefined;
  #feed: ChangeFeed | undefined;
  /** Of these tables and this namespace; */
  #channel = '';
  /** and of this instance alone. */
  readonly #instance: string;
  readonly #instances: () => number;

  constructor(
    private readonly source: PostgresSource,
    settings: SessionSettings,
    watcher: StoreWatcher,
  ) {
    super(settings, watcher, {
      kind: 'postgres',
      name: 'Postgres',
      place: () => placeOf(source),
      secrets: () => secretsOf(source),
      messageOf,
      mendFor,
      mendAtStart: (error) => `${mendFor(error) ?? MEND_AT_START} It is tried again until it answers.`,
      wantsNewConnection,
    });
    this.#instance = watcher.instance ?? settings.writer;
    this.#instances = () => watcher.instances?.() ?? 1;
  }

  /** The channel on which a batch is told; '' for none. */
  channelOf(audience: Audience): string {
    if (audience === 'nobody') return '';
    return audience === 'all' ? this.#channel : this.#letters(audience.instance);
  }

  #letters(instance: string): string {
    return `ai_keys_${hexOf(`${this.#channel}/${instance}`)}`;
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit; `invalid` for data that it cannot hold */
  run(text: string, values: readonly unknown[]): Promise<Rows> {
    return this.command((connection) => connection.command(text, values));
  }

  protected override async prepare(): Promise<void> {
    this.#driver = await driver();
  }

  protected override async serve(
    begun: (connection: PostgresConnection) => void,
    serves: (missed: boolean) => void,
  ): Promise<never> {
    const { timeoutMs } = this.terms;
    const connection = new PostgresConnection(this.#driver!, this.source, timeoutMs);
    begun(connection);
    try {
      await connection.connect(sessionSettings(timeoutMs));
      this.#channel = await this.#made(connection);
      this.#feed = await this.#listen(connection, this.#channel);
      serves(true);
      return await this.#greetUntilOver(connection);
    } catch (error) {
      connection.drop(error);
      throw error;
    }
  }

  protected override async hello(connection: PostgresConnection): Promise<Position> {
    const askedAt = performance.now();
    const [epoch, seq, time, isStandby] = (await connection.ask(HELLO, [this.terms.namespace]))[0] ?? [];
    this.sawTime(Number(time), askedAt);
    if (isStandby === '1') throw new IsStandby();
    return { epoch: epoch ?? '', seq: Number(seq) };
  }

  protected override arrived(now: Position): void {
    this.#feed?.look(now);
  }

  protected override missed(): void {
    this.deduplicator.reset();
    super.missed();
  }

  protected override refusedData(error: unknown): StoreError | undefined {
    return isAboutTheData(error) ? new StoreError('invalid', this.explained('refuses the data', error)) : undefined;
  }

  /** Makes what is missing in the database. Returns the channel of the tables and the namespace. */
  async #made(connection: PostgresConnection): Promise<string> {
    const look = async (): Promise<Rows[number]> => (await connection.command(LOOK_AT_SCHEMA, []))[0] ?? [];
    let found = await look();
    if (found[0] === '1') throw new IsStandby();
    if (found[2] !== '1') {
      await connection.command(MAKE_SCHEMA);
      found = await look();
    }
    const schema = found[1];
    return `ai_keys_${hexOf(`${schema ?? ''}/${this.terms.namespace}`)}`;
  }

  /** Listens, and proves that it hears: a pooler that gives each statement another connection lets no notification through. */
  async #listen(connection: PostgresConnection, channel: string): Promise<ChangeFeed> {
    const proof = `proof-${randomUUID()}`;
    const early: string[] = [];
    let take = (payload: string): unknown => early.push(payload);
    const letters = this.#letters(this.#instance);
    const fetch = async (id: string): Promise<string | undefined> =>
      (await connection.ask(CHANGES, [this.terms.namespace, id]))[0]?.[0] ?? undefined;
    const heard = new Promise<void>((resolve) => {
      connection.onNotification((from, payload) => {
        if (from === letters) void this.#takeLetter(connection, payload, fetch);
        if (from !== channel) return;
        if (payload === proof) resolve();
        else take(payload);
      });
    });
    await connection.ask(`LISTEN ${channel}`);
    await connection.ask(`LISTEN ${letters}`);
    await connection.command('SELECT pg_notify($1, $2)', [channel, proof]);
    const isHeard = await Promise.race([within(this.terms.timeoutMs, heard, systemClock), connection.over]);
    if (!isHeard)
      throw new Error('it does not pass on notifications: connect past the pooler, or to one in session mode');
    const start = await this.hello(connection);
    const feed = new ChangeFeed(start, this.terms.writer, fetch, {
      batch: (batch) => this.isServing(connection) && this.deduplicator.receive(batch),
      missed: () => this.isServing(connection) && this.missed(),
    });
    take = (payload) => feed.take(payload);
    early.forEach(take);
    return feed;
  }

  /** What was written for this instance alone. What is lost is said again. */
  async #takeLetter(
    connection: PostgresConnection,
    payload: string,
    fetch: (id: string) => Promise<string | undefined>,
  ): Promise<void> {
    const packed = payload.split(' ').slice(3).join(' ');
    const whole = packed.startsWith('@') ? await fetch(packed.slice(1)).catch(() => undefined) : packed;
    const changes = unpackChanges(whole ?? '');
    if (changes && this.isServing(connection)) this.deliver(changes);
  }

  /** Asks what the server has, again and again: that finds out a dead connection, a standby, and what was not told. */
  async #greetUntilOver(connection: PostgresConnection): Promise<never> {
    for (;;) {
      let cancel: () => void = () => undefined;
      const pause = new Promise<void>((resolve) => {
        cancel = this.terms.clock.after(regularPauseMs(this.#instances()), resolve, false);
      });
      await Promise.race([pause, connection.over]).finally(cancel);
      this.#feed?.look(await this.hello(connection));
    }
  }
}

/** Awaited inside of a `try`: by that bundlers see that it may find nothing. */
async function driver(): Promise<PgDriver> {
  try {
    return await import('pg');
  } catch (error) {
    throw new StoreError('not_usable', missingPeer('pg', 'pg@8', 'The postgres store', error));
  }
}

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
