import { surviveOutage, weather } from '../harness/outage';
import { faultyRedis } from '../harness/redis';
import type { Scenario } from '../harness/scenario';

export const redisGarbage: Scenario = {
  promised:
    'no call fails or waits for the store; what was missed is written when it is back, and a fresh instance finds it',
  async run(stage, findings) {
    const { proxy, url, directUrl } = await faultyRedis(stage);
    await surviveOutage(stage, findings, {
      store: { kind: 'redis', url },
      direct: { kind: 'redis', url: directUrl },
      ...weather(proxy, { kind: 'garbage', bytes: 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n' }),
      ms: stage.scaled(2_500, 15_000),
      mendedMs: 12_000,
    });
    findings.inject('command answered with HTTP', proxy.struck);
  },
};
