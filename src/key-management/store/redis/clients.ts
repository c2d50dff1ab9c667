import type { ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { clusterUrlOf, isCluster, type RedisClient, type RedisSource, type RedisStoreOptions } from './source';

type Ioredis = Pick<typeof import('ioredis'), 'Redis' | 'Cluster'>;

/** A client has one connection (for a cluster, one set of them): when that breaks, a new client looks up the names and roles again. */
const ONE_LIFE = { retryStrategy: () => null, sentinelRetryStrategy: () => null } as const;
/** A command that waits for a connection, or is sent again on the next, would be applied after its write was reported as failed. */
const NOTHING_LATE = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 } as const;
/** Besides this regular look, the servers' answers tell which slots have moved. Milliseconds. */
const LOOK_AT_SLOTS_MS = 60_000;

/** The options of ioredis that concern a whole cluster, not the connection to one node. */
const CLUSTER_OPTIONS = [
  'dnsLookup',
  'maxRedirections',
  'natMap',
  'resolveSrv',
  'retryDelayOnClusterDown',
  'retryDelayOnMoved',
  'retryDelayOnTryAgain',
  'slotsRefreshTimeout',
  'useSRVRecords',
] as const satisfies readonly (keyof ClusterOptions)[];

const ONE_SERVER = new Set(['sentinels', 'host', 'port', 'path', 'db']);

/** Makes a client that is not connected yet, for one server or, where the source names several nodes, a cluster. */
export function makeClient(ioredis: Ioredis, source: RedisSource, timeoutMs: number): RedisClient {
  if ('client' in source) {
    const { client } = source;
    if (!isCluster(client)) return client.duplicate(singleOptions({}, timeoutMs));
    return client.duplicate(
      [],
      clusterOptions(client.options as RedisStoreOptions, client.options.redisOptions ?? {}, timeoutMs),
    );
  }
  const cluster = source.url === undefined ? undefined : clusterUrlOf(source.url);
  const given = source.options ?? {};
  if (cluster) {
    const { nodes, username, password, tls } = cluster;
    const node = { ...(tls ? { tls: {} } : {}), username, password, ...given, ...given.redisOptions };
    return new ioredis.Cluster(nodes, clusterOptions(given, node, timeoutMs));
  }
  const options = singleOptions({ connectTimeout: timeoutMs, ...given }, timeoutMs);
  return source.url === undefined ? new ioredis.Redis(options) : new ioredis.Redis(source.url, options);
}

/** A client of the cluster to which this server belongs. */
export function clusterOf(
  ioredis: Ioredis,
  server: Redis,
  source: RedisSource,
  known: readonly ClusterNode[],
  timeoutMs: number,
): RedisClient {
  const { host, port, username, password, tls, family, keyPrefix } = server.options;
  const given = 'client' in source ? {} : (source.options ?? {});
  const node = { ...given, username, password, tls, family, keyPrefix, ...given.redisOptions };
  return new ioredis.Cluster([{ host, port }, ...known], clusterOptions(given, node, timeoutMs));
}

const singleOptions = (given: RedisOptions, timeoutMs: number): RedisOptions => ({
  connectionName: 'nestjs-ai-key-management',
  connectTimeout: timeoutMs,
  ...given,
  ...ONE_LIFE,
  ...NOTHING_LATE,
  enableOfflineQueue: false,
  lazyConnect: true,
  replyMapping: 'legacy',
  // The first command finds out, without a right to INFO: a server that loads its data says so.
  enableReadyCheck: false,
  disableClientInfo: true,
});

function clusterOptions(given: RedisStoreOptions, node: RedisOptions, timeoutMs: number): ClusterOptions {
  const own = Object.fromEntries(
    CLUSTER_OPTIONS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  );
  // What leads to one server is of no use.
  const connection = Object.fromEntries(Object.entries(node).filter(([name]) => !ONE_SERVER.has(name)));
  return {
    slotsRefreshTimeout: timeoutMs,
    ...own,
    redisOptions: singleOptions(connection, timeoutMs),
    // The connection to a node is made by the first command to it. One that it keeps waiting for too long ends with the whole client.
    enableOfflineQueue: true,
    enableReadyCheck: false,
    clusterRetryStrategy: () => null,
    clusterNodeRetryStrategy: null,
    retryDelayOnFailover: 0,
    slotsRefreshInterval: LOOK_AT_SLOTS_MS,
    scaleReads: 'master',
    lazyConnect: true,
  };
}
