import { bytesPerCall } from '../lib/bytes';
import type { Goal, Report } from '../lib/report';
import { inLoops, interleaved, type Case } from '../lib/rounds';
import { say } from '../lib/say';
import { shown, shownSpread, spread, type Spread } from '../lib/statistics';
import { ourCalls } from './our-calls';
import { peerCalls } from './peer-calls';
import { loadPeers } from './peers';

const ROUNDS = 11;
const RAW = 'raw await';
const YARDSTICK = 'cockatiel retry';

interface Found {
  /** Nanoseconds beyond the raw await, 1 and 64 in flight. */
  readonly one: Spread;
  readonly many: Spread;
  /** As multiples of what cockatiel's retry adds, in the same round. */
  readonly ratio: Spread;
  readonly bytes: number;
}

/** What a wrapper adds to a call that is resolved already. */
export async function measure(): Promise<Report> {
  const ours = await ourCalls();
  const calls = [...peerCalls(await loadPeers()), ...ours.calls];
  const casesOf = (inFlight: number): Case[] =>
    calls.map(({ name, call, mostCalls }) => ({ name, run: inLoops(call, inFlight), mostCalls }));
  say('overhead: 1 in flight');
  const one = await interleaved(casesOf(1), ROUNDS);
  say('overhead: 64 in flight');
  const many = await interleaved(casesOf(64), ROUNDS);
  say('overhead: bytes');
  const bytes = new Map<string, number>();
  for (const each of casesOf(1)) bytes.set(each.name, await bytesPerCall(each));
  await ours.close();

  const found = new Map<string, Found>();
  for (const { name } of calls) {
    const added = beyond(one.get(name)!, one.get(RAW)!);
    const yardstick = beyond(one.get(YARDSTICK)!, one.get(RAW)!);
    found.set(name, {
      one: spread(added),
      many: spread(beyond(many.get(name)!, many.get(RAW)!)),
      ratio: spread(added.map((each, round) => each / yardstick[round]!)),
      bytes: bytes.get(name)! - bytes.get(RAW)!,
    });
  }
  return report(found, spread(one.get(RAW)!));
}

const beyond = (measured: readonly number[], base: readonly number[]): number[] =>
  measured.map((each, round) => each - base[round]!);

function report(found: ReadonlyMap<string, Found>, raw: Spread): Report {
  const rows = [...found].map(([name, { one, many, ratio, bytes }]) =>
    name === RAW
      ? [name, `0 (takes ${shown(raw.median)})`, '', 0, '']
      : [name, shownSpread(one), shownSpread(many), shown(bytes), shownSpread(ratio)],
  );
  const columns = ['case', 'ns added, 1 in flight', 'ns added, 64 in flight', 'bytes added', "× cockatiel's retry"];
  const title = 'What a wrapper adds to a call that is resolved already: medians, and the middle half in brackets';
  return {
    tables: [{ title, columns, rows }],
    goals: goals(found),
    data: Object.fromEntries<number | Spread>(
      [...found].flatMap(([name, { one, many, ratio, bytes }]): [string, number | Spread][] => [
        [`${name}: ns, 1 in flight`, one],
        [`${name}: ns, 64 in flight`, many],
        [`${name}: ratio`, ratio],
        [`${name}: bytes`, bytes],
      ]),
    ),
  };
}

function goals(found: ReadonlyMap<string, Found>): Goal[] {
  const of = (name: string): Found => found.get(name)!;
  const ns = (name: string): number => of(name).one.median;
  const [hundred, most] = ['this package, 100 keys', 'this package, 100,000 keys'];
  const withDeadline = `${hundred}, deadline`;
  const flat = ns(most) / ns(hundred);
  const slowPeers = ['p-retry', 'LangChain AsyncCaller', 'ai-retry'];
  const nearest = Math.min(...slowPeers.map(ns)) / ns(hundred);
  const goal = (text: string, measured: string, met: boolean): Goal => ({ goal: text, measured, met });
  return [
    goal('≤ 600 ns at 100 keys, all features on', `${shown(ns(hundred))} ns`, ns(hundred) <= 600),
    goal('≤ 1.5 kB at 100 keys, all features on', `${shown(of(hundred).bytes)} B`, of(hundred).bytes <= 1_500),
    goal('≤ 1 µs with a deadline', `${shown(ns(withDeadline))} ns`, ns(withDeadline) <= 1_000),
    goal('at 100,000 keys ≤ 2.5 × of 100', `${shown(flat)} ×`, flat <= 2.5),
    goal(
      'less than cockatiel retry + breaker',
      `${shown(ns(hundred) / ns('cockatiel retry + breaker'))} ×`,
      ns(hundred) < ns('cockatiel retry + breaker'),
    ),
    goal(
      'with a deadline, less than cockatiel retry + breaker + timeout',
      `${shown(ns(withDeadline) / ns('cockatiel retry + breaker + timeout'))} ×`,
      ns(withDeadline) < ns('cockatiel retry + breaker + timeout'),
    ),
    goal('15 × less than p-retry, AsyncCaller and ai-retry', `${shown(nearest)} × less`, nearest >= 15),
    goal(
      'less than poolswitch-node at 3, 100 and 10,000 keys',
      [3, 100, 10_000].map((n) => `${shown(poolSwitchRatio(n, ns))} ×`).join(', ') + ' less',
      [3, 100, 10_000].every((n) => poolSwitchRatio(n, ns) > 1),
    ),
  ];
}

function poolSwitchRatio(keys: number, ns: (name: string) => number): number {
  const label = keys.toLocaleString('en-US');
  return ns(`poolswitch-node, ${label} keys`) / ns(`this package, ${label} keys`);
}
