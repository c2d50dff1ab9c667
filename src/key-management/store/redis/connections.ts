import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { StoreError } from '../store-error';

export type RedisClient = Redis | Cluster;

/** A URL, with more options for ioredis such as `tls`; or a client of the user's, as whose copies the connections are made. */
export type RedisSource = { url: string; options?: RedisOptions } | { client: RedisClient };

export interface Connections {
  /** For all commands but the one that blocks. */
  commands: RedisClient;
  /** For the blocking read of changes. */
  reader: RedisClient;
}

const LONGEST_RETRY_MS = 1_000;
const retry = (times: number): number => Math.min(times * 50, LONGEST_RETRY_MS);

// A command that waits for a connection, or is sent again on the next, would be applied after its write was reported as failed.
const NOTHING_LATE = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} as const;

/** Makes the clients; none is connected yet. @throws StoreError `not_usable` for a URL that is none */
export async function connect(source: RedisSource, timeoutMs: number): Promise<Connections> {
  if ('client' in source) return { commands: duplicate(source.client), reader: duplicate(source.client) };
  if (!isRedisUrl(source.url)) {
    const form = 'redis://user:password@host:port/database, or rediss://… for TLS';
    throw new StoreError('not_usable', `REDIS_URL is no URL of a Redis. Give ${form}.`);
  }
  const { Redis: Client } = await import('ioredis');
  const options: RedisOptions = {
    connectionName: 'nestjs-ai-key-management',
    connectTimeout: timeoutMs,
    retryStrategy: retry,
    ...source.options,
    ...NOTHING_LATE,
    lazyConnect: true,
  };
  return { commands: new Client(source.url, options), reader: new Client(source.url, options) };
}

function isRedisUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (url?.protocol === 'redis:' || url?.protocol === 'rediss:') && url.host !== '';
}

/** The user's own client may queue and send again; its copies must not. */
function duplicate(client: RedisClient): RedisClient {
  if ('nodes' in client) {
    return client.duplicate(undefined, { lazyConnect: true, enableOfflineQueue: false, clusterRetryStrategy: retry });
  }
  return client.duplicate({ ...NOTHING_LATE, lazyConnect: true, retryStrategy: retry, replyMapping: 'legacy' });
}

/** Resolves when commands can be sent; rejects after the limit. */
export async function whenReady(client: RedisClient, timeoutMs: number): Promise<void> {
  if (client.status === 'ready') return;
  let ready: () => void = () => undefined;
  const event = new Promise<void>((resolve) => client.once('ready', (ready = resolve)));
  await within(event, timeoutMs).finally(() => client.off('ready', ready));
}

/** Closes the client; resolves when it has ended, or after the limit. */
export async function end(client: RedisClient, timeoutMs: number): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.disconnect();
  await within(ended, timeoutMs).catch(() => undefined);
}

/** Rejects after the limit; what it waited for goes on. */
export async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
