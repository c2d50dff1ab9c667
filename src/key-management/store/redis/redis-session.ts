import { randomUUID } from 'node:crypto';
import { systemClock, type Clock, type Random } from '../../common/clock';
import { within } from '../../common/settles-within';
import type { StoreWatcher } from '../port/key-store';
import { Reconnect } from '../port/reconnect';
import { closedError, StoreError } from '../port/store-error';
import { ChangeDeduplicator } from '../port/change-deduplicator';
import { ChangeReader, type Position } from './change-reader';
import { NoAnswer, RedisConnector, type RedisConnection } from './connection';
import { mendFor, messageOf, wantsNewConnection } from './reply-errors';
import { HELLO } from './scripts';
import { checkSource, placeOf, secretsOf, type RedisSource } from './source';

/** For so many documents each greeting checks whether they still exist. */
const CHECKED_DOCUMENTS = 500;

export interface RedisKeyStoreSettings {
  /** Keeps pools on one Redis apart: part of every key. @default 'default' */
  namespace?: string;
  /** Time limit of each command, and of `open`; milliseconds. @default 3000 */
  timeoutMs?: number;
  /** @default the system's clock */
  clock?: Clock;
  /** @default Math.random */
  random?: Random;
  /** Receives what an operator should mend, such as a server that evicts keys. @default a warning of the process */
  report?: (message: string) => void;
}

export interface SessionSettings extends Required<Omit<RedisKeyStoreSettings, 'namespace'>> {
  /** Every key begins with it. */
  root: string;
  /** Identifies this store's own batches in the stream of changes. */
  writer: string;
}

/** The connections of one store, one after the other from `open` to `close`, and what its watcher hears of them. */
export class RedisSession {
  readonly deduplicator: ChangeDeduplicator;
  readonly #connector: RedisConnector;
  readonly #reader: ChangeReader;
  readonly #reconnect: Reconnect;
  /** The newest connection, and whether it serves. */
  #connection: RedisConnection | undefined;
  #isUp = false;
  /** `refused`: the first connection did not serve within the time limit, and `open` has rejected. */
  #state: 'opening' | 'refused' | 'open' | 'closed' = 'opening';
  #lastFailure: unknown;
  /** The server's time, and the elapsed time at which it was read. */
  #serverClock: { readonly server: number; readonly elapsed: number } | undefined;
  #evictionPolicy = '';
  #opening: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #serving: Promise<void> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly source: RedisSource,
    private readonly settings: SessionSettings,
    private readonly watcher: StoreWatcher,
  ) {
    const { root, writer, timeoutMs, clock, random } = settings;
    this.deduplicator = new ChangeDeduplicator((changes) => {
      if (this.#state === 'open') watcher.changed(changes);
    });
    this.#connector = new RedisConnector(source, timeoutMs);
    this.#reader = new ChangeReader(
      { stream: `${root}changes`, writer, timeoutMs },
      { batch: (batch) => this.deduplicator.receive(batch), missed: () => this.#missed() },
    );
    this.#reconnect = new Reconnect(clock, random, () => this.#serve());
  }

  async open(): Promise<void> {
    checkSource(this.source);
    const first = new Promise<void>((resolve, reject) => (this.#opening = { resolve, reject }));
    this.#serve();
    const { timeoutMs } = this.settings;
    if (await within(timeoutMs, first, systemClock)) return;
    this.#state = 'refused';
    const reason = this.#lastFailure ?? new NoAnswer(timeoutMs);
    const mend =
      mendFor(reason) ??
      'Check REDIS_URL, and that the server takes connections from here. It is tried again until it answers.';
    throw this.#explain('cannot be reached', reason, mend);
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit */
  async run(script: string, args: readonly (string | number)[]): Promise<unknown> {
    const connection = this.#connection;
    if (!connection || !this.#isUp) throw this.#explain('is away', this.#lastFailure ?? new Error('no connection'));
    try {
      return await connection.script(script, this.settings.root, args);
    } catch (error) {
      if (this.#isClosed()) throw closedError('redis');
      if (wantsNewConnection(error)) connection.drop(error);
      throw this.#explain('failed', error);
    }
  }

  /** The server's time, milliseconds since the epoch; undefined before the first answer. */
  now(): number | undefined {
    return this.#serverClock && this.#serverClock.server + performance.now() - this.#serverClock.elapsed;
  }

  /** A write found data with this epoch; another epoch than before means that the former data was lost. */
  sawEpoch(epoch: string): void {
    const connection = this.#connection;
    if (connection && this.#reader.isOtherData(epoch)) this.look().catch((error: unknown) => connection.drop(error));
  }

  /** Looks now whether data was lost, rather than with the next greeting. */
  async look(): Promise<void> {
    const connection = this.#connection;
    if (!connection || !this.#isUp) return;
    const now = await this.#hello(connection);
    if (!connection.isOver && this.#reader.arrive(now)) this.#missed();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#reconnect.stop();
    this.#opening?.reject(closedError('redis'));
    this.#connection?.drop(closedError('redis'));
    await this.#serving;
    await Promise.all(this.#ending);
  }

  /** Connects and serves until the connection ends, and again after a pause. */
  #serve(): void {
    this.#serving = this.#serveOnce().then((served) => {
      if (this.#isClosed()) return;
      if (this.#isUp && this.#state === 'open')
        this.watcher.connection(false, this.#explain('is away', this.#lastFailure).message);
      this.#isUp = false;
      if (served === 'leave at once') this.#serve();
      else this.#reconnect.schedule(served);
    });
  }

  /** One connection, from connecting to its end. Returns for how long it served; milliseconds. */
  async #serveOnce(): Promise<number | 'leave at once'> {
    const { clock } = this.settings;
    let connection: RedisConnection | undefined;
    let since: number | undefined;
    try {
      connection = await this.#connector.newConnection();
      if (this.#isClosed()) return 0;
      this.#connection = connection;
      await connection.connect(connection.commands);
      const now = await this.#hello(connection);
      if (now.isCluster && this.#connector.sawCluster(connection)) return 'leave at once';
      await connection.connect(connection.reader);
      since = clock.now();
      this.#connector.served(connection);
      this.#up(this.#reader.arrive(now));
      return await this.#reader.follow(connection, () => this.#hello(connection!));
    } catch (error) {
      this.#lastFailure = error;
      if (connection && since === undefined) this.#connector.failed(connection, error);
      return since === undefined ? 0 : clock.now() - since;
    } finally {
      if (connection) this.#leave(connection);
    }
  }

  #leave(connection: RedisConnection): void {
    connection.drop(new Error('no longer wanted'));
    const ending = connection.ended().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #hello(connection: RedisConnection): Promise<Position & { isCluster: boolean }> {
    const askedAt = performance.now();
    const args = [randomUUID(), CHECKED_DOCUMENTS];
    const answer = (await connection.script(HELLO, this.settings.root, args)) as string[];
    const [epoch = '', seq = '', last = '', run = '', time = '', isCluster = '', policy = ''] = answer;
    // The server read its clock about halfway between the question and the answer.
    this.#serverClock = { server: Number(time), elapsed: (askedAt + performance.now()) / 2 };
    this.#sawPolicy(policy);
    return { epoch, seq: Number(seq), last, run, isCluster: isCluster === '1' };
  }

  /** Warns once of each policy under which the server deletes keys when its memory is full. */
  #sawPolicy(policy: string): void {
    if (policy === this.#evictionPolicy) return;
    this.#evictionPolicy = policy;
    if (policy === '') return;
    this.settings.report(
      `Redis at ${placeOf(this.source)} evicts keys when its memory is full (maxmemory-policy ${policy}), and with them deleted and ` +
        `disabled keys, run-time keys and counts. Set maxmemory-policy noeviction, or give the store a Redis of its own.`,
    );
  }

  #up(missed: boolean): void {
    const state = this.#state;
    this.#isUp = true;
    this.#state = 'open';
    if (state === 'opening') {
      this.#opening?.resolve();
      return;
    }
    this.watcher.connection(true);
    if (missed || state === 'refused') this.#missed();
  }

  #missed(): void {
    this.deduplicator.reset();
    this.watcher.reset();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #explain(what: string, error: unknown, mend = mendFor(error)): StoreError {
    if (error instanceof StoreError) return error;
    let message = messageOf(error);
    for (const secret of secretsOf(this.source)) message = message.replaceAll(secret, '***');
    const reason = message.replace(/\.$/, '') || 'no reason given';
    return new StoreError('unavailable', `Redis at ${placeOf(this.source)} ${what}: ${reason}. ${mend ?? ''}`.trim());
  }
}
