import type { Goal, Report, Table } from '../lib/report';
import { runApart } from '../lib/run-apart';
import { shown, shownSpread, type Spread } from '../lib/statistics';
import { isLarge, measured, RAW, YARDSTICK, type Found } from './measured';
import { ourCalls } from './our-calls';
import { peerCalls } from './peer-calls';
import { loadPeers } from './peers';

type Results = ReadonlyMap<string, Found>;

/** What a wrapper adds to a call that is resolved already. */
export async function measure(): Promise<Report> {
  const peers = peerCalls(await loadPeers()).filter(({ name }) => !isLarge(name) || name === RAW || name === YARDSTICK);
  const ours = await ourCalls([3, 100]);
  const small = await measured([...peers, ...ours.calls]);
  await ours.close();
  return report(small, new Map(await runApart<[string, Found][]>('overhead/large')));
}

function report(small: Results, large: Results): Report {
  return {
    tables: [
      table('What a wrapper adds to a call that is resolved already: medians, and the middle half in brackets', small),
      table('The same in an app with large pools', large),
    ],
    goals: goals(small, large),
    data: { ...data(small, ''), ...data(large, 'large pools: ') },
  };
}

function table(title: string, found: Results): Table {
  const rows = [...found].map(([name, { takes, one, many, ratio, bytes }]) =>
    name === RAW
      ? [name, `0 (takes ${shown(takes.median)})`, '', 0, '']
      : [name, shownSpread(one), shownSpread(many), shown(bytes), shownSpread(ratio)],
  );
  const columns = ['case', 'ns added, 1 in flight', 'ns added, 64 in flight', 'bytes added', "× cockatiel's retry"];
  return { title, columns, rows };
}

function data(found: Results, prefix: string): Record<string, number | Spread> {
  return Object.fromEntries<number | Spread>(
    [...found].flatMap(([name, { one, many, ratio, bytes }]): [string, number | Spread][] => [
      [`${prefix}${name}: ns, 1 in flight`, one],
      [`${prefix}${name}: ns, 64 in flight`, many],
      [`${prefix}${name}: ratio`, ratio],
      [`${prefix}${name}: bytes`, bytes],
    ]),
  );
}

function goals(small: Results, large: Results): Goal[] {
  const of = (name: string): Found => small.get(name)!;
  const ns = (name: string): number => of(name).one.median;
  const [hundred, most] = ['this package, 100 keys', 'this package, 100,000 keys'];
  const withDeadline = `${hundred}, deadline`;
  const flat = large.get(most)!.one.median / large.get(hundred)!.one.median;
  const slowPeers = ['p-retry', 'LangChain AsyncCaller', 'ai-retry'];
  const nearest = Math.min(...slowPeers.map(ns)) / ns(hundred);
  const poolSwitch = [poolSwitchRatio(3, small), poolSwitchRatio(100, small), poolSwitchRatio(10_000, large)];
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
      poolSwitch.map((each) => `${shown(each)} ×`).join(', ') + ' less',
      poolSwitch.every((each) => each > 1),
    ),
  ];
}

function poolSwitchRatio(keys: number, found: Results): number {
  const label = keys.toLocaleString('en-US');
  const ns = (name: string): number => found.get(`${name}, ${label} keys`)!.one.median;
  return ns('poolswitch-node') / ns('this package');
}
