import { randomUUID } from 'node:crypto';
import type { Clock, Random } from '../../common/clock';
import type { StoreWatcher } from '../port/key-store';
import { ServerSession } from '../server/server-session';
import { ChangeReader, type Position } from './change-reader';
import { RedisConnector, type RedisConnection } from './connection';
import { mendFor, messageOf, wantsNewConnection } from './reply-errors';
import { HELLO, type ScriptArgument } from './scripts';
import { Snapshots, type SnapshotSource } from './snapshots';
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

/** What the server has, and what it is. */
type Greeting = Position & { readonly isCluster: boolean };

const MEND_AT_START =
  'Check REDIS_URL, and that the server takes connections from here. It is tried again until it answers.';

/** The connections to one Redis, and the stream of changes that is followed over them. */
export class RedisSession extends ServerSession<RedisConnection, SessionSettings, Greeting> implements SnapshotSource {
  readonly snapshots: Snapshots;
  readonly #connector: RedisConnector;
  readonly #reader: ChangeReader;
  #evictionPolicy = '';

  constructor(
    private readonly source: RedisSource,
    settings: SessionSettings,
    watcher: StoreWatcher,
  ) {
    super(settings, watcher, {
      kind: 'redis',
      name: 'Redis',
      place: () => placeOf(source),
      secrets: () => secretsOf(source),
      messageOf,
      mendFor,
      mendAtStart: (error) => mendFor(error) ?? MEND_AT_START,
      wantsNewConnection,
    });
    const { root, writer, timeoutMs, clock, random } = settings;
    this.snapshots = new Snapshots(this, clock, random);
    this.#connector = new RedisConnector(source, timeoutMs);
    this.#reader = new ChangeReader(
      {
        stream: `${root}changes`,
        letters: `${root}letters:${watcher.instance ?? writer}`,
        writer,
        timeoutMs,
        instances: () => watcher.instances?.() ?? 1,
      },
      {
        batch: (batch) => this.deduplicator.receive(batch),
        letter: (changes) => this.deliver(changes),
        missed: () => this.missed(),
      },
    );
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit */
  run(script: string, args: readonly ScriptArgument[]): Promise<unknown> {
    return this.command((connection) => connection.script(script, this.terms.root, args));
  }

  /** As `run`. */
  field(key: string, field: string): Promise<Buffer | null> {
    return this.command((connection) => connection.field(this.terms.root + key, field));
  }

  get connection(): unknown {
    return this.newest;
  }

  /** A write found data with this epoch; another epoch than before means that the former data was lost. */
  sawEpoch(epoch: string): void {
    const { newest } = this;
    if (newest && this.#reader.isOtherData(epoch)) this.look().catch((error: unknown) => newest.drop(error));
  }

  protected override prepare(): Promise<void> {
    checkSource(this.source);
    return Promise.resolve();
  }

  protected override async serve(
    begun: (connection: RedisConnection) => void,
    serves: (missed: boolean) => void,
  ): Promise<'leave at once'> {
    const connection = await this.#connector.newConnection();
    begun(connection);
    let isServing = false;
    try {
      await connection.connect(connection.commands);
      const now = await this.hello(connection);
      if (now.isCluster && this.#connector.sawCluster(connection)) return 'leave at once';
      await connection.connect(connection.reader);
      isServing = true;
      this.#connector.served(connection);
      serves(this.#reader.arrive(now));
      return await this.#reader.follow(connection, () => this.hello(connection));
    } catch (error) {
      if (!isServing) this.#connector.failed(connection, error);
      throw error;
    }
  }

  protected override async hello(connection: RedisConnection, isLook = false): Promise<Greeting> {
    const askedAt = performance.now();
    const args = [randomUUID(), CHECKED_DOCUMENTS, isLook ? 1 : 0];
    const answer = (await connection.script(HELLO, this.terms.root, args)) as string[];
    const [epoch = '', seq = '', last = '', run = '', time = '', isCluster = '', policy = ''] = answer;
    this.sawTime(Number(time), askedAt);
    this.#sawPolicy(policy);
    return { epoch, seq: Number(seq), last, run, isCluster: isCluster === '1' };
  }

  protected override arrived(now: Greeting): void {
    if (this.#reader.arrive(now)) this.missed();
  }

  /** Warns once of each policy under which the server deletes keys when its memory is full. */
  #sawPolicy(policy: string): void {
    if (policy === this.#evictionPolicy) return;
    this.#evictionPolicy = policy;
    if (policy === '') return;
    this.terms.report(
      `Redis at ${placeOf(this.source)} evicts keys when its memory is full (maxmemory-policy ${policy}), and with them deleted and ` +
        `disabled keys, run-time keys and counts. Set maxmemory-policy noeviction, or give the store a Redis of its own.`,
    );
  }
}
