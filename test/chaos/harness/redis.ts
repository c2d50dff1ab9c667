import { RedisServer, redisAvailable } from '../../support/redis-server';
import { FaultyProxy } from './faulty-proxy';
import type { Stage } from './stage';

interface FaultyStore {
  readonly url: string;
  readonly proxy: FaultyProxy;
}

export interface FaultyRedis extends FaultyStore {
  readonly server: RedisServer;
  /** A connection that does not go through the proxy. */
  readonly directUrl: string;
}

/** Starts a real Redis behind a proxy. @throws Error where `redis-server` is not installed: an untested promise counts as broken */
export async function faultyRedis(stage: Stage): Promise<FaultyRedis> {
  if (!redisAvailable()) throw new Error('redis-server is not installed');
  const server = await RedisServer.start();
  stage.onEnd(() => server.stop());
  const proxy = await FaultyProxy.start(server.port);
  stage.onEnd(() => proxy.close());
  return { server, proxy, url: `redis://127.0.0.1:${proxy.port}`, directUrl: server.url };
}
