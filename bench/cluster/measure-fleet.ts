import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../test/support/redis-server';
import { say } from '../lib/say';
import { spread, quantile, type Spread } from '../lib/statistics';
import { Fleet, type FleetSize, type Heard } from './fleet';
import type { Counts } from './messages';
import { usageOf } from './redis-usage';

const KEYS = 1_000;
/** Counts leave an instance within this; milliseconds. */
const COUNTED_MS = 11_000;
/** What an instance does regularly it has done in this time, and the fleet is at rest when it took about as much as before. Milliseconds. */
const REST_MS = 5_000;
const LONGEST_REST_MS = 120_000;
const WARM_UP_MS = 2_000;
const IDLE_MS = 10_000;
const REMOVALS = 100;
const REMOVING_MS = 20_000;
/** A removal that some instance has not received after this is unheard of; milliseconds. */
const LONGEST_MS = 2_000;
/** Counts that are not true after this stay so; milliseconds. */
const TRUE_WITHIN_MS = 60_000;
/** A small fleet reads what others count for a minute after its start: what it takes from then on is measured. Milliseconds. */
const START_MS = 65_000;

/** A fleet, and the calls of each instance. */
export interface Load extends FleetSize {
  readonly perSecond: number;
  readonly callingMs: number;
}

export interface FleetFigures {
  /** From the removal of a key to the slowest other instance; milliseconds. */
  readonly idle: Spread;
  readonly idleP99: number;
  readonly busy: Spread;
  readonly busyP99: number;
  /** Removals that some instance did not receive within 2 s. */
  readonly unheard: number;
  readonly calls: number;
  readonly bytesInPerCall: number;
  readonly bytesOutPerCall: number;
  readonly commandsPerCall: number;
  /** Connections that were given up and made anew while calls were measured. Each time an instance reads all that is stored. */
  readonly reconnected: number;
  /** Share of one core that Redis takes. */
  readonly redisLoad: number;
  /** Milliseconds of processor time that instances take per 1,000 calls, all in all. */
  readonly instanceMsPer1000: number;
  /** While nobody calls: of each instance, in a second. */
  readonly idleBytesOutPerSecond: number;
  readonly idleCommandsPerSecond: number;
  readonly idleInstanceMsPerSecond: number;
  /** Of each removal, for all instances; what is read while nobody calls is not in it. */
  readonly bytesOutPerRemoval: number;
  readonly commandsPerRemoval: number;
  /** Bytes that an instance reads while the fleet starts. */
  readonly bytesOutPerStart: number;
  /** Instances that told at the end another number of calls than were made. */
  readonly untrue: number;
}

interface Removed {
  readonly delays: number[];
  readonly unheard: number;
  readonly removals: number;
}

/** Removes keys one at a time, and waits until every other instance has received the removal. */
async function remove(fleet: Fleet, limitMs = Infinity): Promise<Removed> {
  const delays: number[] = [];
  let unheard = 0;
  let removals = 0;
  for (const until = Date.now() + limitMs; removals < REMOVALS && Date.now() < until; removals += 1) {
    const heard: Heard[] = [];
    fleet.onHeard = (each) => heard.push(each);
    const { keyId, at } = await fleet.remove((removals * 7) % fleet.instances);
    const ofThis = (): Heard[] => heard.filter((each) => each.keyId === keyId);
    const isHeard = (): boolean => ofThis().reduce((sum, { instances }) => sum + instances, 0) === fleet.instances - 1;
    for (const end = Date.now() + LONGEST_MS; !isHeard() && Date.now() < end;) await sleep(1);
    if (!isHeard()) unheard += 1;
    else if (fleet.instances > 1) delays.push(Math.max(...ofThis().map((each) => each.at)) - at);
    await sleep(5);
  }
  return { delays, unheard, removals };
}

/** Waits until what was begun is done: under load a start takes long to spread. */
async function rested(redis: Redis): Promise<void> {
  let before = Infinity;
  for (const end = Date.now() + LONGEST_REST_MS; Date.now() < end;) {
    const { used } = await usageOf(redis, () => sleep(REST_MS));
    if (Math.abs(used.bytesOut - before) < 0.25 * before) return;
    before = used.bytesOut;
  }
}

/**
 * How many instances tell another number of calls than were made, also after a while. One of each process is asked at a time, as nobody looks at
 * all instances at once: who looks after long reads all that is stored.
 */
async function untrueCounts(fleet: Fleet, calls: number): Promise<number> {
  const isTrue = ({ requests, successes }: Counts): boolean => requests === calls && successes === calls;
  let sum = 0;
  for (let instance = 0; instance < fleet.mostPerProcess; instance += 1) {
    const ask = async (): Promise<Counts[]> => (await fleet.look(instance)).filter((counts) => !isTrue(counts));
    let untrue = await ask();
    for (const end = Date.now() + TRUE_WITHIN_MS; untrue.length > 0 && Date.now() < end; untrue = await ask())
      await sleep(500);
    if (untrue.length > 0) say(`cluster: made ${calls} calls, and told ${JSON.stringify(untrue)}`);
    sum += untrue.length;
  }
  return sum;
}

/** Starts one Redis with a number of instances on it, and measures. */
export async function measureFleet({ perSecond, callingMs, ...size }: Load): Promise<FleetFigures> {
  const server = await RedisServer.start();
  const redis = new Redis(server.url);
  try {
    const { found: fleet, used: starting } = await usageOf(redis, () => Fleet.start(server.url, size, KEYS));
    const warmedUp = await fleet.call({ ms: WARM_UP_MS, perSecond });
    await sleep(START_MS);
    await rested(redis);
    const { found: asleep, used: resting } = await usageOf(redis, () => fleet.call({ ms: IDLE_MS, perSecond: 0 }));
    const { found: called, used } = await usageOf(redis, async () => {
      const made = await fleet.call({ ms: callingMs, perSecond });
      await sleep(COUNTED_MS);
      return made;
    });
    // Removed keys are checked again and again: what that costs must not be in the figures of calls.
    const { found: idle, used: removing } = await usageOf(redis, () => remove(fleet));
    const calling = fleet.call({ ms: REMOVING_MS, perSecond });
    const busy = await remove(fleet, REMOVING_MS);
    const calledLast = await calling;
    const untrue = await untrueCounts(fleet, warmedUp.calls + called.calls + calledLast.calls);
    await fleet.close();
    const whileRemoving = (perSecondOf: number): number => perSecondOf * removing.seconds;
    return {
      idle: spread(idle.delays),
      idleP99: quantile(idle.delays, 0.99),
      busy: spread(busy.delays),
      busyP99: quantile(busy.delays, 0.99),
      unheard: idle.unheard + busy.unheard,
      calls: called.calls,
      bytesInPerCall: used.bytesIn / called.calls,
      bytesOutPerCall: used.bytesOut / called.calls,
      commandsPerCall: used.commands / called.calls,
      reconnected: used.connections,
      redisLoad: used.cpuMs / 1_000 / used.seconds,
      instanceMsPer1000: (called.cpuMs / called.calls) * 1_000,
      idleBytesOutPerSecond: resting.bytesOut / resting.seconds / size.instances,
      idleCommandsPerSecond: resting.commands / resting.seconds / size.instances,
      idleInstanceMsPerSecond: asleep.cpuMs / resting.seconds / size.instances,
      bytesOutPerRemoval: (removing.bytesOut - whileRemoving(resting.bytesOut / resting.seconds)) / idle.removals,
      commandsPerRemoval: (removing.commands - whileRemoving(resting.commands / resting.seconds)) / idle.removals,
      bytesOutPerStart: starting.bytesOut / size.instances,
      untrue,
    };
  } finally {
    redis.disconnect();
    await server.stop();
  }
}
