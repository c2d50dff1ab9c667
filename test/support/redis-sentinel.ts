import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from '../../src/key-management/store/contract/contract-support';
import { freePort, RedisServer } from './redis-server';

/** A real Sentinel that watches a master and its replica, and promotes the replica when the master fails. */
export class RedisSentinel {
  private constructor(
    readonly master: RedisServer,
    readonly replica: RedisServer,
    readonly port: number,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(): Promise<RedisSentinel> {
    const [master, replica] = [await RedisServer.start(QUICK), await RedisServer.start(QUICK)];
    await replica.command('REPLICAOF', '127.0.0.1', master.port);
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'akm-sentinel-'))];
    const file = join(folder, 'sentinel.conf');
    const watch = `sentinel monitor main 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds main 400`;
    await writeFile(
      file,
      `port ${port}\nbind 127.0.0.1\ndir ${folder}\n${watch}\nsentinel failover-timeout main 3000\n`,
    );
    const sentinel = spawn('redis-sentinel', [file], { stdio: 'ignore' });
    const started = new RedisSentinel(master, replica, port, sentinel, folder);
    await eventually('Sentinel to know the replica', () =>
      started.#ask('REPLICAS').then(
        (replicas) => (replicas as unknown[]).length === 1,
        () => false,
      ),
    );
    await inStep(replica);
    return started;
  }

  /** The options of ioredis that find the master. */
  get options(): { sentinels: { host: string; port: number }[]; name: string } {
    return { sentinels: [{ host: '127.0.0.1', port: this.port }], name: 'main' };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill();
    await ended;
    await Promise.all([this.master.stop(), this.replica.stop(), rm(this.folder, { recursive: true, force: true })]);
  }

  async #ask(what: string): Promise<unknown> {
    const client = new Redis(this.port, '127.0.0.1', { enableReadyCheck: false, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      return await client.call('SENTINEL', what, 'main');
    } finally {
      client.disconnect();
    }
  }
}

const QUICK = { settings: ['--repl-diskless-sync-delay', '0'] };

/** Resolves when the replica is connected to its master and has received its data. */
export function inStep(replica: RedisServer): Promise<void> {
  return eventually('the replica to be in step', async () => (await replica.info('master_link_status')) === 'up');
}
