import type { Redis } from 'ioredis';
import { isCluster } from './source';
import type { RedisClient } from '../../configuration/key-management.options';

/** The connections that serve a store, from dialling until one of them breaks or is no longer wanted: then both end. */
export class Line {
  /** Rejects with the reason when the line is over. */
  readonly over: Promise<never>;
  #isOver = false;
  #end!: (reason: unknown) => void;
  #reason: Error | undefined;
  #ended: Promise<unknown>[] = [];

  /**
   * @param commands For all commands but the one that blocks.
   * @param reader For the blocking read of changes.
   */
  constructor(
    readonly commands: RedisClient,
    readonly reader: RedisClient,
    private readonly timeoutMs: number,
  ) {
    this.over = new Promise((_, reject) => (this.#end = reject));
    this.over.catch(() => undefined);
    for (const client of [commands, reader]) {
      const failed = (error: Error): void => void (this.#reason = rootOf(error));
      client.on('error', failed);
      client.on('node error', failed);
      client.once('end', () => this.drop(this.#reason ?? new Error('the connection was closed')));
    }
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Connects one of the two. Rejects with what the server said, where it said something. */
  async connect(client: RedisClient): Promise<void> {
    try {
      await this.during(within(client.connect(), this.timeoutMs));
    } catch (error) {
      throw this.#reason ?? error;
    }
    // ioredis goes on with a connection whose AUTH or SELECT was refused. Of a cluster, other nodes may do.
    if (this.#reason !== undefined && !isCluster(client)) throw this.#reason;
  }

  /** Waits for the work, but no longer than there is a line. */
  during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.over]);
  }

  /** Ends both connections: a new line finds the server that is right by then. */
  drop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended = [this.commands, this.reader].map((client) => end(client, this.timeoutMs));
    this.#end(reason);
  }

  /** Resolves when both connections are closed, or after the limit. */
  async ended(): Promise<void> {
    await Promise.all(this.#ended);
  }
}

/** Of a cluster, what one of its nodes said says more than that all have failed. */
function rootOf(error: Error & { lastNodeError?: Error }): Error {
  return error.lastNodeError ?? error;
}

async function end(client: RedisClient, timeoutMs: number): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.disconnect();
  await within(ended, timeoutMs).catch(() => undefined);
}

export class NoAnswer extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/** Rejects after the limit; what it waited for goes on. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(timeoutMs)), timeoutMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** The nodes of a cluster that are known now: one of them may be there when those of the settings are not. */
export function nodesOf(client: RedisClient): { host: string; port: number }[] {
  if (!isCluster(client)) return [];
  return client.nodes().flatMap(({ options: { host, port } }: Redis) => (host && port ? [{ host, port }] : []));
}
