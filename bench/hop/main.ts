import type { Goal, Report } from '../lib/report';
import { say } from '../lib/say';
import { quantile, shown, shownSpread, spread, type Spread } from '../lib/statistics';
import { measureOwnCost, type OwnCost } from './own-cost';
import { openWays, type Way } from './ways';

const ROUNDS = 15;
const LOADS = [
  { inFlight: 1, calls: 150 },
  { inFlight: 64, calls: 640 },
];

interface Slice {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Calls per second. */
  readonly throughput: number;
}

interface Found {
  readonly way: string;
  readonly inFlight: number;
  readonly slices: readonly Slice[];
}

async function slice({ call }: Way, inFlight: number, calls: number): Promise<Slice> {
  const times: number[] = [];
  const begin = performance.now();
  const loop = async (): Promise<void> => {
    for (let n = 0; n < calls / inFlight; n += 1) {
      const began = performance.now();
      await call();
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const seconds = (performance.now() - begin) / 1_000;
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), throughput: times.length / seconds };
}

/** Measures a whole HTTP call to a vendor on this machine: direct, by the managed fetch, and by a gateway; and what of it is the managed fetch's own. */
export async function measure(): Promise<Report> {
  say('hop: own cost');
  const own = await measureOwnCost();
  const opened = await openWays();
  const { ways, notes } = opened;
  const found: Found[] = [];
  for (const { inFlight, calls } of LOADS) {
    say(`hop: ${inFlight} in flight`);
    const slices = new Map<Way, Slice[]>(ways.map((way) => [way, []]));
    for (const way of ways) for (let n = 0; n < 3; n += 1) await slice(way, inFlight, calls);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const way of ways) slices.get(way)!.push(await slice(way, inFlight, calls));
    }
    for (const way of ways) found.push({ way: way.name, inFlight, slices: slices.get(way)! });
  }
  await opened.close();
  return report(found, own, notes);
}

const of = (found: Found, measure: keyof Slice): Spread => spread(found.slices.map((each) => each[measure]));

function report(found: readonly Found[], own: OwnCost, notes: readonly string[]): Report {
  const direct = (inFlight: number): Found =>
    found.find((each) => each.way === 'direct' && each.inFlight === inFlight)!;
  const ratio = (each: Found): Spread =>
    spread(each.slices.map(({ throughput }, n) => throughput / direct(each.inFlight).slices[n]!.throughput));
  return {
    tables: [
      {
        title: 'One HTTP call on loopback, vendor in a process of its own',
        columns: ['way', 'in flight', 'p50, ms', 'p99, ms', 'calls/s', '× of the direct throughput'],
        rows: found.map((each) => [
          each.way,
          each.inFlight,
          shownSpread(of(each, 'p50')),
          shownSpread(of(each, 'p99')),
          shownSpread(of(each, 'throughput')),
          shownSpread(ratio(each)),
        ]),
      },
      {
        title:
          'The same without a network: the global fetch makes the request and gives an answer, and nothing is sent',
        columns: ['', 'processor time, µs', '× of the stubbed call'],
        rows: [
          ['stubbed call', shownSpread(own.stub), 1],
          ['the managed fetch adds', shownSpread(own.added), shownSpread(own.ratio)],
        ],
      },
    ],
    goals: [...goals(found), ownGoal(own)],
    notes,
    data: {
      'own cost, µs': own.added,
      'own cost, × of a stubbed call': own.ratio,
      ...dataOf(found),
    },
  };
}

const ownGoal = ({ ratio }: OwnCost): Goal => ({
  goal: 'own cost at most 0.75 × of a call with the global fetch stubbed',
  measured: `${shown(ratio.median)} ×`,
  met: ratio.median <= 0.75,
});

const dataOf = (found: readonly Found[]): Record<string, Spread> =>
  Object.fromEntries(
    found.flatMap((each) =>
      (['p50', 'p99', 'throughput'] as const).map((measure) => [
        `${each.way}, ${each.inFlight} in flight: ${measure}`,
        of(each, measure),
      ]),
    ),
  );

function goals(found: readonly Found[]): Goal[] {
  const get = (way: string, inFlight: number): Found | undefined =>
    found.find((each) => each.way === way && each.inFlight === inFlight);
  const [gateway, ours, straight] = [get('Portkey gateway', 64), get('managed fetch', 64), get('direct', 64)];
  if (!gateway || !ours || !straight) return [];
  const faster = of(ours, 'throughput').median / of(gateway, 'throughput').median;
  const ofDirect = spread(ours.slices.map(({ throughput }, n) => throughput / straight.slices[n]!.throughput)).median;
  const added = (way: string): number => of(get(way, 1)!, 'p50').median - of(get('direct', 1)!, 'p50').median;
  return [
    {
      goal: '0.95 × of the direct throughput at 64 in flight',
      measured: `${shown(ofDirect)} ×`,
      met: ofDirect >= 0.95,
    },
    { goal: '10 × the throughput of the gateway at 64 in flight', measured: `${shown(faster)} ×`, met: faster >= 10 },
    {
      goal: 'less p50 added than the gateway adds, 1 in flight',
      measured: `${shown(added('managed fetch'))} against ${shown(added('Portkey gateway'))} ms`,
      met: added('managed fetch') < added('Portkey gateway'),
    },
  ];
}
