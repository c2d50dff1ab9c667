import { eventually } from '../../src/key-management/store/contract/contract-support';
import { freePort, RedisServer } from './redis-server';

const SLOTS = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;

/** A real Redis Cluster on loopback: three masters, each with a replica. */
export class RedisCluster {
  private constructor(readonly nodes: RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const nodes: RedisServer[] = [];
    while (nodes.length < 6) nodes.push(await startNode());
    const masters = nodes.slice(0, 3);
    for (const [i, master] of masters.entries()) await master.command('CLUSTER', 'ADDSLOTSRANGE', ...SLOTS[i]!);
    for (const [i, node] of nodes.entries()) {
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
      if (i > 0) await node.command('CLUSTER', 'MEET', '127.0.0.1', nodes[0]!.port);
    }
    const cluster = new RedisCluster(nodes);
    await cluster.#until('the nodes to know each other', 'cluster_known_nodes:6');
    for (const [i, master] of masters.entries()) {
      await nodes[i + 3]!.command('CLUSTER', 'REPLICATE', await idOf(master));
    }
    await cluster.#until('the cluster to be ready', 'cluster_state:ok');
    await eventually('the replicas to be in step', async () => {
      const links = await Promise.all(nodes.slice(3).map((replica) => replica.info('master_link_status')));
      return links.every((link) => link === 'up');
    });
    return cluster;
  }

  /** The master that has the slot of a key now. */
  async ownerOf(key: string): Promise<RedisServer> {
    for (const node of this.nodes) {
      const answer = await node.command('EXISTS', key).catch((error: unknown) => error);
      if (typeof answer === 'number' && (await node.info('role')) === 'master') return node;
    }
    throw new Error(`no node has the key ${key}`);
  }

  /** Moves the slot of a key to another master. `halfway` runs while some keys of the slot are on either side. */
  async moveSlotOf(key: string, halfway: () => Promise<void>): Promise<void> {
    const from = await this.ownerOf(key);
    const to = (await this.#masters()).find((node) => node !== from)!;
    const [slot, fromId, toId] = [
      Number(await from.command('CLUSTER', 'KEYSLOT', key)),
      await idOf(from),
      await idOf(to),
    ];
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const move = async (most: number): Promise<number> => {
      const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, most)) as string[];
      for (const each of keys) await from.command('MIGRATE', '127.0.0.1', to.port, each, 0, 5_000, 'REPLACE');
      return keys.length;
    };
    await move(2);
    await halfway();
    while ((await move(100)) > 0);
    for (const master of await this.#masters()) await master.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #masters(): Promise<RedisServer[]> {
    const roles = await Promise.all(this.nodes.map((node) => node.info('role').catch(() => undefined)));
    return this.nodes.filter((_, i) => roles[i] === 'master');
  }

  #until(what: string, line: string): Promise<void> {
    return eventually(what, async () => {
      const infos = await Promise.all(this.nodes.map((node) => node.command('CLUSTER', 'INFO')));
      return infos.every((info) => String(info).includes(line));
    });
  }
}

const idOf = async (node: RedisServer): Promise<string> => String(await node.command('CLUSTER', 'MYID'));

/** A node also uses the port 10,000 above its own, for the cluster's bus. */
async function startNode(): Promise<RedisServer> {
  let port = await freePort();
  while (port > 50_000) port = await freePort();
  const settings = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-node-timeout', '1000'];
  return RedisServer.start({
    port,
    settings: [...settings, '--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
  });
}
