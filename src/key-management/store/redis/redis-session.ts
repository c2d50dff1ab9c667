import { randomUUID } from 'node:crypto';
import type { Clock, Random } from '../../common/clock';
import type { StoreChange, StoreWatcher } from '../port/key-store';
import { StoreError } from '../port/store-error';
import { ServerSession } from '../server/server-session';
import type { Position } from './change-reader';
import { RedisConnector, type RedisConnection } from './connection';
import { beingDivided, divide, fewerShards, otherMark, readMark } from './divide';
import { rootsOf } from './placement';
import { mendFor, messageOf, wantsNewConnection } from './reply-errors';
import { HELLO, type ScriptArgument } from './scripts';
import { Shard } from './shard';
import { Snapshots, type SnapshotSource } from './snapshots';
import { checkSource, placeOf, secretsOf, type RedisSource } from './source';

/** For so many documents each greeting checks whether they still exist. */
const CHECKED_DOCUMENTS = 500;

export interface RedisKeyStoreSettings {
  /** Keeps pools on one Redis apart: part of every key. @default 'default' */
  namespace?: string;
  /** How many shards the namespace is divided over, so that as many masters of a Redis Cluster share its work. Only ever raised. @default 1 */
  shards?: number;
  /** Time limit of each command, and of `open`; milliseconds. @default 3000 */
  timeoutMs?: number;
  /** @default the system's clock */
  clock?: Clock;
  /** @default Math.random */
  random?: Random;
  /** Receives what an operator should mend, such as a server that evicts keys. @default a warning of the process */
  report?: (message: string) => void;
}

export interface SessionSettings extends Required<RedisKeyStoreSettings> {
  /** Identifies this store's own batches in the stream of changes. */
  writer: string;
}

/** What the server has in a shard, and what it is. */
interface Greeting extends Position {
  readonly isCluster: boolean;
  /** As {@link readMark} reads it. */
  readonly mark: string;
}

const MEND_AT_START =
  'Check REDIS_URL, and that the server takes connections from here. It is tried again until it answers.';

/** The connections to one Redis, and the streams of changes that are followed over them. */
export class RedisSession extends ServerSession<RedisConnection, SessionSettings, readonly Greeting[]> {
  readonly #connector: RedisConnector;
  #shards: readonly Shard[] = [];
  readonly #policies = new Set<string>(['']);

  constructor(
    private readonly source: RedisSource,
    settings: SessionSettings,
    private readonly listener: StoreWatcher,
  ) {
    super(settings, listener, {
      kind: 'redis',
      name: 'Redis',
      place: () => placeOf(source),
      secrets: () => secretsOf(source),
      messageOf,
      mendFor,
      mendAtStart: (error) => mendFor(error) ?? MEND_AT_START,
      wantsNewConnection,
    });
    this.#connector = new RedisConnector(source, settings.timeoutMs);
    this.#divideBy(settings.shards);
  }

  /** Those by which the namespace is divided. A document's own is found by {@link shardOf}. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit */
  run({ root }: Pick<Shard, 'root'>, script: string, args: readonly ScriptArgument[]): Promise<unknown> {
    return this.command((connection) => connection.script(script, root, this.#mark, args));
  }

  /** As `run`: a field of a hash of the shard. */
  field({ root }: Pick<Shard, 'root'>, key: string, field: string): Promise<Buffer | null> {
    return this.command((connection) => connection.field(root + key, field));
  }

  /** A write found data with this epoch; another epoch than before means that the former data was lost. */
  sawEpoch(shard: Shard, epoch: string): void {
    const { newest } = this;
    if (newest && shard.reader.isOtherData(epoch)) this.look().catch((error: unknown) => newest.drop(error));
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
      await connection.connect();
      const { isCluster, mark } = await this.#ask(connection, this.#shards[0]!);
      if (isCluster && this.#connector.sawCluster(connection)) return 'leave at once';
      const isDividedAnew = await this.#agree(connection, mark);
      const now = await this.hello(connection);
      const readers = await Promise.all(this.#shards.map(() => connection.newReader()));
      isServing = true;
      this.#connector.served(connection);
      serves(this.#arrive(now) || isDividedAnew);
      return await Promise.race(
        this.#shards.map((shard, i) =>
          shard.reader.follow(connection, readers[i]!, () => this.#greet(connection, shard)),
        ),
      );
    } catch (error) {
      // What the store itself says is no fault of the connection.
      if (!isServing && !(error instanceof StoreError)) this.#connector.failed(connection, error);
      throw error;
    }
  }

  protected override hello(connection: RedisConnection, isLook = false): Promise<readonly Greeting[]> {
    return Promise.all(this.#shards.map((shard) => this.#greet(connection, shard, isLook)));
  }

  protected override arrived(now: readonly Greeting[]): void {
    if (this.#arrive(now)) this.missed();
  }

  /** Whether changes may have been missed. */
  #arrive(now: readonly Greeting[]): boolean {
    const missed = this.#shards.filter((shard, i) => now[i] && shard.arrive(now[i]));
    return missed.length > 0;
  }

  /** @throws StoreError `unavailable` where the namespace is divided otherwise by now */
  async #greet(connection: RedisConnection, shard: Shard, isLook = false): Promise<Greeting> {
    const greeting = await this.#ask(connection, shard, isLook);
    if (greeting.mark !== this.#mark) throw new StoreError('unavailable', otherMark(greeting.mark));
    return greeting;
  }

  async #ask(connection: RedisConnection, shard: Shard, isLook = false): Promise<Greeting> {
    const askedAt = performance.now();
    const args = [randomUUID(), CHECKED_DOCUMENTS, isLook ? 1 : 0];
    const answer = (await connection.script(HELLO, shard.root, this.#mark, args)) as string[];
    const [epoch = '', seq = '', last = '', run = '', time = '', isCluster = '', policy = '', mark = ''] = answer;
    // The time of one of several servers.
    if (shard === this.#shards[0]) this.sawTime(Number(time), askedAt);
    this.#sawPolicy(policy);
    return { epoch, seq: Number(seq), last, run, isCluster: isCluster === '1', mark };
  }

  /**
   * All instances divide the namespace by one number, which is kept in its first shard: the greatest that any of them was started with.
   * Returns whether it is another than it was here.
   * @throws StoreError `not_usable` at the start, where the data has a greater one than the settings
   */
  async #agree(connection: RedisConnection, mark: string): Promise<boolean> {
    const { namespace, report, writer } = this.terms;
    const own = this.#shards.length;
    const kept = readMark(mark);
    const isGreater = kept.to > own;
    if (isGreater && this.isOpening) throw new StoreError('not_usable', fewerShards(namespace, own, kept.to));
    if (isGreater) report(fewerShards(namespace, own, kept.to));
    const to = Math.max(kept.to, own);
    if (mark === String(to)) {
      if (isGreater) this.#divideBy(to);
      return isGreater;
    }
    this.waitsFor(new StoreError('unavailable', beingDivided(namespace, to)));
    if (kept.from !== undefined) await divide(connection, { namespace, holder: writer, from: kept.from, to: kept.to });
    if (kept.to < to) await divide(connection, { namespace, holder: writer, from: kept.to, to });
    this.#divideBy(to);
    return true;
  }

  get #mark(): string {
    return String(this.#shards.length);
  }

  #divideBy(count: number): void {
    const { listener } = this;
    const { namespace, writer, timeoutMs, clock, random } = this.terms;
    const settings = {
      instance: listener.instance ?? writer,
      writer,
      timeoutMs,
      instances: () => listener.instances?.() ?? 1,
    };
    const changed = (changes: readonly StoreChange[]): void => this.deliver(changes);
    const make = (root: string): Shard => {
      const snapshots = new Snapshots(this.#snapshotSource(root), clock, random);
      return new Shard(root, { ...settings, snapshots }, changed, () => this.missed());
    };
    this.#shards = rootsOf(namespace, count).map(
      (root) => this.#shards.find((shard) => shard.root === root) ?? make(root),
    );
  }

  #snapshotSource(root: string): SnapshotSource {
    return {
      run: (script, args) => this.run({ root }, script, args),
      field: (key, field) => this.field({ root }, key, field),
      connection: () => this.newest,
    };
  }

  /** Warns once of each policy under which the server deletes keys when its memory is full. */
  #sawPolicy(policy: string): void {
    if (this.#policies.has(policy)) return;
    this.#policies.add(policy);
    this.terms.report(
      `Redis at ${placeOf(this.source)} evicts keys when its memory is full (maxmemory-policy ${policy}), and with them deleted and ` +
        `disabled keys, run-time keys and counts. Set maxmemory-policy noeviction, or give the store a Redis of its own.`,
    );
  }
}
