import { StoreError } from '../port/store-error';
import { clusterOf, makeClient } from './clients';
import { Line, nodesOf } from './line';
import { isRedirection, wantsNewConnection } from './reply-errors';
import { isCluster, type RedisSource } from './source';
import type { RedisClient } from '../../configuration/key-management.options';

/**
 * Makes new lines, and remembers what was learned of the server. One that says that it belongs to a cluster is left for a client that knows
 * the whole of it; where the addresses that the cluster tells its clients are out of reach, it has to do as long as it serves.
 */
export class Dialer {
  #mode: 'as given' | 'cluster' = 'as given';
  /** The present mode is the first try at a cluster of whose nodes one serves. */
  #isFirstTry = false;
  #isOutOfReach = false;
  #known: { host: string; port: number }[] = [];

  constructor(
    private readonly source: RedisSource,
    private readonly timeoutMs: number,
  ) {}

  /** A line that is not connected yet. Names are looked up anew when it is. */
  async newLine(): Promise<Line> {
    const ioredis = await import('ioredis').catch(() => {
      throw new StoreError('not_usable', 'The redis store needs the package ioredis: npm install ioredis@6.');
    });
    const make = (): RedisClient => {
      const client = makeClient(ioredis, this.source, this.timeoutMs);
      if (this.#mode === 'as given' || isCluster(client)) return client;
      return clusterOf(ioredis, client, this.source, this.#known, this.timeoutMs);
    };
    return new Line(make(), make(), this.timeoutMs);
  }

  /** The server says that it belongs to a cluster: whether to leave this line for one that knows the whole of it. */
  sawCluster(line: Line): boolean {
    if (isCluster(line.commands) || this.#isOutOfReach) return false;
    this.#mode = 'cluster';
    this.#isFirstTry = true;
    return true;
  }

  served(line: Line): void {
    if (!isCluster(line.commands)) return;
    this.#known = nodesOf(line.commands);
    this.#isOutOfReach = false;
    this.#isFirstTry = false;
  }

  /** The line did not come to serve. */
  failed(line: Line, reason: unknown): void {
    if (!isCluster(line.commands)) {
      // The one in the settings may be gone for good, and other nodes known.
      if (isRedirection(reason) || this.#known.length > 0) this.#mode = 'cluster';
      return;
    }
    if (!wantsNewConnection(reason)) return;
    if (this.#isFirstTry) this.#isOutOfReach = true;
    this.#isFirstTry = false;
    this.#mode = 'as given';
  }
}
