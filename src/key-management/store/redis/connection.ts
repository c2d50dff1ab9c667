import type { Redis } from 'ioredis';
import { systemClock } from '../../common/clock';
import { missingPeer } from '../../common/optional-peer';
import { within } from '../../common/settles-within';
import { StoreError } from '../port/store-error';
import { ServerConnection } from '../server/server-connection';
import { clusterOf, makeClient } from './clients';
import { isRedirection, wantsNewConnection } from './reply-errors';
import { runScript, type ScriptArgument } from './scripts';
import { isCluster, type RedisClient, type RedisSource } from './source';

/** The clients that serve a store, from connecting until one of them breaks or they are no longer wanted: then all end. */
export class RedisConnection extends ServerConnection {
  /** For all commands but the blocking reads. */
  readonly commands: RedisClient;
  readonly #clients: RedisClient[] = [];
  /** What a client or the server said last. */
  #failure: Error | undefined;

  /**
   * @param make Makes a client that is not connected yet.
   * @param timeoutMs Time limit of connecting, of each command, and of closing; milliseconds.
   */
  constructor(
    private readonly make: () => RedisClient,
    timeoutMs: number,
  ) {
    super(timeoutMs);
    this.commands = this.#newClient();
  }

  /** A client for blocking reads, connected. Rejects with what the server said, where it said something. */
  async newReader(): Promise<RedisClient> {
    const client = this.#newClient();
    await this.connect(client);
    return client;
  }

  /** Connects a client. Rejects with what the server said, where it said something. */
  async connect(client = this.commands): Promise<void> {
    try {
      await this.run(() => client.connect());
    } catch (error) {
      throw this.#failure ?? error;
    }
    // ioredis goes on with a connection whose AUTH or SELECT was refused. Of a cluster, other nodes may do.
    if (this.#failure !== undefined && !isCluster(client)) throw this.#failure;
  }

  /** @param mark How the namespace is divided, as far as it is known here: a script refuses another. */
  script(script: string, root: string, mark: string, args: readonly ScriptArgument[]): Promise<unknown> {
    return this.run(() => runScript(this.commands, script, root, [...args, mark]));
  }

  /** A field of a hash, as it is kept. */
  field(key: string, field: string): Promise<Buffer | null> {
    return this.run(() => this.commands.hgetBuffer(key, field));
  }

  protected override endClients(): Promise<unknown> {
    return Promise.all(this.#clients.map((client) => end(client, this.timeoutMs)));
  }

  #newClient(): RedisClient {
    const client = this.make();
    this.#clients.push(client);
    // Of a cluster, what one of its nodes said says more than that all have failed.
    const failed = (error: Error & { lastNodeError?: Error }): void => {
      this.#failure = error.lastNodeError ?? error;
    };
    client.on('error', failed);
    client.on('node error', failed);
    client.once('end', () => this.drop(this.#failure ?? new Error('the connection was closed')));
    return client;
  }
}

async function end(client: RedisClient, timeoutMs: number): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.disconnect();
  await within(timeoutMs, ended, systemClock);
}

/**
 * Makes new connections, and remembers what was learned of the server. A single server that belongs to a cluster is given up for a client
 * that knows the whole cluster; where the addresses that the cluster names are out of reach, the single server is used as long as it serves.
 */
export class RedisConnector {
  #mode: 'as given' | 'cluster' = 'as given';
  /** The present mode is the first try at a cluster after one of its nodes had answered. */
  #isFirstTry = false;
  #isOutOfReach = false;
  #knownNodes: { host: string; port: number }[] = [];

  constructor(
    private readonly source: RedisSource,
    private readonly timeoutMs: number,
  ) {}

  /** A connection that is not connected yet. Names are looked up anew when it connects. */
  async newConnection(): Promise<RedisConnection> {
    const ioredis = await driver();
    const make = (): RedisClient => {
      const client = makeClient(ioredis, this.source, this.timeoutMs);
      if (this.#mode === 'as given' || isCluster(client)) return client;
      return clusterOf(ioredis, client, this.source, this.#knownNodes, this.timeoutMs);
    };
    return new RedisConnection(make, this.timeoutMs);
  }

  /** The server belongs to a cluster. Returns whether to leave this connection for one to the whole cluster. */
  sawCluster({ commands }: RedisConnection): boolean {
    if (isCluster(commands) || this.#isOutOfReach) return false;
    this.#mode = 'cluster';
    this.#isFirstTry = true;
    return true;
  }

  /** The connection serves. */
  served({ commands }: RedisConnection): void {
    if (!isCluster(commands)) return;
    // One of these may be there when the nodes of the settings are not.
    this.#knownNodes = commands
      .nodes()
      .flatMap(({ options: { host, port } }: Redis) => (host && port ? [{ host, port }] : []));
    this.#isOutOfReach = false;
    this.#isFirstTry = false;
  }

  /** The connection did not come to serve. */
  failed({ commands }: RedisConnection, reason: unknown): void {
    if (!isCluster(commands)) {
      // The server in the settings may be gone for good, and other nodes known.
      if (isRedirection(reason) || this.#knownNodes.length > 0) this.#mode = 'cluster';
      return;
    }
    if (!wantsNewConnection(reason)) return;
    if (this.#isFirstTry) this.#isOutOfReach = true;
    this.#isFirstTry = false;
    this.#mode = 'as given';
  }
}

/** Awaited inside of a `try`: by that bundlers see that it may find nothing. */
async function driver() {
  try {
    return await import('ioredis');
  } catch (error) {
    throw new StoreError('not_usable', missingPeer('ioredis', 'ioredis@6', 'The redis store', error));
  }
}
