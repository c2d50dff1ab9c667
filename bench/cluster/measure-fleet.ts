import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../test/support/redis-server';
import { spread, quantile, type Spread } from '../lib/statistics';
import { Fleet } from './fleet';
import { since, usage } from './redis-usage';

const KEYS = 1_000;
const PER_SECOND = 500;
const CALLING_MS = 6_000;
const REMOVALS = 100;
const LONGEST_MS = 2_000;

export interface FleetFigures {
  readonly instances: number;
  /** From the removal of a key to the slowest other instance; milliseconds. */
  readonly idle: Spread;
  readonly idleP99: number;
  readonly busy: Spread;
  readonly busyP99: number;
  /** Removals that some instance did not receive within 2 s. */
  readonly unheard: number;
  readonly bytesInPerCall: number;
  readonly bytesOutPerCall: number;
  readonly commandsPerSecond: number;
  /** Share of one core that Redis takes. */
  readonly redisLoad: number;
  /** Milliseconds of processor time that an instance takes per 1,000 calls, all in all. */
  readonly instanceMsPer1000: number;
}

/** Removes keys one at a time, and waits until every other instance has received the removal. */
async function removals(fleet: Fleet): Promise<{ delays: number[]; unheard: number }> {
  const delays: number[] = [];
  let unheard = 0;
  for (let n = 0; n < REMOVALS; n += 1) {
    const heard: { keyId: string; at: number }[] = [];
    fleet.onHeard = (each) => heard.push(each);
    const { keyId, at } = await fleet.remove(n % fleet.size);
    const ofThis = () => heard.filter((each) => each.keyId === keyId);
    for (const end = Date.now() + LONGEST_MS; ofThis().length < fleet.size - 1 && Date.now() < end;) await sleep(1);
    if (ofThis().length < fleet.size - 1) unheard += 1;
    else if (fleet.size > 1) delays.push(Math.max(...ofThis().map((each) => each.at)) - at);
    await sleep(5);
  }
  return { delays, unheard };
}

/** Starts one Redis with a number of instances on it, and measures. */
export async function measureFleet(instances: number): Promise<FleetFigures> {
  const server = await RedisServer.start();
  const redis = new Redis(server.url);
  const fleet = await Fleet.start(server.url, instances, KEYS);
  await sleep(3_000);
  await fleet.call(2_000, PER_SECOND);
  await sleep(1_500);
  const idle = await removals(fleet);
  const before = await usage(redis);
  const begin = performance.now();
  const called = await fleet.call(CALLING_MS, PER_SECOND);
  await sleep(1_500);
  const seconds = (performance.now() - begin) / 1_000;
  const used = since(before, await usage(redis));
  const calling = fleet.call(CALLING_MS, PER_SECOND);
  const busy = await removals(fleet);
  await calling;
  await fleet.close();
  redis.disconnect();
  await server.stop();
  const calls = called.reduce((sum, each) => sum + each.calls, 0);
  return {
    instances,
    idle: spread(idle.delays),
    idleP99: quantile(idle.delays, 0.99),
    busy: spread(busy.delays),
    busyP99: quantile(busy.delays, 0.99),
    unheard: idle.unheard + busy.unheard,
    bytesInPerCall: used.bytesIn / calls,
    bytesOutPerCall: used.bytesOut / calls,
    commandsPerSecond: used.commands / seconds,
    redisLoad: used.cpuMs / 1_000 / seconds,
    instanceMsPer1000: (called.reduce((sum, each) => sum + each.cpuMs, 0) / calls) * 1_000,
  };
}
