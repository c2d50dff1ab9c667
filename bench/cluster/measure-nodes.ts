import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootsOf } from '../../src/key-management/store/redis/placement';
import { RedisCluster } from '../../test/support/redis-cluster';
import { Fleet, type FleetSize } from './fleet';
import { usageOf, type Usage } from './redis-usage';

/** Counts leave an instance within this; milliseconds. */
const COUNTED_MS = 11_000;
const WARM_UP_MS = 2_000;
const CALLING_MS = 20_000;
/** The store's default. */
const NAMESPACE = 'default';

/** A fleet on a Redis Cluster of three masters, over which its namespace is divided. */
export interface NodesLoad extends FleetSize {
  readonly shards: number;
  readonly perSecond: number;
  readonly keys: number;
}

export interface NodeFigures {
  readonly shardsHere: number;
  readonly commandsPerCall: number;
  readonly bytesOutPerCall: number;
  /** Microseconds of its processor, and by the clock of its scripts. */
  readonly cpuUsPerCall: number;
  readonly scriptUsPerCall: number;
}

/** Starts a cluster with a number of instances on it, and measures each master while they call. */
export async function measureNodes({ shards, perSecond, keys, ...size }: NodesLoad): Promise<NodeFigures[]> {
  const cluster = await RedisCluster.start();
  const masters = cluster.nodes.slice(0, 3);
  const clients = masters.map(({ url }) => new Redis(url));
  try {
    const fleet = await Fleet.start(masters[0]!.url, size, keys, shards);
    const owners = await Promise.all(rootsOf(NAMESPACE, shards).map((root) => cluster.ownerOf(`${root}meta`)));
    await fleet.call({ ms: WARM_UP_MS, perSecond });
    await sleep(COUNTED_MS);
    const call = async (): Promise<number> => {
      const { calls } = await fleet.call({ ms: CALLING_MS, perSecond });
      await sleep(COUNTED_MS);
      return calls;
    };
    const { calls, used } = await usagesOf(clients, call);
    await fleet.close();
    return used.map(({ commands, bytesOut, cpuMs, scriptMs }, node) => ({
      shardsHere: owners.filter((owner) => owner === masters[node]).length,
      commandsPerCall: commands / calls,
      bytesOutPerCall: bytesOut / calls,
      cpuUsPerCall: (cpuMs / calls) * 1_000,
      scriptUsPerCall: (scriptMs / calls) * 1_000,
    }));
  } finally {
    for (const client of clients) client.disconnect();
    await cluster.stop();
  }
}

/** What each of several servers does while calls are made. */
async function usagesOf(clients: Redis[], call: () => Promise<number>): Promise<{ calls: number; used: Usage[] }> {
  const work = call();
  const all = await Promise.all(clients.map((client) => usageOf(client, () => work)));
  return { calls: await work, used: all.map(({ used }) => used) };
}
