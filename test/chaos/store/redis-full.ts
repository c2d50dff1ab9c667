import { Redis } from 'ioredis';
import { surviveOutage } from '../harness/outage';
import { faultyRedis } from '../harness/redis';
import type { Scenario } from '../harness/scenario';

export const redisFull: Scenario = {
  promised:
    'a Redis that refuses every write (out of memory, then read-only) costs no call; what was missed is written when it takes writes again',
  async run(stage, findings) {
    const { url, server, directUrl } = await faultyRedis(stage);
    const admin = new Redis(directUrl);
    admin.on('error', () => undefined);
    stage.onEnd(() => admin.disconnect());
    for (const refuse of ['full', 'read-only'] as const) {
      await surviveOutage(stage, findings, {
        store: { kind: 'redis', url },
        direct: { kind: 'redis', url: directUrl },
        begin: () => (refuse === 'full' ? admin.config('SET', 'maxmemory', '1') : admin.replicaof('127.0.0.1', 1)),
        end: () => (refuse === 'full' ? admin.config('SET', 'maxmemory', '0') : admin.replicaof('NO', 'ONE')),
        ms: stage.scaled(2_000, 8_000),
        mendedMs: 6_000,
      });
      const errors = await admin.info('errorstats');
      const name = refuse === 'full' ? 'OOM' : 'READONLY';
      const count = Number(new RegExp(`errorstat_${name}:count=(\\d+)`).exec(errors)?.[1] ?? 0);
      findings.inject(`write refused: ${name}`, count);
      findings.promise(count > 0, `no write was refused with ${name}: nothing was injected`);
      await admin.flushall();
      await server.restart({ empty: true });
    }
  },
};
