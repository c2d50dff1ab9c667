import { FORMER_ROWS, FORMER_STRETCH_ROWS } from './former-rows';
import { ISSUE_ROWS } from './issue-rows';
import { fairOracle, greedyOracle } from './oracle';
import { ours } from './ours';
import { blindRetry, fixedCooldown, retryAfterCooldown } from './peers';
import type { Policy } from './policy';
import type { Scenario } from './scenario';
import { INSTANCE_ROWS, VENDOR_ROWS } from './shape-rows';
import { simulate, type Figures } from './simulate';
import type { Found } from './verdict';

const SEEDS = [11, 23, 47];
export const ORACLES: readonly Policy[] = [greedyOracle, fairOracle];
const PEERS = [retryAfterCooldown, blindRetry, fixedCooldown];

export interface ScenarioTable {
  readonly title: string;
  readonly rows: readonly Scenario[];
  /** Policies beside this package and the oracles. */
  readonly peers: readonly Policy[];
}

/** What the policies come to in one row, by their names. */
export type RowFigures = Readonly<Record<string, Found>>;

/** @param flags As those of the benchmark. */
export function tablesFor(flags: readonly string[]): ScenarioTable[] {
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
  return tables
    .map((table) => ({ ...table, rows: table.rows.filter(({ name }) => name.includes(only)) }))
    .filter(({ rows }) => rows.length > 0);
}

/** Each policy at its worst, of three seeds; of one, where a row takes long and the run is not whole. */
export async function figuresOf(scenario: Scenario, { peers }: ScenarioTable, isWhole: boolean): Promise<RowFigures> {
  const seeds = scenario.takesLong && !isWhole ? SEEDS.slice(0, 1) : SEEDS;
  const runs = new Map<Policy, Figures[]>();
  for (const policy of [...ORACLES, ours, ...peers]) {
    const found: Figures[] = [];
    for (const seed of seeds) found.push(await simulate(policy, scenario, seed));
    runs.set(policy, found);
  }
  const oracle = runs.get(fairOracle)!;
  return Object.fromEntries([...runs].map(([{ name }, found]) => [name, worstOf(found, oracle)]));
}

const worstOf = (runs: readonly Figures[], oracle: readonly Figures[]): Found => ({
  offered: runs[0]!.offered,
  goodput: Math.min(...runs.map(({ goodput }) => goodput)),
  ofOracle: Math.min(...runs.map(({ goodput }, at) => goodput / oracle[at]!.goodput)),
  refusedPer100: Math.max(...runs.map(({ refusedPer100 }) => refusedPer100)),
  refusedLaterPer100: Math.max(...runs.map(({ refusedLaterPer100 }) => refusedLaterPer100)),
  lost: Math.max(...runs.map(({ lost }) => lost)),
});
