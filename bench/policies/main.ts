import type { Goal, Report, Table } from '../lib/report';
import { say } from '../lib/say';
import { FORMER_ROWS, FORMER_STRETCH_ROWS } from './former-rows';
import { ISSUE_ROWS } from './issue-rows';
import { fairOracle, greedyOracle } from './oracle';
import { ours } from './ours';
import { blindRetry, fixedCooldown, retryAfterCooldown } from './peers';
import type { Policy } from './policy';
import type { Scenario } from './scenario';
import { INSTANCE_ROWS, VENDOR_ROWS } from './shape-rows';
import { simulate, type Figures } from './simulate';
import { cell, cellOfOurs, goalText, isMet, type Found } from './verdict';

const SEEDS = [11, 23, 47];
const ORACLES = [greedyOracle, fairOracle];
const PEERS = [retryAfterCooldown, blindRetry, fixedCooldown];

interface ScenarioTable {
  readonly title: string;
  readonly rows: readonly Scenario[];
  /** Policies beside this package and the oracles. */
  readonly peers: readonly Policy[];
}

interface Row {
  readonly scenario: Scenario;
  readonly figures: ReadonlyMap<Policy, Found>;
}

/**
 * Policies under rate limits, in virtual time: nothing here depends on the machine.
 * @param flags `--all`: also what the usual run leaves out. `--only=words`: the rows whose names have these words.
 */
export async function measure(flags: readonly string[] = []): Promise<Report> {
  const isWhole = flags.includes('--all');
  const only = flags.find((flag) => flag.startsWith('--only='))?.slice('--only='.length) ?? '';
  const peers = isWhole ? PEERS : [];
  const tables: ScenarioTable[] = [
    { title: 'Where limits were found wanting', rows: ISSUE_ROWS, peers: PEERS },
    { title: 'Instances on one store', rows: INSTANCE_ROWS, peers },
    { title: 'Vendors that are other than they seem', rows: VENDOR_ROWS, peers },
    { title: 'One instance, five minutes, calls wait for two seconds', rows: FORMER_ROWS, peers },
    ...(isWhole ? [{ title: 'The same, harder', rows: FORMER_STRETCH_ROWS, peers }] : []),
  ];
  const found: { readonly table: ScenarioTable; readonly rows: readonly Row[] }[] = [];
  for (const table of tables) {
    const rows: Row[] = [];
    for (const scenario of table.rows) {
      if (!scenario.name.includes(only)) continue;
      say(`policies: ${scenario.name}`);
      rows.push(await rowOf(scenario, [...ORACLES, ours, ...table.peers]));
    }
    if (rows.length > 0) found.push({ table, rows });
  }
  return {
    tables: found.map(({ table, rows }) => shownTable(table, rows)),
    goals: found.map(({ table: { title }, rows }) => goalOf(title, rows)),
    notes: [
      'A cell is the goodput, 429 answers per 100 good ones, and lost calls where there are any; each the worst of three seeds.',
      'Where the goal is a share of the oracle, it is that of the oracle with bounded overtaking and the same seed.',
    ],
    data: Object.fromEntries(found.flatMap(({ rows }) => rows.flatMap(dataOf))),
  };
}

async function rowOf(scenario: Scenario, policies: readonly Policy[]): Promise<Row> {
  const bySeed = new Map<Policy, Figures[]>();
  for (const policy of policies) {
    const runs: Figures[] = [];
    for (const seed of SEEDS) runs.push(await simulate(policy, scenario, seed));
    bySeed.set(policy, runs);
  }
  const oracle = bySeed.get(fairOracle)!;
  return {
    scenario,
    figures: new Map(policies.map((policy) => [policy, worstOf(bySeed.get(policy)!, oracle)])),
  };
}

const worstOf = (runs: readonly Figures[], oracle: readonly Figures[]): Found => ({
  offered: runs[0]!.offered,
  goodput: Math.min(...runs.map(({ goodput }) => goodput)),
  ofOracle: Math.min(...runs.map(({ goodput }, at) => goodput / oracle[at]!.goodput)),
  refusedPer100: Math.max(...runs.map(({ refusedPer100 }) => refusedPer100)),
  refusedLaterPer100: Math.max(...runs.map(({ refusedLaterPer100 }) => refusedLaterPer100)),
  lost: Math.max(...runs.map(({ lost }) => lost)),
});

function shownTable({ title, peers }: ScenarioTable, rows: readonly Row[]): Table {
  return {
    title,
    columns: ['scenario', ours.name, 'goal', '', ...[...ORACLES, ...peers].map(({ name }) => name)],
    rows: rows.map(({ scenario, figures }) => [
      scenario.name,
      cellOfOurs(scenario, figures.get(ours)!),
      goalText(scenario),
      isMet(scenario, figures.get(ours)!) ? 'met' : '**not met**',
      ...[...ORACLES, ...peers].map((policy) => cell(scenario, figures.get(policy)!)),
    ]),
  };
}

function goalOf(title: string, rows: readonly Row[]): Goal {
  const met = rows.filter(({ scenario, figures }) => isMet(scenario, figures.get(ours)!)).length;
  return { goal: `every row of “${title}”`, measured: `${met} of ${rows.length}`, met: met === rows.length };
}

function dataOf({ scenario, figures }: Row): [string, number][] {
  return [...figures].flatMap(
    ([{ name }, { goodput, refusedPer100, refusedLaterPer100, lost }]): [string, number][] => [
      [`${scenario.name}, ${name}: goodput`, goodput],
      [`${scenario.name}, ${name}: refused per 100`, refusedPer100],
      [`${scenario.name}, ${name}: refused per 100 after 5 s`, refusedLaterPer100],
      [`${scenario.name}, ${name}: lost`, lost],
    ],
  );
}
