import type { Goal, Report, Table } from '../lib/report';
import { runApart } from '../lib/run-apart';
import { isNoise, shown, shownDifference, shownSpread, type Spread } from '../lib/statistics';
import { costOfLimits, type CostOfLimits } from './limits';
import { isLarge, measured, RAW, YARDSTICK, type Found } from './measured';
import { ourCalls } from './our-calls';
import { peerCalls } from './peer-calls';
import { loadPeers } from './peers';
import { costOfUsage, type CostOfUsage } from './usage';

type Results = ReadonlyMap<string, Found>;

/** What a wrapper adds to a call that is resolved already. */
export async function measure(): Promise<Report> {
  const peers = peerCalls(await loadPeers()).filter(({ name }) => !isLarge(name) || name === RAW || name === YARDSTICK);
  const ours = await ourCalls([3, 100]);
  const small = await measured([...peers, ...ours.calls]);
  await ours.close();
  const large = new Map(await runApart<[string, Found][]>('overhead/large'));
  return report(small, large, await costOfLimits(), await costOfUsage());
}

function report(
  small: Results,
  large: Results,
  limits: readonly CostOfLimits[],
  usage: readonly CostOfUsage[],
): Report {
  return {
    tables: [
      table('What a wrapper adds to a call that is resolved already: medians, and the middle half in brackets', small),
      table('The same in an app with large pools', large),
      limitsTable(limits),
      usageTable(usage),
    ],
    goals: [...goals(small, large), limitsGoal(limits)],
    data: { ...data(small, ''), ...data(large, 'large pools: '), ...limitsData(limits), ...usageData(usage) },
  };
}

function table(title: string, found: Results): Table {
  const rows = [...found].map(([name, { takes, one, many, ratio, bytes }]) =>
    name === RAW
      ? [name, `0 (takes ${shown(takes.median)})`, '', 0, '']
      : [name, shownDifference(one), shownDifference(many), shown(bytes), ratio && shownSpread(ratio)],
  );
  const columns = ['case', 'ns added, 1 in flight', 'ns added, 64 in flight', 'bytes added', "× cockatiel's retry"];
  return { title, columns, rows };
}

const limitsTable = (limits: readonly CostOfLimits[]): Table => ({
  title: 'Lease and settle alone, 100 keys',
  columns: ['case', 'ns', '× of one without limits'],
  rows: limits.map(({ name, ns, ratio }) => [name, shownSpread(ns), shownSpread(ratio)]),
});

const usageTable = (usage: readonly CostOfUsage[]): Table => ({
  title: 'What it adds to a managed call that its answer states what it used',
  columns: ['case', 'ns added', '× of an answer that states nothing'],
  rows: usage.map(({ name, added, ratio }) => [name, shownSpread(added), shownSpread(ratio)]),
});

const usageData = (usage: readonly CostOfUsage[]): Record<string, Spread> =>
  Object.fromEntries(usage.map(({ name, ratio }) => [`${name}: ratio`, ratio]));

function limitsGoal(limits: readonly CostOfLimits[]): Goal {
  const most = Math.max(...limits.map(({ ratio }) => ratio.median));
  return { goal: 'a lease with limits ≤ 1.3 × of one without', measured: `${shown(most)} ×`, met: most <= 1.3 };
}

const limitsData = (limits: readonly CostOfLimits[]): Record<string, Spread> =>
  Object.fromEntries(limits.map(({ name, ratio }) => [`${name}: ratio`, ratio]));

function data(found: Results, prefix: string): Record<string, number | Spread> {
  return Object.fromEntries<number | Spread>(
    [...found].flatMap(([name, { one, many, ratio, bytes }]): [string, number | Spread][] => [
      [`${prefix}${name}: ns, 1 in flight`, one],
      [`${prefix}${name}: ns, 64 in flight`, many],
      ...(ratio ? [[`${prefix}${name}: ratio`, ratio] satisfies [string, Spread]] : []),
      [`${prefix}${name}: bytes`, bytes],
    ]),
  );
}

function goals(small: Results, large: Results): Goal[] {
  const of = (name: string): Found => small.get(name)!;
  const [hundred, most] = ['this package, 100 keys', 'this package, 100,000 keys'];
  const withDeadline = `${hundred}, deadline`;
  const flat = times(large.get(most)!, large.get(hundred)!);
  const breaker = times(of(hundred), of('cockatiel retry + breaker'));
  const timeout = times(of(withDeadline), of('cockatiel retry + breaker + timeout'));
  const slowPeers = ['p-retry', 'LangChain AsyncCaller', 'ai-retry'];
  const nearest = Math.min(...slowPeers.map((name) => times(of(name), of(hundred))));
  const poolSwitch = [poolSwitchRatio(3, small), poolSwitchRatio(100, small), poolSwitchRatio(10_000, large)];
  const goal = (text: string, measured: string, met: boolean): Goal => ({ goal: text, measured, met });
  const ns = (name: string, most: number, text: string): Goal =>
    goal(
      text,
      isNoise(of(name).one) ? 'within noise' : `${shown(of(name).one.median)} ns`,
      of(name).one.median <= most,
    );
  return [
    ns(hundred, 600, '≤ 600 ns at 100 keys, all features on'),
    goal('≤ 1.5 kB at 100 keys, all features on', `${shown(of(hundred).bytes)} B`, of(hundred).bytes <= 1_500),
    ns(withDeadline, 1_000, '≤ 1 µs with a deadline'),
    goal('at 100,000 keys ≤ 2.5 × of 100', shownTimes(flat), flat <= 2.5),
    goal('less than cockatiel retry + breaker', shownTimes(breaker), breaker < 1),
    goal('with a deadline, less than cockatiel retry + breaker + timeout', shownTimes(timeout), timeout < 1),
    goal('15 × less than p-retry, AsyncCaller and ai-retry', `${shownTimes(nearest)} less`, nearest >= 15),
    goal(
      'less than poolswitch-node at 3, 100 and 10,000 keys',
      poolSwitch.map(shownTimes).join(', ') + ' less',
      poolSwitch.every((each) => each > 1),
    ),
  ];
}

/** How many times the one costs what the other does; NaN where either cannot be told from nothing, so that it meets no goal. */
const times = (one: Found, other: Found): number =>
  isNoise(one.one) || isNoise(other.one) ? NaN : one.one.median / other.one.median;

const shownTimes = (ratio: number): string => (Number.isNaN(ratio) ? 'within noise' : `${shown(ratio)} ×`);

function poolSwitchRatio(keys: number, found: Results): number {
  const label = keys.toLocaleString('en-US');
  const of = (name: string): Found => found.get(`${name}, ${label} keys`)!;
  return times(of('poolswitch-node'), of('this package'));
}
