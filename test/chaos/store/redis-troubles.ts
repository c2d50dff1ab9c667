import type { Weather } from '../harness/faulty-proxy';
import { surviveOutage, weather } from '../harness/outage';
import { faultyRedis } from '../harness/redis';
import type { Scenario } from '../harness/scenario';

interface Trouble {
  readonly weather: Weather;
  /** The name of one injected fault, for the report. */
  readonly injected: string;
  /** Milliseconds within which store and instances agree again. */
  readonly mendedMs: number;
}

const redisTrouble = (trouble: Trouble): Scenario => ({
  promised:
    'no call fails or waits for the store; what was missed is written when it is back, and a fresh instance finds it',
  async run(stage, findings) {
    const { proxy, url, directUrl } = await faultyRedis(stage);
    await surviveOutage(stage, findings, {
      store: { kind: 'redis', url },
      direct: { kind: 'redis', url: directUrl },
      ...weather(proxy, trouble.weather),
      ms: stage.scaled(2_500, 15_000),
      mendedMs: trouble.mendedMs,
    });
    findings.inject(trouble.injected, proxy.struck);
  },
});

export const redisReset = redisTrouble({
  weather: { kind: 'reset' },
  injected: 'connection to Redis reset',
  mendedMs: 5_000,
});

export const redisRefusing = redisTrouble({
  weather: { kind: 'refuse' },
  injected: 'connection to Redis cut, port closed',
  mendedMs: 5_000,
});

export const redisSilent = redisTrouble({
  weather: { kind: 'silent' },
  injected: 'connection to Redis silenced',
  mendedMs: 12_000,
});

export const redisSlow = redisTrouble({
  weather: { kind: 'slow', ms: 700 },
  injected: 'piece of data 0.7 s late, each way',
  mendedMs: 10_000,
});

export const redisGarbage = redisTrouble({
  weather: { kind: 'garbage', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' },
  injected: 'command answered with HTTP',
  mendedMs: 12_000,
});
