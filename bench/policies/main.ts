import type { Goal, Report } from '../lib/report';
import { say } from '../lib/say';
import { shown } from '../lib/statistics';
import { ours } from './ours';
import { blindRetry, fixedCooldown, retryAfterCooldown } from './peers';
import { SCENARIOS, type Scenario } from './scenarios';
import { simulate, type Figures } from './simulate';

const SEEDS = [11, 23, 47];
const POLICIES = [ours, retryAfterCooldown, blindRetry, fixedCooldown];

interface Row {
  readonly scenario: Scenario;
  readonly figures: readonly Figures[];
}

/** Policies under per-key rate limits, in virtual time: nothing here depends on the machine. */
export async function measure(): Promise<Report> {
  const rows: Row[] = [];
  for (const scenario of SCENARIOS) {
    say(`policies: ${scenario.name}`);
    const figures: Figures[] = [];
    for (const policy of POLICIES) {
      const runs: Figures[] = [];
      for (const seed of SEEDS) runs.push(await simulate(policy, scenario.shape, scenario.load, seed));
      figures.push(worstOf(runs));
    }
    rows.push({ scenario, figures });
  }
  return {
    tables: [
      table('Goodput, and 429 answers per 100 good ones; the worst of three seeds', rows, false),
      table('The same beyond the goal', rows, true),
    ],
    goals: [goal(rows, true), goal(rows, false)],
    data: Object.fromEntries(
      rows.flatMap(({ scenario, figures }) =>
        POLICIES.flatMap(({ name }, at) => [
          [`${scenario.name}, ${name}: goodput`, figures[at]!.goodput],
          [`${scenario.name}, ${name}: refused per 100`, figures[at]!.refusedPer100],
        ]),
      ),
    ),
  };
}

const worstOf = (runs: readonly Figures[]): Figures => ({
  goodput: Math.min(...runs.map(({ goodput }) => goodput)),
  refusedPer100: Math.max(...runs.map(({ refusedPer100 }) => refusedPer100)),
});

const cell = ({ goodput, refusedPer100 }: Figures): string =>
  `${(goodput * 100).toFixed(1)} %, ${goodput > 0 ? shown(refusedPer100) : '–'}`;

function table(title: string, rows: readonly Row[], stretch: boolean) {
  return {
    title,
    columns: ['scenario', ...POLICIES.map(({ name }) => name)],
    rows: rows
      .filter(({ scenario }) => scenario.stretch === stretch)
      .map(({ scenario, figures }) => [scenario.name, ...figures.map(cell)]),
  };
}

function goal(rows: readonly Row[], headers: boolean): Goal {
  const meant = rows.filter(({ scenario }) => !scenario.stretch && scenario.shape.headers === headers);
  const worst = worstOf(meant.map(({ figures }) => figures[0]!));
  const most = headers ? 1 : 5;
  const where = headers ? 'where headers tell' : 'where they do not';
  return {
    goal: `≥ 98 % goodput with ≤ ${most} refused per 100 good ones ${where}, on one instance`,
    measured: `${cell(worst)} at worst`,
    met: worst.goodput >= 0.98 && worst.refusedPer100 <= most,
  };
}
