import type { Redis } from 'ioredis';

export interface Usage {
  /** Those that scripts call are counted, too. */
  readonly commands: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly cpuMs: number;
  /** By the clock, what the store's scripts took: what else the machine did meanwhile is in it. */
  readonly scriptMs: number;
  /** Made in the time. */
  readonly connections: number;
  readonly seconds: number;
}

/** What Redis has done so far, by its own count. */
async function usage(redis: Redis): Promise<Usage> {
  const info = await redis.info('everything');
  const number = (name: string): number => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
  return {
    commands: number('total_commands_processed'),
    bytesIn: number('total_net_input_bytes'),
    bytesOut: number('total_net_output_bytes'),
    cpuMs: (number('used_cpu_user') + number('used_cpu_sys')) * 1_000,
    scriptMs: Number(/^cmdstat_evalsha:.*?usec=(\d+)/m.exec(info)?.[1] ?? 0) / 1_000,
    connections: number('total_connections_received'),
    seconds: performance.now() / 1_000,
  };
}

/** What Redis does meanwhile. */
export async function usageOf<T>(redis: Redis, work: () => Promise<T>): Promise<{ found: T; used: Usage }> {
  const before = await usage(redis);
  const found = await work();
  const after = await usage(redis);
  return {
    found,
    used: {
      commands: after.commands - before.commands,
      bytesIn: after.bytesIn - before.bytesIn,
      bytesOut: after.bytesOut - before.bytesOut,
      cpuMs: after.cpuMs - before.cpuMs,
      scriptMs: after.scriptMs - before.scriptMs,
      connections: after.connections - before.connections,
      seconds: after.seconds - before.seconds,
    },
  };
}
