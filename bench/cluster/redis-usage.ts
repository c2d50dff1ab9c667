import type { Redis } from 'ioredis';

export interface Usage {
  readonly commands: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly cpuMs: number;
}

/** What Redis has done so far, by its own count. */
export async function usage(redis: Redis): Promise<Usage> {
  const info = await redis.info();
  const number = (name: string): number => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
  return {
    commands: number('total_commands_processed'),
    bytesIn: number('total_net_input_bytes'),
    bytesOut: number('total_net_output_bytes'),
    cpuMs: (number('used_cpu_user') + number('used_cpu_sys')) * 1_000,
  };
}

export const since = (before: Usage, after: Usage): Usage => ({
  commands: after.commands - before.commands,
  bytesIn: after.bytesIn - before.bytesIn,
  bytesOut: after.bytesOut - before.bytesOut,
  cpuMs: after.cpuMs - before.cpuMs,
});
