import type { RedisSource } from './connections';

/** Where the store is, without its password. */
export function placeOf(source: RedisSource): string {
  if ('client' in source) {
    const host = 'nodes' in source.client ? undefined : source.client.options.host;
    return host ? `${host}:${'nodes' in source.client ? '' : source.client.options.port}` : 'the client given';
  }
  const url = read(source.url);
  if (!url) return 'REDIS_URL';
  const user = url.username || url.password ? `${url.username}${url.password && ':***'}@` : '';
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

export function passwordOf(source: RedisSource): string | undefined {
  if ('client' in source) return 'nodes' in source.client ? undefined : source.client.options.password;
  return source.options?.password ?? decodeURIComponent(read(source.url)?.password ?? '');
}

function read(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
