import type { Report } from '../lib/report';
import { say } from '../lib/say';
import { shown, shownSpread } from '../lib/statistics';
import { measureFleet, type FleetFigures } from './measure-fleet';

const SIZES = [1, 2, 4, 8];

/** Instances on one Redis: how fast a removal spreads, and what statistics cost as there are more. */
export async function measure(): Promise<Report> {
  const found: FleetFigures[] = [];
  for (const size of SIZES) {
    say(`cluster: ${size} instances`);
    found.push(await measureFleet(size));
  }
  const several = found.filter(({ instances }) => instances > 1);
  const idleP99 = Math.max(...several.map((each) => each.idleP99));
  const unheard = several.reduce((sum, each) => sum + each.unheard, 0);
  return {
    tables: [
      {
        title: 'n instances on one Redis, 1,000 keys, each instance 500 calls a second; times to the slowest instance',
        columns: [
          'instances',
          'removal known, idle, ms',
          'p99',
          'while all call, ms',
          'p99',
          'bytes to Redis per call',
          'bytes from Redis per call',
          'commands/s',
          'Redis, share of a core',
          'an instance, ms of CPU per 1,000 calls',
        ],
        rows: found.map((each) => [
          each.instances,
          each.instances > 1 ? shownSpread(each.idle) : undefined,
          shown(each.idleP99),
          each.instances > 1 ? shownSpread(each.busy) : undefined,
          shown(each.busyP99),
          shown(each.bytesInPerCall),
          shown(each.bytesOutPerCall),
          shown(each.commandsPerSecond),
          `${(each.redisLoad * 100).toFixed(1)} %`,
          shown(each.instanceMsPer1000),
        ]),
      },
    ],
    goals: [
      {
        goal: 'a removed key gone everywhere in ≤ 25 ms p99, idle',
        measured: `${shown(idleP99)} ms`,
        met: idleP99 <= 25,
      },
      { goal: 'no removal unheard of', measured: String(unheard), met: unheard === 0 },
    ],
    data: Object.fromEntries(
      found.flatMap(({ instances, ...figures }) =>
        Object.entries(figures).map(([name, figure]) => [`${instances} instances: ${name}`, figure] as const),
      ),
    ),
  };
}
