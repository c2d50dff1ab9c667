import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { decodedUri } from '../../common/text';
import { StoreError } from '../port/store-error';
import { isRedisUrl, redisUrlProblem, redisUrlsOf } from './redis-url';

export type RedisClient = Redis | Cluster;

/** What ioredis takes: for one server or Sentinel (`sentinels` and `name`, `tls`, `username` …), and for a cluster (`natMap`, `dnsLookup`, `redisOptions` …). */
export type RedisStoreOptions = RedisOptions & Omit<ClusterOptions, keyof RedisOptions>;

/**
 * Where Redis is: a URL, or several with commas between, which are nodes of one cluster; ioredis options beside a URL or instead of one; or
 * a client of the user's, as whose copies the connections are made.
 */
export type RedisSource =
  | { url: string; options?: RedisStoreOptions }
  | { url?: undefined; options: RedisStoreOptions }
  | { client: RedisClient };

export const isCluster = (client: RedisClient): client is Cluster => 'nodes' in client;

/** The parts of a URL that names the nodes of a cluster. */
export interface ClusterUrl {
  nodes: ClusterNode[];
  username?: string;
  password?: string;
  tls: boolean;
}

/** @throws StoreError `not_usable` */
export function checkSource(source: RedisSource): void {
  const problem = 'client' in source || source.url === undefined ? undefined : redisUrlProblem(source.url);
  if (problem) throw new StoreError('not_usable', `REDIS_URL ${problem}`);
}

/** The nodes of a URL with several; undefined for a URL of one server. */
export function clusterUrlOf(url: string): ClusterUrl | undefined {
  const urls = redisUrlsOf(url).map((each) => new URL(each));
  if (urls.length < 2) return undefined;
  const named = urls.find((each) => each.username || each.password);
  return {
    nodes: urls.map(({ hostname, port }) => ({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) })),
    username: (named && decodedUri(named.username)) || undefined,
    password: (named && decodedUri(named.password)) || undefined,
    tls: urls[0]!.protocol === 'rediss:',
  };
}

/** Where the store is, without its password. */
export function placeOf(source: RedisSource): string {
  if ('client' in source) {
    if (isCluster(source.client)) return 'the cluster of the client given';
    return placeOf({ options: source.client.options });
  }
  if (source.url !== undefined) {
    const urls = redisUrlsOf(source.url).filter(isRedisUrl);
    return urls.length === 0 ? 'REDIS_URL' : urls.map((each) => shown(new URL(each))).join(',');
  }
  const { sentinels, name, host = 'localhost', port = 6379, path } = source.options;
  if (sentinels)
    return `the master "${name ?? ''}" of Sentinel ${sentinels.map((each) => `${each.host}:${each.port}`).join(',')}`;
  return path ?? `${host}:${port}`;
}

/** The passwords of the source, which must not be printed. */
export function secretsOf(source: RedisSource): string[] {
  const options = 'client' in source ? (source.client.options as RedisStoreOptions) : source.options;
  const fromUrl = 'client' in source ? [] : redisUrlsOf(source.url ?? '').map((each) => passwordIn(each));
  const secrets = [...fromUrl, options?.password, options?.sentinelPassword, options?.redisOptions?.password];
  // What is shorter is no secret, and would blot out letters of ordinary words.
  return secrets.filter((each): each is string => typeof each === 'string' && each.length >= 4);
}

function shown(url: URL): string {
  const user = url.username || url.password ? `${url.username}${url.password && ':***'}@` : '';
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

function passwordIn(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (url && decodedUri(url.password)) || (url?.searchParams.get('password') ?? undefined);
}
