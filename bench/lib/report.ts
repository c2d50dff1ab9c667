import type { Spread } from './statistics';

type Cell = string | number | undefined;

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A goal set beforehand, and what came of it in this run. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

/** What one benchmark found. */
export interface Report {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  readonly notes?: readonly string[];
  /** All figures, for machines. */
  readonly data: Readonly<Record<string, number | Spread>>;
}

const row = (cells: readonly Cell[]): string => `| ${cells.map((cell) => String(cell ?? '–')).join(' | ')} |`;

export function markdown(name: string, { tables, goals, notes = [] }: Report): string {
  const parts = tables.map(({ title, columns, rows }) =>
    [`**${title}**`, '', row(columns), row(columns.map(() => '---')), ...rows.map(row)].join('\n'),
  );
  if (goals.length > 0) {
    const lines = goals.map(({ goal, measured, met }) => row([goal, measured, met ? 'met' : '**not met**']));
    parts.push([row(['goal', 'measured', '']), row(['---', '---', '---']), ...lines].join('\n'));
  }
  if (notes.length > 0) parts.push(notes.map((note) => `- ${note}`).join('\n'));
  return [`## ${name}`, ...parts].join('\n\n');
}
