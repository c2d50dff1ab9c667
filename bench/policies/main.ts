import { availableParallelism } from 'node:os';
import type { Goal, Report, Table } from '../lib/report';
import { runApart } from '../lib/run-apart';
import { ours } from './ours';
import type { Scenario } from './scenario';
import { ORACLES, tablesFor, type RowFigures, type ScenarioTable } from './tables';
import { cell, cellOfOurs, goalText, isMet } from './verdict';

const MOST_PROCESSES = 4;

interface Row {
  readonly scenario: Scenario;
  readonly figures: RowFigures;
}

/**
 * Policies under rate limits, in virtual time: nothing here depends on the machine.
 * @param flags `--all`: also what the usual run leaves out. `--only=words`: the rows whose names have these words.
 */
export async function measure(flags: readonly string[] = []): Promise<Report> {
  const figures = await allFigures(flags);
  let place = 0;
  const found = tablesFor(flags).map((table) => ({
    table,
    rows: table.rows.map((scenario): Row => ({ scenario, figures: figures.get(place++)! })),
  }));
  return {
    tables: found.map(({ table, rows }) => shownTable(table, rows)),
    goals: found.map(({ table: { title }, rows }) => goalOf(title, rows)),
    notes: [
      'A cell is the goodput, 429 answers per 100 good ones, and lost calls where there are any; each the worst of three seeds. Rows of 64 instances have one seed in the usual run.',
      'Where the goal is a share of the oracle, it is that of the oracle with bounded overtaking and the same seed.',
    ],
    data: Object.fromEntries(found.flatMap(({ rows }) => rows.flatMap(dataOf))),
  };
}

/** The figures of each row by its place. No row knows of another: several processes divide them. */
async function allFigures(flags: readonly string[]): Promise<Map<number, RowFigures>> {
  const processes = Math.min(availableParallelism(), MOST_PROCESSES);
  const shares = Array.from({ length: processes }, (_, own) =>
    runApart<[number, RowFigures][]>('policies/share', [`--share=${own}/${processes}`, ...flags]),
  );
  return new Map((await Promise.all(shares)).flat());
}

const isRowMet = ({ scenario, figures }: Row): boolean => isMet(scenario, figures[ours.name]!);

function shownTable({ title, peers }: ScenarioTable, rows: readonly Row[]): Table {
  const others = [...ORACLES, ...peers].map(({ name }) => name);
  return {
    title,
    columns: ['scenario', ours.name, 'goal', '', ...others],
    rows: rows.map((row) => [
      row.scenario.name,
      cellOfOurs(row.scenario, row.figures[ours.name]!),
      goalText(row.scenario),
      isRowMet(row) ? 'met' : '**not met**',
      ...others.map((name) => cell(row.scenario, row.figures[name]!)),
    ]),
  };
}

function goalOf(title: string, rows: readonly Row[]): Goal {
  const met = rows.filter(isRowMet).length;
  return { goal: `every row of “${title}”`, measured: `${met} of ${rows.length}`, met: met === rows.length };
}

function dataOf({ scenario, figures }: Row): [string, number][] {
  return Object.entries(figures).flatMap(
    ([name, { goodput, refusedPer100, refusedLaterPer100, lost }]): [string, number][] => [
      [`${scenario.name}, ${name}: goodput`, goodput],
      [`${scenario.name}, ${name}: refused per 100`, refusedPer100],
      [`${scenario.name}, ${name}: refused per 100 after 5 s`, refusedLaterPer100],
      [`${scenario.name}, ${name}: lost`, lost],
    ],
  );
}
