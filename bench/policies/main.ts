import type { Goal, Report, Table } from '../lib/report';
import { say } from '../lib/say';
import { shown } from '../lib/statistics';
import { FORMER_ROWS, FORMER_STRETCH_ROWS } from './former-rows';
import { ISSUE_ROWS } from './issue-rows';
import { fairOracle, greedyOracle } from './oracle';
import { ours } from './ours';
import { blindRetry, fixedCooldown, retryAfterCooldown } from './peers';
import type { Policy } from './policy';
import type { Scenario } from './scenario';
import { INSTANCE_ROWS, VENDOR_ROWS } from './shape-rows';
import { simulate, type Figures } from './simulate';

const SEEDS = [11, 23, 47];
const ORACLES = [greedyOracle, fairOracle];
const PEERS = [retryAfterCooldown, blindRetry, fixedCooldown];

interface ScenarioTable {
  readonly title: string;
  readonly rows: readonly Scenario[];
  /** Policies beside this package and the oracles. */
  readonly peers: readonly Policy[];
}

/** What one policy comes to, at worst. */
interface Worst extends Figures {
  /** Goodput as a share of that of the oracle with bounded overtaking, with the same seed. */
  readonly ofOracle: number;
}

interface Row {
  readonly scenario: Scenario;
  readonly figures: ReadonlyMap<Policy, Worst>;
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

const worstOf = (runs: readonly Figures[], oracle: readonly Figures[]): Worst => ({
  offered: runs[0]!.offered,
  goodput: Math.min(...runs.map(({ goodput }) => goodput)),
  ofOracle: Math.min(...runs.map(({ goodput }, at) => goodput / oracle[at]!.goodput)),
  refusedPer100: Math.max(...runs.map(({ refusedPer100 }) => refusedPer100)),
  refusedLaterPer100: Math.max(...runs.map(({ refusedLaterPer100 }) => refusedLaterPer100)),
  lost: Math.max(...runs.map(({ lost }) => lost)),
});

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function cell({ scenario: { goal } }: Row, figures: Worst): string {
  const { goodput, refusedPer100, refusedLaterPer100, lost, offered } = figures;
  const refused = goal.later ? refusedLaterPer100 : refusedPer100;
  const parts = [percent(goodput), goodput > 0 ? shown(refused) : '–'];
  if (goal.lost !== undefined && lost > 0) parts.push(`${lost} of ${offered} lost`);
  return parts.join(', ');
}

function goalText({ goodput, ofOracle, refusedPer100, later, lost }: Scenario['goal']): string {
  const parts = [`≥ ${Math.round(goodput * 100)} %${ofOracle ? ' of the oracle' : ''}`];
  parts.push(`≤ ${refusedPer100}${later ? ' after 5 s' : ''}`);
  if (lost !== undefined) parts.push(`${lost} lost`);
  return parts.join(', ');
}

function isMet({ scenario: { goal }, figures }: Row): boolean {
  const found = figures.get(ours)!;
  const refused = goal.later ? found.refusedLaterPer100 : found.refusedPer100;
  const goodput = goal.ofOracle ? found.ofOracle : found.goodput;
  return goodput >= goal.goodput && refused <= goal.refusedPer100 && found.lost <= (goal.lost ?? Infinity);
}

function shownTable({ title, peers }: ScenarioTable, rows: readonly Row[]): Table {
  return {
    title,
    columns: ['scenario', ours.name, 'goal', '', ...[...ORACLES, ...peers].map(({ name }) => name)],
    rows: rows.map((row) => {
      const { scenario, figures } = row;
      const found = figures.get(ours)!;
      const share = scenario.goal.ofOracle ? ` (${percent(found.ofOracle)} of the oracle)` : '';
      return [
        scenario.name,
        `${cell(row, found)}${share}`,
        goalText(scenario.goal),
        isMet(row) ? 'met' : '**not met**',
        ...[...ORACLES, ...peers].map((policy) => cell(row, figures.get(policy)!)),
      ];
    }),
  };
}

function goalOf(title: string, rows: readonly Row[]): Goal {
  const met = rows.filter(isMet).length;
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
