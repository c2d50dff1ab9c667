import { loadavg } from 'node:os';
import type { Goal, Report, Table } from '../lib/report';
import { say } from '../lib/say';
import { shown, shownSpread } from '../lib/statistics';
import { BEFORE } from './before';
import { measureFleet, type FleetFigures, type Load } from './measure-fleet';
import { measureNodes, type NodeFigures, type NodesLoad } from './measure-nodes';
import { measureStarts, startTable } from './starting';

/** As an app under heavy traffic: each instance a process. */
const BUSY: Load[] = [4, 8].map((instances) => ({
  instances,
  processes: instances,
  perSecond: 500,
  callingMs: 20_000,
}));
/** Many small instances, several in each process. Also four of them make a thousand calls. */
const LIGHT: Load[] = [4, 8, 32, 200].map((instances) => ({
  instances,
  processes: Math.min(Math.ceil(instances / 4), 16),
  perSecond: 5,
  callingMs: 50_000,
}));
/** On a Redis Cluster of three masters, with calls that meet in few keys, and in hardly any. */
const NODES: NodesLoad[] = [100, 20_000].flatMap((keys) =>
  [1, 3].map((shards) => ({ shards, keys, instances: 4, processes: 1, perSecond: 100 })),
);
/** What was measured before the counts were no longer told was measured with so many. */
const COMPARED = 8;

const START = 'start';
const machineLoad = (): string => `Load of the machine in the minute before the end: ${loadavg()[0]!.toFixed(1)}.`;

type Measured = Load & FleetFigures;
type MeasuredNodes = NodesLoad & { readonly nodes: readonly NodeFigures[] };

/**
 * Instances on one Redis: how fast a removal spreads, and what counts cost as there are more.
 * @param flags `--only=words`: the rows whose names have these words; `--only=start`: what a start of the whole fleet costs, alone.
 */
export async function measure(flags: readonly string[] = []): Promise<Report> {
  const only = flags.find((flag) => flag.startsWith('--only='))?.slice('--only='.length) ?? '';
  const starts = only === '' || only === START ? await measureStarts() : [];
  const startData = starts.flatMap(({ instances, ...figures }) =>
    Object.entries(figures).map(([name, figure]) => [`${instances} instances start at once: ${name}`, figure] as const),
  );
  if (only === START)
    return { tables: [startTable(starts)], goals: [], notes: [machineLoad()], data: Object.fromEntries(startData) };
  const found: Measured[] = [];
  const loads: string[] = [];
  for (const load of [...BUSY, ...LIGHT].filter((each) => named(each).includes(only))) {
    say(`cluster: ${named(load)}`);
    found.push({ ...load, ...(await measureFleet(load)) });
    loads.push(`${loadavg()[0]!.toFixed(1)} (${named(load)})`);
  }
  const divided: MeasuredNodes[] = [];
  for (const load of NODES.filter((each) => namedNodes(each).includes(only))) {
    say(`cluster: ${namedNodes(load)}`);
    divided.push({ ...load, nodes: await measureNodes(load) });
    loads.push(`${loadavg()[0]!.toFixed(1)} (${namedNodes(load)})`);
  }
  return {
    tables: [startTable(starts), callsTable(found), restTable(found), nodesTable(divided)].filter(
      ({ rows }) => rows.length > 0,
    ),
    goals: found.length > 0 ? goalsOf(found) : [],
    notes: [
      'Of the calls 0.1 % meet a rate limit of two seconds, which all instances are told of. Keys: 1,000 where the table says nothing else. What the instances do without calls is in the figures per call; a window ends when all counts are written. Commands are counted with those inside of scripts.',
      `Load of the machine in the minute before each end, the benchmark's own included: ${loads.join(', ')}.`,
    ],
    data: Object.fromEntries([
      ...startData,
      ...found.flatMap((each) => {
        const { instances: _, processes: __, perSecond: ___, callingMs: ____, ...figures } = each;
        return Object.entries(figures).map(([name, figure]) => [`${named(each)}: ${name}`, figure] as const);
      }),
      ...divided.flatMap((each) =>
        each.nodes.flatMap((node, n) =>
          Object.entries(node).map(
            ([name, figure]: [string, number]) => [`${namedNodes(each)}: master ${n + 1}: ${name}`, figure] as const,
          ),
        ),
      ),
    ]),
  };
}

const named = ({ instances, perSecond }: Load): string => `${instances} instances, ${perSecond} calls a second each`;

const namedNodes = ({ shards, keys }: NodesLoad): string => `${shards} shards on three masters, ${keys} keys`;

const nodesTable = (divided: readonly MeasuredNodes[]): Table => ({
  title: 'Four instances of 100 calls a second each on a Redis Cluster: what its three masters do',
  columns: [
    'keys',
    'shards',
    'of them on each master',
    'commands per call',
    'bytes out per call',
    'µs of its processor per call',
    'µs of scripts per call, by the clock',
  ],
  rows: divided.map(({ keys, shards, nodes }) => {
    const each = (figure: (node: NodeFigures) => number): string =>
      nodes.map((node) => shown(figure(node))).join(' + ');
    return [
      keys,
      shards,
      each(({ shardsHere }) => shardsHere),
      each(({ commandsPerCall }) => commandsPerCall),
      each(({ bytesOutPerCall }) => bytesOutPerCall),
      each(({ cpuUsPerCall }) => cpuUsPerCall),
      each(({ scriptUsPerCall }) => scriptUsPerCall),
    ];
  }),
});

const callsTable = (found: readonly Measured[]): Table => ({
  title: 'Calls of n instances on one Redis',
  columns: [
    'instances',
    'processes',
    'calls a second each',
    'bytes to Redis per call',
    'bytes from Redis per call',
    'commands per call',
    'connections made anew',
    'Redis, share of a core',
    'instances, ms of CPU per 1,000 calls',
    'with untrue counts at the end',
  ],
  rows: found.map((each) => [
    each.instances,
    each.processes,
    each.perSecond,
    shown(each.bytesInPerCall),
    shown(each.bytesOutPerCall),
    shown(each.commandsPerCall),
    each.reconnected,
    `${(each.redisLoad * 100).toFixed(1)} %`,
    shown(each.instanceMsPer1000),
    each.untrue,
  ]),
});

const restTable = (found: readonly Measured[]): Table => ({
  title: 'Removals, to the slowest of the other instances; and what an instance takes without calls',
  columns: [
    'instances',
    'calls a second each',
    'removal known, idle, ms',
    'p99',
    'while all call, ms',
    'p99',
    'unheard of',
    'bytes from Redis per removal and instance',
    'commands per removal and instance',
    'idle: bytes from Redis per second',
    'commands per second',
    'ms of CPU per second',
    'kB from Redis per start',
  ],
  rows: found.map((each) => {
    const isAlone = each.instances === 1;
    return [
      each.instances,
      each.perSecond,
      isAlone ? undefined : shownSpread(each.idle),
      shown(each.idleP99),
      isAlone ? undefined : shownSpread(each.busy),
      shown(each.busyP99),
      isAlone ? undefined : each.unheard,
      shown(each.bytesOutPerRemoval / each.instances),
      shown(each.commandsPerRemoval / each.instances),
      shown(each.idleBytesOutPerSecond),
      shown(each.idleCommandsPerSecond),
      shown(each.idleInstanceMsPerSecond),
      shown(each.bytesOutPerStart / 1_000),
    ];
  }),
});

/** Of what was measured: a run of some sizes shows some of the goals. */
function goalsOf(found: readonly Measured[]): Goal[] {
  const goals: Goal[] = [];
  const at = (instances: number, perSecond: number): Measured | undefined =>
    found.find((each) => each.instances === instances && each.perSecond === perSecond);
  const [few, many] = [at(LIGHT[0]!.instances, LIGHT[0]!.perSecond), at(LIGHT.at(-1)!.instances, LIGHT[0]!.perSecond)];
  if (few && many) {
    const growth = many.bytesOutPerCall / few.bytesOutPerCall;
    goals.push({
      goal: `bytes from Redis per call with ${many.instances} instances ≤ 1.2 × those with ${few.instances}`,
      measured: `${growth.toFixed(2)} ×`,
      met: growth <= 1.2,
    });
  }
  for (const { perSecond, commandsPerCall } of BEFORE.loads) {
    const now = at(COMPARED, perSecond);
    if (!now) continue;
    const share = now.commandsPerCall / commandsPerCall;
    goals.push({
      goal: `commands per call ≤ 0.2 × of what they were (${shown(commandsPerCall)}, ${BEFORE.commit}, ${BEFORE.date}), ${named(now)}`,
      measured: `${share.toFixed(2)} ×`,
      met: share <= 0.2,
    });
  }
  const idleP99 = Math.max(...found.filter(({ instances }) => instances > 1).map((each) => each.idleP99));
  const reconnected = found.reduce((sum, each) => sum + each.reconnected, 0);
  const unheard = found.reduce((sum, each) => sum + each.unheard, 0);
  const untrue = found.reduce((sum, each) => sum + each.untrue, 0);
  goals.push(
    {
      goal: 'no connection lost while calls are measured: else the machine is too busy for these figures',
      measured: String(reconnected),
      met: reconnected === 0,
    },
    {
      goal: 'a removed key gone everywhere in ≤ 50 ms p99, idle',
      measured: `${shown(idleP99)} ms`,
      met: idleP99 <= 50,
    },
    { goal: 'no removal unheard of', measured: String(unheard), met: unheard === 0 },
    {
      goal: 'every instance tells at the end as many calls as were made',
      measured: untrue === 0 ? 'all' : `${untrue} do not`,
      met: untrue === 0,
    },
  );
  return goals;
}
